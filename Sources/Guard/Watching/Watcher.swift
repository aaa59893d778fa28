import CaptureFormat
import Delivery
import EventBatch
import Query
import Rules

/// Asks the rules of live batches, in order, and gives what fires policies.
///
/// Of a container that was found a moment ago names and images may not be known yet. Rules whose condition asks for such
/// things are asked of its events again when they are known, or when they have been waited for long enough; alerts that
/// only show them are told a little later, too.
struct Watcher {
  let compiled: CompiledPolicies
  private let worker: QuestionSetWorker
  private let scopeWorker: QuestionSetWorker
  private var tracker: SequenceTracker
  /// Events of containers of which not enough is known.
  private var waiting: [Waiting] = []
  /// When containers were seen first of which not enough is known, in nanoseconds of the epoch.
  private var firstSeen: [String: Int64] = [:]

  private struct Waiting {
    let batch: EventBatch
    let rows: [UInt32]
    let containers: Set<String>
    /// What the rules that are left need.
    let need: CompiledPolicies.MetadataNeed
    let until: Int64
  }

  /// Nanoseconds for which conditions wait for what is known of a container, and alerts that only show it.
  private static let patience: Int64 = 500_000_000
  private static let patienceToShow: Int64 = 30_000_000
  /// Batches that wait at most.
  private static let mostWaiting = 512

  init(_ compiled: CompiledPolicies) {
    self.compiled = compiled
    worker = compiled.engine.worker()
    scopeWorker = QuestionSetWorker(compiled.scopes)
    tracker = SequenceTracker(compiled.engine)
  }

  /// Asks the rules of a batch.
  /// - Parameters:
  ///   - context: with what is known of containers.
  ///   - now: in nanoseconds of the epoch.
  mutating func take(_ batch: EventBatch, _ context: ScanContext, now: Int64) -> [Trigger] {
    let matches = worker.matches(in: batch, context: context)
    let unknown = unknownContainers(of: batch, context, now: now)
    guard !unknown.isEmpty, let isWaiting = Watcher.rows(of: batch, in: unknown) else {
      return triggers(matches, batch, context)
    }
    let needs = compiled.needs
    func need(_ match: SetMatch) -> CompiledPolicies.MetadataNeed {
      isWaiting[Int(match.row)] ? needs[compiled.engine.rule(ofQuestion: match.question)] : .nothing
    }
    if waiting.count < Watcher.mostWaiting {
      let rows = isWaiting.indices.filter { isWaiting[$0] }.map { UInt32($0) }
      if needs.contains(.toDecide) {
        wait(batch, rows, unknown, .toDecide, until: now + Watcher.patience)
      }
      let shown = matches.filter { need($0) == .toShow }.map(\.row)
      if !shown.isEmpty {
        wait(batch, shown, unknown, .toShow, until: now + Watcher.patienceToShow)
      }
    }
    return triggers(matches.filter { need($0) == .nothing }, batch, context)
  }

  private mutating func wait(
    _ batch: EventBatch, _ rows: [UInt32], _ containers: Set<String>, _ need: CompiledPolicies.MetadataNeed,
    until: Int64
  ) {
    var distinct: [UInt32] = []
    for row in rows where row != distinct.last { distinct.append(row) }
    waiting.append(Waiting(batch: batch, rows: distinct, containers: containers, need: need, until: until))
  }

  /// Asks again what waited, as far as it need not wait any longer.
  mutating func takeWaiting(_ context: ScanContext, now: Int64) -> [Trigger] {
    if waiting.isEmpty { return [] }
    var found: [Trigger] = []
    var left: [Waiting] = []
    for entry in waiting {
      guard now >= entry.until || entry.containers.allSatisfy({ context.containers[$0]?.isNamed ?? false }) else {
        left.append(entry)
        continue
      }
      let matches = worker.matches(in: entry.batch, context: context, rows: entry.rows)
        .filter { compiled.needs[compiled.engine.rule(ofQuestion: $0.question)] == entry.need }
      found += triggers(matches, entry.batch, context)
    }
    waiting = left
    return found
  }

  /// Whether something waits.
  var isWaiting: Bool { !waiting.isEmpty }

