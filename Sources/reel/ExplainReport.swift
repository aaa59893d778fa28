import CaptureFormat
import Presentation
import Query

/// `--explain`: how a question was answered.
enum ExplainReport {
  /// Answers a question without showing results, and tells how that went.
  /// - Parameter columns: what results would be made of.
  static func write(_ selected: Selection, columns: ColumnSelection, cores: Int?) async throws {
    var bar = ProgressBar("reading", terminal: .progress)
    let scan = Scan(selected.source, selected.question, parallelism: cores)
    let progress = try await scan.run(columns: columns) { _ in
    } consume: { _, progress in
      bar.update(done: progress.chunksRead, of: progress.chunksToRead)
      return true
    }
    bar.clear()
    let output = StandardOutput()
    try output.write(rendered(QueryPlan(selected.question), progress, columns, for: .standardOutput))
    try output.flush()
    try selected.reportMissingParts(progress)
  }

  static func rendered(
    _ plan: QueryPlan, _ progress: ScanProgress, _ columns: ColumnSelection, for terminal: Terminal
  ) -> String {
    var facts = FactList()
    facts.add("chunks", "\(Units.count(progress.chunksRead)) of \(Units.count(progress.chunks)) were read")
    for (reason, chunks) in plan.reasons(progress) {
      facts.add("not read", "\(Units.count(chunks)): \(VisibleText.of(reason))")
    }
    facts.add("events", "\(Units.count(progress.eventsSelected)) of \(Units.count(progress.eventsRead)) in them")
    var table = Table([.left("STEP", .keepsStart), .left("ASKED"), .left("READS"), .right("EVENTS LEFT")])
    for (step, rows) in zip(plan.steps, progress.rowsAfterSteps) {
      table.append([VisibleText.of(step.condition), step.effort, step.columns, Units.count(rows)])
    }
    table.append(["(results)", "", QueryPlan.words(columns), Units.count(progress.eventsSelected)])
    return facts.rendered(width: terminal.width, colour: terminal.allowsColour) + "\n"
      + table.rendered(width: terminal.width, colour: terminal.allowsColour)
  }
}
