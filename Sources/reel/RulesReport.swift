import Presentation
import Query
import Rules

/// What captures say of rules and of what they are tagged with: fired, watched and quiet, or not to be judged.
struct RulesReport {
  enum State: String {
    case fired, quiet
    case notJudgeable = "not judgeable"
  }

  struct Row {
    let name: String
    let state: State
    let alerts: Int
    let rules: [String]
    let reason: String?
  }

  private let all: [(rule: Rule, alerts: Int, reason: String?)]
  private let lost: UInt64

  init(_ engine: RuleEngine, _ counts: [Int], _ selected: Selection, skipped: [Rule]) {
    // A rule is judged when one of the captures can say something of it.
    var reasons = [String?](repeating: nil, count: engine.rules.count)
    for (index, reader) in selected.readers.enumerated() {
      let knowledge = CaptureKnowledge(
        schema: selected.schema, filter: reader.header.filter, containers: reader.summary.containers)
      for (rule, judgement) in engine.judgements(knowledge).enumerated() {
        switch judgement {
        case .watched: reasons[rule] = nil
        case .impossible(let reason): if index == 0 || reasons[rule] != nil { reasons[rule] = reason }
        }
      }
    }
    all =
      zip(engine.rules, zip(counts, reasons)).map { ($0, $1.0, $1.1) } + skipped.map { ($0, 0, $0.skipped) }
    lost = selected.readers.reduce(0) { $0 &+ $1.summary.lost }
  }

  /// One row for each tag.
  func tags(json: Bool) -> [UInt8] {
    var names: Set<String> = []
    for entry in all { names.formUnion(entry.rule.tags) }
    return rendered(
      names.sorted().map { tag in
        row(tag, all.filter { $0.rule.tags.contains(tag) })
      }, title: "TAG", json: json)
  }

  /// One row for each rule.
  func rules(json: Bool) -> [UInt8] {
    rendered(all.map { row($0.rule.name, [$0]) }, title: "RULE", json: json)
  }

  private func row(_ name: String, _ entries: [(rule: Rule, alerts: Int, reason: String?)]) -> Row {
    let alerts = entries.reduce(0) { $0 + $1.alerts }
    if alerts > 0 {
      return Row(
        name: name, state: .fired, alerts: alerts, rules: entries.filter { $0.alerts > 0 }.map(\.rule.name), reason: nil
      )
    }
    let watched = entries.filter { $0.reason == nil }
    if watched.isEmpty {
      return Row(
        name: name, state: .notJudgeable, alerts: 0, rules: entries.map(\.rule.name), reason: entries.first?.reason)
    }
    let left = entries.count - watched.count
    return Row(
      name: name, state: .quiet, alerts: 0, rules: watched.map(\.rule.name),
      reason: left > 0 ? "\(Units.count(left, "rule")) of \(entries.count) cannot be judged" : nil)
  }

  private func rendered(_ rows: [Row], title: String, json: Bool) -> [UInt8] {
    if json {
      return rows.flatMap { row -> [UInt8] in
        var object = JSONObject()
        object.add(title.lowercased(), row.name)
        object.add("state", row.state.rawValue.replacing(" ", with: "_"))
        object.add("alerts", row.alerts)
        object.add("rules", row.rules)
        object.add("reason", row.reason)
        return object.line
      }
    }
    var table = Table([.left("STATE"), .right("ALERTS"), .left(title, .keepsStart), .left("WHY", .keepsStart)])
    let order: [State] = [.fired, .quiet, .notJudgeable]
    for state in order {
      for row in rows where row.state == state {
        let why = row.state == .fired && title == "TAG" ? row.rules.joined(separator: "; ") : row.reason ?? ""
        table.append([
          row.state.rawValue, row.alerts > 0 ? Units.count(row.alerts) : "", VisibleText.of(row.name),
          VisibleText.of(why),
        ])
      }
    }
    let terminal = Terminal.standardOutput
    var text = table.rendered(width: terminal.width, colour: terminal.allowsColour)
    let counts = order.map { state in "\(rows.count { $0.state == state }) \(state.rawValue)" }
    text += counts.joined(separator: ", ") + "\n"
    if lost > 0 {
      text += "\(Units.count(Int(clamping: lost), "event")) of the captures were lost: quiet is not certain\n"
    }
    return Array(text.utf8)
  }
}
