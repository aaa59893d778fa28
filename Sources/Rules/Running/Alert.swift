import Query

/// A rule that an event matched, as it is told.
public struct Alert: Sendable, Hashable {
  /// The rule's position in the engine.
  public let rule: Int
  /// The number of the event; of a sequence, that of its last event.
  public let number: UInt64
  /// When it happened, in nanoseconds of the epoch.
  public let time: Int64
  /// `TIME: Priority output`.
  public let text: [UInt8]
  /// The fields of the output and the event's number, as a JSON object.
  public let fields: [UInt8]
  /// The time in ISO 8601, in UTC.
  public let isoTime: String
  /// The host that was recorded.
  public let hostname: String?
  /// The numbers of all events of a sequence; empty for a rule about one event.
  public private(set) var sequence: [UInt64] = []

  init(
    rule: Int, number: UInt64, time: Int64, text: [UInt8], fields: [UInt8], isoTime: String, hostname: String?
  ) {
    self.rule = rule
    self.number = number
    self.time = time
    self.text = text
    self.fields = fields
    self.isoTime = isoTime
    self.hostname = hostname
  }

  func ending(_ numbers: [UInt64]) -> Alert {
    var alert = self
    alert.sequence = numbers
    return alert
  }
}

/// How an alert looks as JSON: as the ecosystem's engine writes it, so that what takes its alerts takes these.
public struct AlertJSON: Sendable {
  /// Names of the object that are left out: `output`, `output_fields`, `tags`.
  public var without: Set<String> = []

  /// With all names.
  public init() {}

  /// Appends an alert as one line.
  /// - Parameter more: names and texts that are put in front of the output fields.
  public func append(_ alert: Alert, of rule: Rule, more: [(String, String)] = [], to json: inout [UInt8]) {
    var object = JSONObjectWriter(&json)
    func text(_ name: String, _ value: some Collection<UInt8>) {
      object.name(name, to: &json)
      appendJSON(ArraySlice(value), to: &json)
    }
    if let hostname = alert.hostname { text("hostname", hostname.utf8) }
    if !without.contains("output") { text("output", alert.text) }
    if !without.contains("output_fields") {
      object.name("output_fields", to: &json)
      appendFields(alert, more, to: &json)
    }
    text("priority", rule.priority.name.utf8)
    text("rule", rule.name.utf8)
    text("source", rule.source.utf8)
    if !without.contains("tags") {
      object.name("tags", to: &json)
      json.append(UInt8(ascii: "["))
      for (index, tag) in rule.tags.enumerated() {
        if index > 0 { json.append(UInt8(ascii: ",")) }
        appendJSON(tag, to: &json)
      }
      json.append(UInt8(ascii: "]"))
    }
    text("time", alert.isoTime.utf8)
    object.end(&json)
    json.append(UInt8(ascii: "\n"))
  }

  private func appendFields(_ alert: Alert, _ more: [(String, String)], to json: inout [UInt8]) {
    var object = JSONObjectWriter(&json)
    for (name, value) in more {
      object.name(name, to: &json)
      appendJSON(value, to: &json)
    }
    if !alert.sequence.isEmpty {
      object.name("sequence.events", to: &json)
      json.append(contentsOf: "[\(alert.sequence.map(String.init).joined(separator: ","))]".utf8)
    }
    // The rest of an object that is there already, without its brackets.
    let rest = alert.fields.dropFirst().dropLast()
    if !rest.isEmpty {
      if !more.isEmpty || !alert.sequence.isEmpty { json.append(UInt8(ascii: ",")) }
      json.append(contentsOf: rest)
    }
    object.end(&json)
  }
}
