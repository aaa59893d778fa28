/// A notice as a message of RFC 5424:
///
///     <PRI>1 TIME HOST reel PID KIND [reel@32473 rule="…" policy="…"][fields@32473 …] TEXT
struct SyslogMessage {
  /// `authpriv`: messages about security that not everybody may read.
  private static let facility = 10
  private static let limit = 8192

  let bytes: [UInt8]

  /// - Parameter process: the id of the guard's process.
  init(_ notice: Notice, process: Int32) {
    let priority = SyslogMessage.facility * 8 + Int(min(notice.priority, 7))
    var text = "<\(priority)>1 \(Moment.text(notice.time)) \(SyslogMessage.name(notice.hostname, 255)) reel \(process) "
    text += notice.kind.rawValue + " "
    var parameters = [("kind", notice.kind.rawValue)]
    if !notice.rule.isEmpty { parameters.append(("rule", notice.rule)) }
    if !notice.policy.isEmpty { parameters.append(("policy", notice.policy)) }
    if let severity = notice.severity { parameters.append(("severity", "\(severity)")) }
    // 32473 is the number that is meant for what has none of its own.
    text += SyslogMessage.element("reel@32473", parameters)
    if !notice.labels.isEmpty {
      text += SyslogMessage.element("fields@32473", notice.labels.map { ($0.name, $0.value) })
    }
    let message = notice.text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }
    text += " \u{FEFF}" + String(String.UnicodeScalarView(message))
    var bytes = Array(text.utf8)
    if bytes.count > SyslogMessage.limit {
      // Not in the middle of a character.
      var end = SyslogMessage.limit
      while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
      bytes.removeLast(bytes.count - end)
    }
    self.bytes = bytes
  }

  private static func element(_ id: String, _ parameters: [(String, String)]) -> String {
    var text = "[" + id
    for (name, value) in parameters {
      text += " \(self.name(name, 32))=\""
      for scalar in value.unicodeScalars {
        switch scalar {
        case "\"", "\\", "]": text += "\\" + String(scalar)
        case _ where scalar.value < 0x20 || scalar.value == 0x7F: text += " "
        default: text.unicodeScalars.append(scalar)
        }
      }
      text += "\""
    }
    return text + "]"
  }

  /// Printable characters without those that end a name; `-` for none.
  private static func name(_ text: String, _ limit: Int) -> String {
    let bytes = text.utf8.prefix(limit).map { $0 > 0x20 && $0 < 0x7F && !"=]\"".utf8.contains($0) ? $0 : 0x5F }
    return bytes.isEmpty ? "-" : String(decoding: bytes, as: UTF8.self)
  }
}
