import JSON

extension Notice {
  /// Something that the guard tells of itself, in the shape of an alert.
  ///
  /// - Parameter fields: what stands in `output_fields`.
  public static func `internal`(
    _ text: String, priority: UInt8, hostname: String, time: Int64, _ fields: [String: String] = [:]
  ) -> Notice {
    let names = ["Emergency", "Alert", "Critical", "Error", "Warning", "Notice", "Informational", "Debug"]
    var json = JSONBuilder()
    json.object { json in
      json.add("hostname", hostname)
      json.add("output", text)
      json.object("output_fields") { json in
        for (name, value) in fields.sorted(by: { $0.key < $1.key }) { json.add(name, value) }
      }
      json.add("priority", names[Int(min(priority, 7))])
      json.add("rule", "Reel internal")
      json.add("source", "internal")
      json.array("tags") { _ in }
      json.add("time", Moment.text(time))
    }
    var notice = Notice(kind: .internal, time: time, priority: priority, text: text, json: json.text)
    notice.rule = "Reel internal"
    notice.hostname = hostname
    notice.labels = fields.sorted { $0.key < $1.key }.map { Label($0.key, $0.value) }
    return notice
  }
}
