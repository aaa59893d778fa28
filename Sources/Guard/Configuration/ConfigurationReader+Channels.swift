import Delivery
import YAML

extension ConfigurationReader {
  mutating func readChannels(_ node: YAMLNode, _ root: SectionReader) {
    guard let pairs = node.pairs else {
      found.error(
        root.item, "'notify' takes channels by name: {siem: {syslog: /dev/log}}; this is \(node.kind)", at: node)
      return
    }
    for pair in pairs {
      let name = pair.key.text ?? ""
      let isName =
        !name.isEmpty && name.utf8.count <= 64
        && name.utf8.allSatisfy {
          (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || "-_".utf8.contains($0)
        }
      guard isName else {
        found.error(
          root.item, "\(pair.key.shown) is no name of a channel: it has up to 64 letters, digits, '-' and '_'",
          at: pair.key)
        continue
      }
      if !channelNames.insert(name).inserted {
        found.error(root.item, "there is a channel '\(name)' already", at: pair.key, code: .duplicateKey)
        continue
      }
      if let channel = readChannel(pair.value, name) { configuration.channels[name] = channel }
    }
  }

  private mutating func readChannel(_ node: YAMLNode, _ name: String) -> ChannelConfiguration? {
    guard let reader = SectionReader(ConfigurationTable.channel, node, name: name, &found) else { return nil }
    let kinds = ConfigurationTable.channel.keys.map(\.name).filter { reader.value($0) != nil }
    guard kinds.count == 1, let kind = kinds.first, let value = reader.value(kind) else {
      if kinds.isEmpty, node.pairs?.isEmpty == true {
        let all = ConfigurationTable.channel.keys.map(\.name).joined(separator: ", ")
        found.error(reader.item, "a channel is one of \(all)", at: node)
      } else if kinds.count > 1 {
        found.error(
          reader.item,
          "a channel leads to one place, and this one to \(kinds.joined(separator: " and ")); make two of it",
          at: node)
      }
      return nil
    }
    switch kind {
    case "stdout": return readStandardOutput(reader)
    case "file": return reader.text("file", &found).map { .file(path: path($0)) }
    case "syslog": return readSyslog(value, name)
    case "webhook": return readWebhook(value, name)
    case "splunk": return readSplunk(value, name)
    default: return readElastic(value, name)
    }
  }

  private mutating func readStandardOutput(_ reader: SectionReader) -> ChannelConfiguration? {
    enum Form: String, CaseIterable { case json, text }
    return reader.choice("stdout", Form.self, &found).map { .standardOutput(isJSON: $0 == .json) }
  }

  private mutating func readSyslog(_ node: YAMLNode, _ name: String) -> ChannelConfiguration? {
    var text = node.text
    var place = node
    var authorities: String?
    var item = ConfigurationProblems.Item(kind: "syslog channel", name: name)
    if text == nil {
      guard let reader = SectionReader(ConfigurationTable.syslog, node, name: name, &found) else { return nil }
      item = reader.item
      text = reader.requiredText("address", &found)
      place = reader.node["address"] ?? node
      authorities = readAuthorities(reader)
    }
    guard let address = text else { return nil }
    if !address.contains("://") { return .syslog(address: path(address), certificateAuthorities: authorities) }
    guard let url = AddressText(address), ["udp", "tcp", "tls"].contains(url.scheme) else {
      found.error(
        item,
        "'\(address.prefix(60))' is no address of a log: a socket's path, udp://host:514, tcp://host:601 or tls://host:6514",
        at: place)
      return nil
    }
    guard url.port != nil else {
      found.error(item, "'\(address.prefix(60))' has no port; add `:\(url.scheme == "tls" ? 6514 : 514)`", at: place)
      return nil
    }
    return .syslog(address: address, certificateAuthorities: authorities)
  }

  private mutating func readWebhook(_ node: YAMLNode, _ name: String) -> ChannelConfiguration? {
    if node.text != nil {
      let item = ConfigurationProblems.Item(kind: "webhook", name: name)
      return readURL(node, item, mayBeSecret: true).map { .webhook(WebhookConfiguration(url: $0)) }
    }
    guard let reader = SectionReader(ConfigurationTable.webhook, node, name: name, &found) else { return nil }
    let shape = reader.choice("shape", WebhookConfiguration.Shape.self, &found)
    let authorities = readAuthorities(reader)
    var headers: [String: Secret] = [:]
    if let value = reader.value("headers") {
      if value.pairs == nil {
        found.error(reader.item, "'headers' takes names and values: {Authorization: file:token}", at: value)
      }
      for pair in value.pairs ?? [] {
        guard let field = pair.key.text, field.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x3A }) else {
          found.error(reader.item, "\(pair.key.shown) is no name of a header field", at: pair.key)
          continue
        }
        if let secret = readSecret(pair.value, reader.item) { headers[field] = secret }
      }
    }
    guard let url = readRequiredURL(reader, "url", mayBeSecret: true) else { return nil }
    var webhook = WebhookConfiguration(url: url)
    webhook.shape = shape ?? .falco
    webhook.headers = headers
    webhook.certificateAuthorities = authorities
    return .webhook(webhook)
  }

  private mutating func readSplunk(_ node: YAMLNode, _ name: String) -> ChannelConfiguration? {
    guard let reader = SectionReader(ConfigurationTable.splunk, node, name: name, &found) else { return nil }
    let url = readRequiredURL(reader, "url")
    let token = readRequiredSecret(reader, "token")
    let index = reader.text("index", &found)
    let authorities = readAuthorities(reader)
    guard let url, let token else { return nil }
    return .splunk(url: url, token: token, index: index, certificateAuthorities: authorities)
  }

  private mutating func readElastic(_ node: YAMLNode, _ name: String) -> ChannelConfiguration? {
    guard let reader = SectionReader(ConfigurationTable.elastic, node, name: name, &found) else { return nil }
    let url = readRequiredURL(reader, "url")
    let index = reader.requiredText("index", &found)
    let authorization = reader.value("authorization").flatMap { readSecret($0, reader.item) }
    let authorities = readAuthorities(reader)
    if let index, index.contains(where: { $0.isUppercase || "\\/*?\"<>| ,#:".contains($0) }) {
      found.error(
        reader.item, "'\(index.prefix(60))' is no index: its name has small letters, digits, '-', '_' and '.'",
        at: reader.node["index"] ?? node)
      return nil
    }
    guard let url, let index else { return nil }
    return .elastic(url: url, index: index, authorization: authorization, certificateAuthorities: authorities)
  }
}
