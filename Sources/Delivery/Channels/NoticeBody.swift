import Crypto
import JSON

/// Notices in the shapes that others take.
enum NoticeBody {
  /// A message of Slack, and of what takes the same.
  static func slack(_ notice: Notice?) -> [UInt8] {
    guard let notice else { return [] }
    var json = JSONBuilder()
    json.object { json in
      json.add("text", slackText(title(notice), 300))
      json.array("attachments") { json in
        json.object { json in
          json.add("color", notice.priority <= 3 ? "#d00000" : notice.priority <= 4 ? "#e8a000" : "#808080")
          json.add("fallback", slackText(notice.text, 300))
          json.add("text", slackText(notice.text, 2900))
          json.add("ts", notice.time / 1_000_000_000)
          json.array("fields") { json in
            var fields = [("Host", notice.hostname), ("Policy", notice.policy)]
            fields += notice.labels.prefix(20).map { ($0.name, $0.value) }
            for (name, value) in fields where !value.isEmpty {
              json.object { json in
                json.add("title", slackText(name, 100))
                json.add("value", slackText(value, 500))
                json.add("short", value.utf8.count <= 40)
              }
            }
          }
        }
      }
    }
    return json.bytes
  }

  private static func title(_ notice: Notice) -> String {
    switch notice.kind {
    case .alert: "\(priorityName(notice.priority)): \(notice.rule) on \(notice.hostname)"
    case .capture: "Capture on \(notice.hostname)"
    case .internal: "Reel on \(notice.hostname)"
    }
  }

  /// What is cut off shows, and what Slack would take for a link or a mention does nothing.
  private static func slackText(_ text: String, _ limit: Int) -> String {
    let short = text.count > limit ? text.prefix(limit) + "…" : text[...]
    var escaped = ""
    for character in short {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      default: escaped.append(character)
      }
    }
    return escaped
  }

  private static func priorityName(_ priority: UInt8) -> String {
    let names = ["Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug"]
    return names[Int(min(priority, 7))]
  }

  /// Alerts of version 2 of Alertmanager. What makes an alert another one are rule, policy, host, container and process name.
  static func alertmanager(_ notices: ArraySlice<Notice>) -> [UInt8] {
    var json = JSONBuilder()
    json.array { json in
      for notice in notices {
        json.object { json in
          json.object("labels") { json in
            json.add("alertname", notice.rule.isEmpty ? "Reel \(notice.kind.rawValue)" : notice.rule)
            json.add("severity", severity(notice.priority))
            json.add("priority", priorityName(notice.priority).lowercased())
            json.add("source", "reel")
            for (name, value) in [("policy", notice.policy), ("host", notice.hostname)] where !value.isEmpty {
              json.add(name, value)
            }
            for label in notice.labels where isIdentity(label.name) && !label.value.isEmpty {
              json.add(labelName(label.name), label.value)
            }
          }
          json.object("annotations") { json in
            json.add("summary", notice.text)
            for label in notice.labels where !isIdentity(label.name) && !label.value.isEmpty {
              json.add(labelName(label.name), label.value)
            }
          }
          json.add("startsAt", Moment.text(notice.time))
        }
      }
    }
    return json.bytes
  }

  private static func isIdentity(_ name: String) -> Bool {
    name.hasPrefix("container.") || name.hasPrefix("k8s.") || name == "proc.name"
  }

  private static func severity(_ priority: UInt8) -> String {
    priority <= 3 ? "critical" : priority == 4 ? "warning" : "info"
  }

  /// Letters, digits and underscores.
  private static func labelName(_ name: String) -> String {
    let bytes = name.utf8.map { (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) ? $0 : 0x5F }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Events of the HTTP event collector, one behind the other.
  static func splunk(_ notices: ArraySlice<Notice>, index: String?) -> [UInt8] {
    var bytes: [UInt8] = []
    for notice in notices {
      var json = JSONBuilder()
      json.object { json in
        let milliseconds = String(max(notice.time, 0) % 1_000_000_000 / 1_000_000)
        json.add(
          "time",
          raw:
            "\(notice.time / 1_000_000_000).\(String(repeating: "0", count: 3 - milliseconds.utf8.count))\(milliseconds)"
        )
        json.add("host", notice.hostname)
        json.add("source", "reel")
        json.add("sourcetype", "reel:\(notice.kind.rawValue)")
        if let index { json.add("index", index) }
        json.add("event", raw: oneLine(notice.json))
      }
      bytes += json.bytes + [0x0A]
    }
    return bytes
  }

  /// Lines of the bulk interface. The id follows from the document: one that is sent again is not there twice.
  static func elastic(_ notices: ArraySlice<Notice>) -> [UInt8] {
    var bytes: [UInt8] = []
    for notice in notices {
      let document = withTimestamp(oneLine(notice.json), notice)
      let id = SHA256.hash(data: Array(document.utf8)).prefix(20).map { byte in
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }.joined()
      bytes += "{\"create\":{\"_id\":\"\(id)\"}}\n\(document)\n".utf8
    }
    return bytes
  }

  private static func withTimestamp(_ json: String, _ notice: Notice) -> String {
    let start = "{\"@timestamp\":\"\(Moment.text(notice.time))\""
    let rest = json.dropFirst().drop { $0 == " " }
    return rest.first == "}" ? start + rest : start + "," + rest
  }

  /// Line ends stand between tokens alone: inside of texts they are escaped.
  private static func oneLine(_ json: String) -> String {
    String(String.UnicodeScalarView(json.unicodeScalars.map { $0 == "\n" || $0 == "\r" ? " " : $0 }))
  }
}
