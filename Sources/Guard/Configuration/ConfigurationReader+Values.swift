import Delivery
import YAML

/// The parts of an address that are looked at.
struct AddressText {
  let scheme: String
  let host: String
  let port: UInt16?
  /// Whether a name or a password stands before the host.
  let hasUser: Bool

  /// `nil` unless the text is `scheme://host[:port][/…]` without blanks and control characters.
  init?(_ text: String) {
    guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F }), text.utf8.count <= 4096 else { return nil }
    let parts = text.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count >= 3, parts[0].hasSuffix(":"), parts[1].isEmpty else { return nil }
    scheme = parts[0].dropLast().lowercased()
    let authority = parts[2].prefix { $0 != "?" && $0 != "#" }
    let pieces = authority.split(separator: "@", omittingEmptySubsequences: false)
    hasUser = pieces.count > 1
    var host = pieces.last.map(String.init) ?? ""
    if let colon = host.lastIndex(of: ":"), !host.hasSuffix("]") {
      guard let port = UInt16(host[host.index(after: colon)...]), port > 0 else { return nil }
      self.port = port
      host = String(host[..<colon])
    } else {
      port = nil
    }
    guard !host.isEmpty else { return nil }
    self.host = host
  }
}

extension ConfigurationReader {
  /// An address of HTTP.
  mutating func readRequiredURL(_ reader: SectionReader, _ key: String, mayBeSecret: Bool = false) -> String? {
    guard reader.requiredText(key, &found) != nil, let value = reader.value(key) else { return nil }
    return readURL(value, reader.item, mayBeSecret: mayBeSecret)
  }

  mutating func readURL(_ node: YAMLNode, _ item: ConfigurationProblems.Item, mayBeSecret: Bool = false) -> String? {
    guard var text = node.text else {
      found.error(item, "an address stands here: https://host/path; this is \(node.kind)", at: node)
      return nil
    }
    let isReference = text.hasPrefix("file:") || text.hasPrefix("env:")
    if mayBeSecret, isReference {
      guard let secret = readSecret(node, item) else { return nil }
      text = secret.value
    }
    guard let url = AddressText(text), ["http", "https"].contains(url.scheme) else {
      found.error(
        item,
        isReference
          ? "what \(node.shown) holds is no address; it begins with https:// or http://"
          : "\(node.shown) is no address; it begins with https:// or http://, then the host", at: node)
      return nil
    }
    if url.hasUser {
      found.error(
        item, "a name or password stands in the address, where it is shown; use a header with a secret", at: node)
      return nil
    }
    if url.scheme == "http", !["localhost", "[::1]"].contains(url.host), !url.host.hasPrefix("127.") {
      found.warning(item, "what is sent to '\(url.host)' can be read and changed on its way; use https://", at: node)
    }
    return text
  }

  mutating func readRequiredSecret(_ reader: SectionReader, _ key: String) -> Secret? {
    guard reader.requiredText(key, &found) != nil, let value = reader.value(key) else { return nil }
    return readSecret(value, reader.item)
  }

