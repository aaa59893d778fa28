import Redaction
import Rules
import YAML

extension ConfigurationReader {
  /// What captures must not show.
  mutating func readRedaction(_ reader: SectionReader) {
    for (text, node) in reader.texts("redact", &found) {
      configuration.redaction.rules += redactionRules(text, node, reader)
    }
    var names: Set<String> = []
    configuration.redaction.rules.removeAll { !names.insert($0.name).inserted }
    guard let value = reader.value("redact_key") else { return }
    if !reader.has("redact") {
      found.error(reader.item, "'redact_key' is for 'redact', which is not there", at: value)
    }
    guard let secret = readSecret(value, reader.item) else { return }
    guard let key = PseudonymKey(digits: secret.value) else {
      found.error(
        reader.item, "'redact_key' is no key: 32 hexadecimal digits are expected; `openssl rand -hex 16` makes one",
        at: value)
      return
    }
    configuration.redaction.key = key
  }

  private mutating func redactionRules(
    _ text: String, _ node: YAMLNode, _ reader: SectionReader
  ) -> [RedactionRule] {
    if let rules = BuiltInRules.named(text) { return rules }
    guard text.contains("/") || text.contains(".") else {
      let names = BuiltInRules.names
      found.error(
        reader.item,
        "there is no redaction rule '\(text.prefix(60))'"
          + (nearest(text, names).map { "; did you mean '\($0)'?" } ?? "; there are \(names.joined(separator: ", "))"),
        at: node)
      return []
    }
    let file = path(text)
    redactionFiles.append(file)
    do throws(ConfigurationFiles.Unreadable) {
      let content = try ConfigurationFiles.read(file, limit: 1 << 20)
      do throws(RedactionFileError) { return try RedactionFile.rules(content.bytes) } catch {
        found.error(reader.item, "\(file):\(error.line):\(error.column): \(error.message)", at: node)
      }
    } catch {
      found.error(reader.item, "\(file) \(error.what)", at: node, code: .fileRead)
    }
    return []
  }
}

extension PseudonymKey {
  /// A key of 32 hexadecimal digits.
  fileprivate init?(digits: String) {
    let digits = Array(digits.utf8.filter { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D })
    guard digits.count == 32 else { return nil }
    let bytes = stride(from: 0, to: 32, by: 2).compactMap { index in
      UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16)
    }
    guard bytes.count == 16 else { return nil }
    self.init(bytes)
  }
}
