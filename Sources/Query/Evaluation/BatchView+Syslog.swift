import EventBatch

extension BatchView {
  /// What a message to the system log says. It begins with its priority, `<34>`: eight times the facility, and the
  /// severity.
  func syslog(_ part: SyslogPart, row: Int) -> FieldValue {
    guard isSyslog(row: row), let message = buffer(row: row).bytesValue, message.first == UInt8(ascii: "<"),
      let end = message.prefix(5).firstIndex(of: UInt8(ascii: ">")),
      let priority = Int(String(decoding: message[(message.startIndex + 1)..<end], as: UTF8.self)),
      (0..<192).contains(priority)
    else { return .missing }
    switch part {
    case .facility: return .unsigned(UInt64(priority / 8))
    case .facilityName: return .text(facilityNames[priority / 8])
    case .severity: return .unsigned(UInt64(priority % 8))
    case .severityName: return .text(severityNames[priority % 8])
    case .message: return .text(message[(end + 1)...])
    }
  }
}

private let facilityNames = [
  "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "clock", "authpriv", "ftp", "ntp",
  "logaudit", "logalert", "cron", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
]

private let severityNames = ["emerg", "alert", "crit", "err", "warn", "notice", "info", "debug"]
