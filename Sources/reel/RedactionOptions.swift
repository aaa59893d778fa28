import ArgumentParser
import Presentation
import Redaction

/// What is taken out of a capture before it is written: what `record` and `cut` share.
struct RedactionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Replace secrets by pseudonyms before anything is written: a file of rules, or names of rules that come with the "
        + "program: secrets, all, or one by one, with commas between.", valueName: "rules"),
    completion: .file())
  var redact: String?

  @Option(
    help: ArgumentHelp(
      "Make the pseudonyms with the key in this file, 32 hexadecimal digits, so that those of several captures are the "
        + "same; else the key is random and nobody has it.", valueName: "file"),
    completion: .file())
  var redactKey: String?

  func validate() throws {
    if redactKey != nil, redact == nil { throw ValidationError("--redact-key is for --redact") }
  }

  /// What takes the secrets out; `nil` when nothing was asked for.
  func redactor() throws(Failure) -> Redactor? {
    guard let redact else { return nil }
    return Redactor(try rules(redact), key: try redactKey.map(key), writerName: "reel \(Reel.version)")
  }

  private func rules(_ text: String) throws(Failure) -> [RedactionRule] {
    let names = text.split(separator: ",").map { String($0.filter { $0 != " " }) }
    let named = names.map { BuiltInRules.named($0) }
    if !named.isEmpty, !named.contains(where: { $0 == nil }) {
      var seen: Set<String> = []
      return named.flatMap { $0 ?? [] }.filter { seen.insert($0.name).inserted }
    }
    let bytes: [UInt8]
    do throws(Failure) {
      bytes = try SmallFile.bytes(text, "the redaction rules")
    } catch {
      guard var line = error.line, !text.contains("/"), !text.contains(".") else { throw error }
      line.remedy = "the rules that come with the program are \(BuiltInRules.names.joined(separator: ", "))"
      throw Failure(status: error.status, line)
    }
    do throws(RedactionFileError) {
      return try RedactionFile.rules(bytes)
    } catch {
      throw Failure.refused(error.message, place: "\(text):\(error.line):\(error.column)")
    }
  }

  private func key(_ path: String) throws(Failure) -> PseudonymKey {
    let digits = try SmallFile.bytes(path, "the key").filter { ![0x0A, 0x0D, 0x20].contains($0) }
    let bytes = stride(from: 0, to: digits.count - 1, by: 2).compactMap { index in
      UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16)
    }
    guard digits.count == 32, bytes.count == 16 else {
      throw .refused(
        "this is no key: 32 hexadecimal digits are expected", place: path,
        remedy: "`openssl rand -hex 16 > key` makes one")
    }
    return PseudonymKey(bytes)
  }
}
