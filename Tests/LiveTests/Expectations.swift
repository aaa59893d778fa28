import Foundation
import TestSupport
import Testing

/// What a capture must say about one event, as a workload wrote it down: see `workload/expect.h`.
struct Expectation: Decodable {
  /// The case and its repetition, for messages.
  let `case`: String
  let repetition: Int
  /// The number in the path of the marking call.
  let mark: Int64
  /// How many calls of the same thread behind the mark; 0 is the mark itself.
  let step: Int
  /// The event's type.
  let call: String
  /// Fields, and the values that each may have as the command prints them. Behind a field's name may stand how they are
  /// meant: `between` two numbers, or how the text `begins` or `ends`.
  let expect: [String: [String]]

  /// The field in a key of ``expect``.
  static func field(_ key: String) -> Substring { key.prefix { $0 != " " } }

  /// Whether a field's text is what was wanted.
  static func accepts(_ text: Substring, _ key: String, _ values: [String]) -> Bool {
    if key.hasSuffix(" between") {
      guard values.count == 2, let least = Int64(values[0]), let greatest = Int64(values[1]), let value = Int64(text)
      else { return false }
      return value >= least && value <= greatest
    }
    if key.hasSuffix(" begins") { return values.contains { text.hasPrefix($0) } }
    if key.hasSuffix(" ends") { return values.contains { text.hasSuffix($0) } }
    return values.contains { $0 == text }
  }
}

/// What a comparison of a capture with a workload's log found.
struct Comparison {
  struct Difference: Hashable {
    let caseName: String
    let call: String
    let field: String
  }

  private(set) var expectations = 0
  private(set) var values = 0
  /// The first example of each difference, and how often there was one.
  private(set) var differences: [Difference: (example: String, count: Int)] = [:]

  /// Compares all expectations with the events of a capture, which is asked once.
  init(capture: Capture, log: String, location: SourceLocation = #_sourceLocation) async throws {
    let decoder = JSONDecoder()
    let expected = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").map {
      try decoder.decode(Expectation.self, from: Data($0.utf8))
    }
    let fields = Set(expected.flatMap { $0.expect.keys.map { String(Expectation.field($0)) } }).sorted()
    let calls = Set(expected.map(\.call)).sorted()
    let events = try await MarkedEvents(
      capture: capture, calls: calls, steps: expected.map(\.step).max() ?? 0, fields: fields, location: location)
    let places = Dictionary(uniqueKeysWithValues: zip(fields.map { $0[...] }, 1...))
    for one in expected { compare(one, events, places) }
  }

  private mutating func compare(_ one: Expectation, _ events: MarkedEvents, _ places: [Substring: Int]) {
    expectations += 1
    guard let event = events.event(mark: one.mark, step: one.step) else {
      return add(one, field: "(the event)", found: "none", wanted: "one")
    }
    guard event[0] == one.call else {
      return add(one, field: "evt.type", found: String(event[0]), wanted: one.call)
    }
    for (key, wanted) in one.expect {
      guard let place = places[Expectation.field(key)] else { continue }
      values += 1
      let found = event[place]
      if !Expectation.accepts(found, key, wanted) {
        add(one, field: key, found: String(found), wanted: wanted.joined(separator: " or "))
      }
    }
  }

  private mutating func add(_ one: Expectation, field: String, found: String, wanted: String) {
    // All ancestors are one field: one that is wrong makes those behind it wrong too.
    let key = Difference(caseName: one.case, call: one.call, field: String(field.prefix { $0 != "[" }))
    let example = "\(field), repetition \(one.repetition), mark \(one.mark): found \(found), expected \(wanted)"
    differences[key, default: (example, 0)].count += 1
  }

  /// One issue for each kind of difference.
  func report(location: SourceLocation = #_sourceLocation) {
    #expect(expectations > 0, "the workload expected nothing", sourceLocation: location)
    let sorted = differences.sorted { ($0.key.caseName, $0.key.field) < ($1.key.caseName, $1.key.field) }
    for (difference, about) in sorted {
      Issue.record(
        "\(difference.caseName): \(difference.field) of \(difference.call), \(about.count) times; \(about.example)",
        sourceLocation: location)
    }
  }
}

/// The marking calls in a capture, and the calls that their threads made next.
private struct MarkedEvents {
  /// Lines of fields, the event's type first, by mark and step.
  private var found: [Int64: [[Substring]]] = [:]

  /// - Parameter calls: Types of the events that are wanted behind a mark.
  init(capture: Capture, calls: [String], steps: Int, fields: [String], location: SourceLocation) async throws {
    // What no path or argument of the workload has stands between the fields.
    let separator = " ~|~ "
    let named = ["evt.type", "evt.rawarg.name", "thread.tid"] + fields
    let format = "*" + named.map { "%\($0)" }.joined(separator: separator)
    // The marks, and whatever may follow one. Everything else that the workload called is left out by type.
    let types = Set(calls + ["openat"]).sorted().joined(separator: ", ")
    let output = try await capture.output("evt.type in (\(types))", format, location: location)
    let between = Array(separator.utf8)
    // Threads whose mark was seen.
    var current: [String: Int64] = [:]
    ByteLines.forEach(in: output) { line in
      // Of most lines only who called is asked: of millions, each with dozens of fields.
      let head = ByteLines.parts(of: line, between: between, most: 4)
      guard head.count == 4 else { return }
      let (path, tid) = (ByteLines.text(head[1]), ByteLines.text(head[2]))
      let marked = path.hasPrefix("/reel-mark/") ? Int64(path.dropFirst(11)) : nil
      guard let number = marked ?? current[tid] else { return }
      let values = ByteLines.parts(of: head[3], between: between)
      guard values.count == fields.count else { return }
      let texts = ([head[0]] + values).map { ByteLines.text($0)[...] }
      if marked != nil {
        found[number] = [texts]
        current[tid] = number
      } else {
        found[number]?.append(texts)
        if (found[number]?.count ?? 0) > steps { current[tid] = nil }
      }
    }
  }

  func event(mark: Int64, step: Int) -> [Substring]? {
    guard let events = found[mark], step < events.count else { return nil }
    return events[step]
  }
}
