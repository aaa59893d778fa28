import CaptureFormat
import EventBatch
import EventSchema
import Query

/// Rules asked of whole captures, on all cores, with alerts in order.
public struct RuleRun<Source: EventSource>: Sendable {
  /// What is asked.
  public let engine: RuleEngine
  private let printer: AlertPrinter
  private var scan: QuestionSetScan<Source>

  /// A run.
  /// - Parameters:
  ///   - from: the least exit time that counts, in nanoseconds of the epoch.
  ///   - to: the first exit time that does not.
  ///   - parallelism: how many chunks are worked on at once; `nil` for what suits the machine.
  public init(
    _ engine: RuleEngine, _ printer: AlertPrinter, over source: Source, from: Int64? = nil, to: Int64? = nil,
    parallelism: Int? = nil, isProfiling: Bool = false
  ) {
    self.engine = engine
    self.printer = printer
    scan = QuestionSetScan(source, engine.set, from: from, to: to, parallelism: parallelism)
    scan.isProfiling = isProfiling
  }

  /// What a run found.
  public struct Result: Sendable {
    /// How many alerts each rule gave.
    public var counts: [Int]
    /// What each rule cost; zeros unless it was measured.
    public var costs: [QuestionCost]
    /// How much was read.
    public var progress: ScanProgress
  }

  /// Counts alerts. Nothing is read or made that only their texts need.
  public nonisolated(nonsending) func count(
    progress: (ScanProgress) -> Void = { _ in }
  ) async throws -> Result {
    guard engine.parts.allSatisfy({ $0.step == nil }) else {
      // Sequences need to know who did it.
      return try await run(capture: { _ in 0 }) { _, _, shown in
        progress(shown)
        return true
      }
    }
    var counts = [Int](repeating: 0, count: engine.rules.count)
    let parts = engine.parts
    let (shown, costs) = try await scan.run(columns: { _ in .nothing }) { matches in
      var found = [Int](repeating: 0, count: parts.count)
      for match in matches.matches { found[match.question] += 1 }
      return found
    } consume: { found, shown in
      for (question, count) in found.enumerated() { counts[parts[question].rule] += count }
      progress(shown)
      return true
    }
    return Result(counts: counts, costs: byRule(costs), progress: shown)
  }

  /// Makes alerts.
  ///
  /// - Parameters:
  ///   - capture: which capture a chunk is in: no sequence goes from one to another.
  ///   - consume: takes alerts one by one, with their capture; returns whether it wants more.
  public nonisolated(nonsending) func run(
    capture: @escaping @Sendable (Int) -> Int, consume: (Alert, Int, ScanProgress) throws -> Bool
  ) async throws -> Result {
    var counts = [Int](repeating: 0, count: engine.rules.count)
    var tracker = SequenceTracker(engine)
    var current = -1
    let printer = printer
    let (progress, costs) = try await scan.run(columns: { printer.columns($0) }) { matches in
      (capture(matches.chunk), printer.outcomes(of: matches))
    } consume: { found, progress in
      let (capture, outcomes) = found
      if capture != current {
        current = capture
        tracker = SequenceTracker(engine)
      }
      for outcome in outcomes {
        let alert: Alert?
        switch outcome {
        case .alert(let made): alert = made
        case .step(let step): alert = tracker.take(step)
        }
        guard let alert else { continue }
        counts[alert.rule] += 1
        if try !consume(alert, capture, progress) { return false }
      }
      return true
    }
    return Result(counts: counts, costs: byRule(costs), progress: progress)
  }

  private func byRule(_ costs: [QuestionCost]) -> [QuestionCost] {
    var all = [QuestionCost](repeating: QuestionCost(), count: engine.rules.count)
    for (question, cost) in costs.enumerated() { all[engine.parts[question].rule].add(cost) }
    return all
  }
}
