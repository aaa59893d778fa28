import JSON

extension CaptureRecord {
  /// Adds it to an array.
  func append(to json: inout JSONBuilder) {
    json.object { json in
      json.add("id", id)
      json.add("state", state.rawValue)
      json.add("container", orNull: container)
      json.add("policy", orNull: policy)
      json.add("rule", orNull: rule)
      json.add("started", started)
      json.add("ended", raw: ended.map { "\($0)" } ?? "null")
      json.add("path", path)
      json.add("events", events)
      json.add("bytes", bytes)
      json.add("triggers", triggers)
      json.add("shipped", orNull: shipped)
      json.add("message", orNull: message)
    }
  }

  /// One object, as `reel capture list --json` prints it.
  public var jsonText: String {
    var builder = JSONBuilder()
    append(to: &builder)
    return builder.text
  }

  /// What was written as JSON; `nil` for what is no record.
  init?(_ json: JSONDocument) {
    guard let id = json["id"].text, let state = json["state"].text.flatMap(State.init(rawValue:)),
      let started = json["started"].integer, let path = json["path"].text
    else { return nil }
    self.init(id: id, started: started, path: path)
    self.state = state
    container = json["container"].text ?? ""
    policy = json["policy"].text ?? ""
    rule = json["rule"].text ?? ""
    ended = json["ended"].integer
    events = UInt64(clamping: json["events"].integer ?? 0)
    bytes = UInt64(clamping: json["bytes"].integer ?? 0)
    triggers = UInt64(clamping: json["triggers"].integer ?? 0)
    shipped = json["shipped"].text ?? ""
    message = json["message"].text ?? ""
  }
}

extension JSONBuilder {
  mutating func add(_ name: String, orNull text: String) {
    if text.isEmpty { add(name, raw: "null") } else { add(name, text) }
  }
}
