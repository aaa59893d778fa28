import CaptureFormat
import EventBatch
import EventSchema
import Query

/// How the time of an alert is written.
public enum AlertTime: Sendable, Hashable {
  /// The time of day.
  case clock
  /// Date and time in UTC.
  case iso8601
}

/// Makes alerts of matches.
public struct AlertPrinter: Sendable {
  private struct Form: Sendable {
    let text: EventPrinter
    let fields: EventPrinter
  }

  private let engine: RuleEngine
  private let forms: [Form]
  private let isoTime: EventPrinter
  private let identity: EventValues
  private let schema: Schema

  /// Binds the outputs of an engine's rules.
  ///
  /// - Parameters:
  ///   - more: what is appended to each output.
  ///   - time: how the time is written.
  /// - Throws: what is wrong with an output; rules that were loaded without errors have nothing wrong.
  public init(_ engine: RuleEngine, schema: Schema, time: AlertTime = .clock, more: String = "") throws(QueryError) {
    self.engine = engine
    self.schema = schema
    var forms: [Form] = []
    let field = time == .clock ? "evt.time" : "evt.time.iso8601"
    for rule in engine.rules {
      let output = rule.output.trimmingBlanks + (more.isEmpty ? "" : " " + more)
      let text = try LineFormat(
        lenient: "*%\(field): \(rule.priority.name) \(output)", schema: schema)
      var names: [String] = []
      for name in [field]
        + EventPrinter(format: try LineFormat(lenient: "*" + output, schema: schema), style: .text, schema: schema)
        .names + ["evt.num"]
      where !names.contains(name) { names.append(name) }
      let fields = try LineFormat(
        lenient: "*" + names.map { $0.contains("(") ? "%(\($0))" : "%\($0)" }.joined(separator: " "), schema: schema)
      forms.append(
        Form(
          text: EventPrinter(format: text, style: .text, schema: schema),
          fields: EventPrinter(format: fields, style: .json, schema: schema)))
    }
    self.forms = forms
    isoTime = EventPrinter(format: try LineFormat("*%evt.time.iso8601", schema: schema), style: .text, schema: schema)
    identity = try EventValues(["container.id", "proc.sid"], schema: schema)
  }

  /// What is read of matches of some conditions of the engine's set.
  public func columns(_ questions: Set<Int>) -> ColumnSelection {
    var columns = ColumnSelection(core: [.numbers, .exitTimes], dimensions: false).union(identity.columns)
    for question in questions {
      let form = forms[engine.parts[question].rule]
      columns = columns.union(form.text.columns).union(form.fields.columns)
    }
    return columns
  }

  /// What matches make: alerts, and steps of sequences, in order.
  public enum Outcome: Sendable {
    case alert(Alert)
    case step(SequenceStep)
  }

  /// Makes alerts of the matches of a chunk.
  public func outcomes(of matches: SetMatches) -> [Outcome] {
    var made: [Int: [Alert]] = [:]
    var identities: [Int: [[FieldValue]]] = [:]
    for question in Set(matches.matches.map(\.question)) {
      let part = engine.parts[question]
      let events = matches.selected(by: question)
      let steps =
        if case .sequence(let sequence) = engine.rules[part.rule].condition { sequence.steps.count } else { 1 }
      if part.step != nil { identities[question] = identity.rows(of: events) }
      if (part.step ?? 0) == steps - 1 { made[question] = alerts(events, rule: part.rule, hostname: matches.hostname) }
    }
    var next: [Int: Int] = [:]
    var outcomes: [Outcome] = []
    for match in matches.matches {
      let index = next[match.question, default: 0]
      next[match.question] = index + 1
      let part = engine.parts[match.question]
      guard let step = part.step else {
        if let alert = made[match.question]?[index] { outcomes.append(.alert(alert)) }
        continue
      }
      guard case .sequence(let sequence) = engine.rules[part.rule].condition,
        let values = identities[match.question]?[index]
      else { continue }
      let row = Int(match.row)
      outcomes.append(
        .step(
          SequenceStep(
            rule: part.rule, step: step, number: matches.batch.numbers[row], time: matches.batch.exitTimes[row],
            keys: matches.keys(ofRow: match.row, sequence.scope, values), alert: made[match.question]?[index])))
    }
    return outcomes
  }

  private func alerts(_ events: SelectedEvents, rule: Int, hostname: String?) -> [Alert] {
    let texts = forms[rule].text.lines(for: events)
    let fields = forms[rule].fields.lines(for: events)
    let times = isoTime.lines(for: events)
    return events.rows.enumerated().map { index, row in
      Alert(
        rule: rule, number: events.batch.numbers[Int(row)], time: events.batch.exitTimes[Int(row)],
        text: texts.line(index), fields: fields.line(index),
        isoTime: String(decoding: times.line(index).dropLast(5), as: UTF8.self) + "Z", hostname: hostname)
    }
  }
}

extension PrintedLines {
  /// A line without its line feed.
  fileprivate func line(_ index: Int) -> [UInt8] {
    guard index < ends.count else { return [] }
    return Array(text[(index == 0 ? 0 : ends[index - 1])..<(ends[index] - 1)])
  }
}

extension String {
  /// The text without blanks and line ends at its end, which folded texts have.
  fileprivate var trimmingBlanks: String {
    var text = Substring(self)
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return String(text)
  }
}