  /// A secret: of a file, of the environment, or written out.
  mutating func readSecret(_ node: YAMLNode, _ item: ConfigurationProblems.Item) -> Secret? {
    guard let text = node.text, !text.isEmpty else {
      found.error(item, "a secret is `file:PATH`, `env:NAME` or a text; this is \(node.kind)", at: node)
      return nil
    }
    let value: String
    if text.hasPrefix("env:") {
      let name = String(text.dropFirst(4))
      guard let held = environment(name), !held.isEmpty else {
        found.error(item, "the environment has no '\(name.prefix(60))'", at: node)
        return nil
      }
      value = held
    } else if text.hasPrefix("file:") {
      let path = self.path(String(text.dropFirst(5)))
      guard let held = readSecretFile(path, node, item) else { return nil }
      value = held
    } else {
      found.warning(
        item, "a secret stands in the configuration itself; `file:PATH` or `env:NAME` keep it out", at: node)
      value = text
      writtenSecrets.append(text)
    }
    // A line end would add a header field of its own.
    guard value.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      found.error(
        item,
        "the secret of \(text.hasPrefix("file:") || text.hasPrefix("env:") ? node.shown : "this key") has control characters in it",
        at: node)
      return nil
    }
    return Secret(value)
  }

  private mutating func readSecretFile(
    _ path: String, _ node: YAMLNode, _ item: ConfigurationProblems.Item
  ) -> String? {
    do throws(ConfigurationFiles.Unreadable) {
      let content = try ConfigurationFiles.read(path, limit: 64 << 10)
      if content.mode & 0o077 != 0 {
        found.warning(item, "others may read the secret in \(path); `chmod 600` it", at: node)
      }
      let line = String(decoding: content.bytes.prefix { $0 != 0x0A && $0 != 0x0D }, as: UTF8.self)
      if !line.isEmpty { return line }
      found.error(item, "the first line of \(path) is empty", at: node)
    } catch {
      found.error(item, "the secret's file \(path) \(error.what)", at: node, code: .fileRead)
    }
    return nil
  }

  /// A file with certificates, which must be readable.
  mutating func readAuthorities(_ reader: SectionReader) -> String? {
    guard let text = reader.text("ca", &found), let node = reader.value("ca") else { return nil }
    let path = self.path(text)
    do throws(ConfigurationFiles.Unreadable) {
      let content = try ConfigurationFiles.read(path)
      if String(decoding: content.bytes, as: UTF8.self).contains("-----BEGIN CERTIFICATE-----") { return path }
      found.error(reader.item, "there is no certificate in \(path); it holds them in PEM", at: node)
    } catch {
      found.error(reader.item, "\(path) \(error.what)", at: node, code: .fileRead)
    }
    return nil
  }

  /// Where captures are sent.
  mutating func readShip(_ node: YAMLNode) -> ShipConfiguration? {
    guard let reader = SectionReader(ConfigurationTable.ship, node, &found) else { return nil }
    let command = reader.texts("command", &found)
    let timeout = reader.duration("timeout", &found)
    if reader.has("command"), reader.has("s3") {
      found.error(reader.item, "captures are shipped by a command or to a store, not both; leave one out", at: node)
      return nil
    }
    if reader.has("command") {
      guard let program = command.first else { return nil }
      var words = command.map(\.text)
      if command.count == 1, reader.value("command")?.text != nil {
        // A text is words between blanks: there is no shell, and who needs blanks inside of a word writes a list.
        words = program.text.split(separator: " ").map(String.init)
      }
      guard let first = words.first else { return nil }
      if first.contains("/") { words[0] = path(first) }
      if first.contains("/"), !ConfigurationFiles.isExecutable(words[0]) {
        found.error(reader.item, "'\(words[0])' is no program that can be executed", at: program.node)
      }
      return .command(words, timeout: timeout ?? ShipConfiguration.standardTimeout)
    }
    if timeout != nil {
      found.error(
        reader.item, "'timeout' belongs to a command; a store is given up when it does not answer", at: node)
    }
    guard let store = reader.value("s3") else {
      found.error(reader.item, "it is not said where to; add `command: …` or `s3: {endpoint: …, bucket: …}`", at: node)
      return nil
    }
    return readStore(store)
  }

  private mutating func readStore(_ node: YAMLNode) -> ShipConfiguration? {
    guard let reader = SectionReader(ConfigurationTable.objectStore, node, &found) else { return nil }
    let endpoint = readRequiredURL(reader, "endpoint")
    let bucket = reader.requiredText("bucket", &found)
    if let bucket,
      !bucket.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D || $0 == 0x2E })
    {
      found.error(
        reader.item, "'\(bucket.prefix(60))' is no bucket: its name has small letters, digits, '-' and '.'",
        at: reader.node["bucket"] ?? node)
      return nil
    }
    func secret(_ key: String, _ variable: String) -> Secret? {
      if let value = reader.value(key) { return readSecret(value, reader.item) }
      if let held = environment(variable), !held.isEmpty { return Secret(held) }
      if !reader.has(key) {
        found.error(
          reader.item, "there is no '\(key)', and the environment has no \(variable); add `\(key): file:PATH`", at: node
        )
      }
      return nil
    }
    let access = secret("access_key", "AWS_ACCESS_KEY_ID")
    let proof = secret("secret_key", "AWS_SECRET_ACCESS_KEY")
    let authorities = readAuthorities(reader)
    guard let endpoint, let bucket else { return nil }
    var store = ObjectStore(endpoint: endpoint, bucket: bucket)
    store.prefix = reader.text("prefix", &found) ?? ""
    store.region = reader.text("region", &found) ?? store.region
    store.accessKey = access
    if !reader.has("access_key") { store.sessionToken = environment("AWS_SESSION_TOKEN").map { Secret($0) } }
    store.secretKey = proof
    store.certificateAuthorities = authorities
    return .s3(store)
  }
}
