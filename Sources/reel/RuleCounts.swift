import Presentation
import Query
import Rules

/// How often rules matched, and what that cost.
enum RuleCounts {
  static func rendered(
    _ rules: [Rule], _ result: RuleRun<CaptureSource>.Result, isProfile: Bool, json: Bool
  ) -> [UInt8] {
    if json { return objects(rules, result, isProfile: isProfile) }
    let order = rules.indices.sorted { one, other in
      let (a, b) =
        isProfile
        ? (result.costs[one].nanoseconds, result.costs[other].nanoseconds)
        : (Int64(result.counts[one]), Int64(result.counts[other]))
      return (b, one) < (a, other)
    }
    var table = Table(
      isProfile
        ? [.right("TIME"), .right("ROWS"), .right("EVENTS"), .right("ALERTS"), .left("RULE", .keepsStart)]
        : [.right("ALERTS"), .left("PRIORITY"), .left("RULE", .keepsStart)])
    for index in order where isProfile || result.counts[index] > 0 {
      let cost = result.costs[index]
      table.append(
        isProfile
          ? [
            Units.duration(cost.nanoseconds), Units.count(cost.rowsAsked), Units.count(cost.eventsAsked),
            Units.count(result.counts[index]), VisibleText.of(rules[index].name),
          ] : [Units.count(result.counts[index]), rules[index].priority.name, VisibleText.of(rules[index].name)])
    }
    let terminal = Terminal.standardOutput
    let quiet = result.counts.count { $0 == 0 }
    var text = table.rows.isEmpty ? "" : table.rendered(width: terminal.width, colour: terminal.allowsColour)
    if !isProfile, quiet > 0 { text += "\(Units.count(quiet, "rule")) quiet, of \(rules.count)\n" }
    return Array(text.utf8)
  }

  private static func objects(
    _ rules: [Rule], _ result: RuleRun<CaptureSource>.Result, isProfile: Bool
  ) -> [UInt8] {
    var lines: [UInt8] = []
    for (index, rule) in rules.enumerated() {
      var object = JSONObject()
      object.add("rule", rule.name)
      object.add("count", result.counts[index])
      if isProfile {
        object.add("time_ns", result.costs[index].nanoseconds)
        object.add("rows", result.costs[index].rowsAsked)
        object.add("events", result.costs[index].eventsAsked)
      }
      lines += object.line
    }
    return lines
  }
}