  private mutating func unknownContainers(of batch: EventBatch, _ context: ScanContext, now: Int64) -> Set<String> {
    let table = batch.dimensions.containers
    var unknown: Set<String> = []
    for row in 0..<table.count {
      guard let text = table.value(row, .id) else { continue }
      let id = batch.dimensions.strings.text(Int(text))
      if context.containers[id]?.isNamed ?? false { continue }
      let first = firstSeen[id] ?? now
      if firstSeen[id] == nil {
        if firstSeen.count > 10_000 { firstSeen.removeAll() }
        firstSeen[id] = now
      }
      if now - first < Watcher.patience { unknown.insert(id) }
    }
    return unknown
  }

  /// Which rows are of some containers; `nil` when none is.
  private static func rows(of batch: EventBatch, in containers: Set<String>) -> [Bool]? {
    let dimensions = batch.dimensions
    let isMeant = (0..<dimensions.containers.count).map { row in
      dimensions.containers.value(row, .id).map { containers.contains(dimensions.strings.text(Int($0))) } ?? false
    }
    guard isMeant.contains(true) else { return nil }
    let ofLineage = (0..<dimensions.lineages.count).map { row in
      dimensions.threads.value(Int(dimensions.lineages[row, .thread]), .container).map { isMeant[Int($0)] } ?? false
    }
    let rows = batch.lineages.map { Int($0) < ofLineage.count && ofLineage[Int($0)] }
    return rows.contains(true) ? rows : nil
  }

  private mutating func triggers(_ matches: [SetMatch], _ batch: EventBatch, _ context: ScanContext) -> [Trigger] {
    if matches.isEmpty { return [] }
    var alerts: [Alert] = []
    for outcome in compiled.printer.outcomes(of: SetMatches(batch: batch, context: context, matches: matches)) {
      switch outcome {
      case .alert(let alert): alerts.append(alert)
      case .step(let step): if let alert = tracker.take(step) { alerts.append(alert) }
      }
    }
    if alerts.isEmpty { return [] }
    let rows = alerts.map { Watcher.row(of: $0.number, in: batch) }
    var distinct: [UInt32] = []
    for row in rows.sorted() where row != distinct.last { distinct.append(row) }
    var holds: Set<SetMatch> = []
    if compiled.scopes.count > 0 {
      holds = Set(scopeWorker.matches(in: batch, context: context, rows: distinct))
    }
    var triggers: [Trigger] = []
    for (alert, row) in zip(alerts, rows) {
      let policies = compiled.policiesOfRule[alert.rule].filter { policy in
        compiled.scopeOfPolicy[policy].map { holds.contains(SetMatch(row: row, question: $0)) } ?? true
      }
      if !policies.isEmpty { triggers.append(trigger(alert, row, policies, batch, context)) }
    }
    return triggers
  }

  private func trigger(
    _ alert: Alert, _ row: UInt32, _ policies: [Int], _ batch: EventBatch, _ context: ScanContext
  ) -> Trigger {
    let event = SetMatches(batch: batch, context: context, matches: [SetMatch(row: row, question: 0)]).selected(by: 0)
    var names: [String: String] = [:]
    for policy in policies {
      for case .capture(let capture) in compiled.policies[policy].actions {
        if let template = capture.name { names[template] = compiled.names[template]?.text(for: event) }
      }
    }
    var labels: [Notice.Label] = []
    for (name, value) in zip(compiled.labels.fields, compiled.labels.rows(of: event).first ?? [])
    where value != .missing {
      labels.append(Notice.Label(name, value.text))
    }
    return Trigger(
      alert: alert, rule: alert.rule, policies: policies, subject: Subject(batch, row: Int(row)), names: names,
      labels: labels)
  }

  /// The row of a number that is in the batch.
  private static func row(of number: UInt64, in batch: EventBatch) -> UInt32 {
    switch batch.numbers {
    case .consecutive(let first): return UInt32(number - first)
    case .listed(let numbers):
      var low = 0
      var high = numbers.count
      while low < high {
        let middle = (low + high) / 2
        if numbers[middle] < number { low = middle + 1 } else { high = middle }
      }
      return UInt32(low)
    }
  }
}

extension ContainerInfo {
  /// Whether people can recognise the container by it.
  var isNamed: Bool { name != nil && image != nil }
}
