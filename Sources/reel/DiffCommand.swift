import ArgumentParser
import CaptureFile
import EventSchema
import Inspect
import Presentation
import Query

struct DiffCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff",
    abstract: "Shows what one capture has that another has not: a good and a bad run, before and after.",
    discussion: """
      Compared are connections, programs, files, ends of processes, signals, errors, system calls and how long they \
      took, what matters most first. Numbers of three and more digits in names count as one, so that process ids make \
      no difference. --by compares groups of your own. Exit status 0, whether they differ or not.

      EXAMPLES:
        reel diff good.reel bad.reel
        reel diff monday.reel tuesday.reel "container.name = web" --limit 20
        reel diff good.reel bad.reel --by proc.name,evt.type
      """)

  @Argument(help: ArgumentHelp("The first capture.", valueName: "capture"), completion: .file())
  var one: String

  @Argument(help: ArgumentHelp("The second one.", valueName: "capture"), completion: .file())
  var other: String

  @Argument(help: "Which events are compared, in the filter language.")
  var filter: String?

  @Option(help: ArgumentHelp("Fields to group by, with commas between them.", valueName: "field,…"))
  var by: FieldNames?

  @Option(help: ArgumentHelp("The most differences wanted.", valueName: "n"))
  var limit: Int = 50

  @Flag(help: "Write one JSON object for each difference.")
  var json = false

  @OptionGroup var processors: ProcessorOption

  func validate() throws {
    if limit < 0 { throw ValidationError("--limit is less than 0") }
  }

  func run() async throws {
    try checkFilter(filter)
    let (first, second) = (try Captures.open([one]), try Captures.open([other]))
    let (before, after) = (CaptureSource(first), CaptureSource(second))
    let run = try reading("filter") { () throws(QueryError) in
      try DifferenceRun(schemas: (before.schema, after.schema), filter: filter, by: by?.names)
    }
    var bar = ProgressBar("reading", terminal: .progress)
    let (differences, progress) = try await run.answer(one: before, other: after, parallelism: processors.cores) {
      progress in
      bar.update(done: progress.chunksRead, of: progress.chunksToRead)
    }
    bar.clear()
    try write(differences)
    var failure: Failure?
    for (readers, progress) in zip([first, second], progress) {
      do throws(Failure) {
        try Captures.reportMissingParts(of: readers, failures: progress.failures)
      } catch {
        // Both are told of, the last by the command's end.
        if let earlier = failure { _ = earlier.report() }
        failure = error
      }
    }
    if let failure { throw failure }
  }

  private func write(_ differences: [Difference]) throws {
    let output = StandardOutput()
    let shown = differences.prefix(limit)
    if json {
      for difference in shown { try output.write(object(difference).line) }
      return try output.flush()
    }
    guard !differences.isEmpty else {
      try output.write("no difference that matters\n")
      return try output.flush()
    }
    var table = Table([
      .right("FIRST"), .right("SECOND"), .left("WHAT"), .left("WHICH", .keepsStart),
    ])
    for difference in shown {
      let (one, other) = cells(difference)
      let values = difference.values.map { VisibleText.of($0.text) }
      table.append([one, other, difference.topic, values.joined(separator: " ")])
    }
    let terminal = Terminal.standardOutput
    try output.write(table.rendered(width: terminal.width, colour: terminal.allowsColour))
    if shown.count < differences.count {
      try output.write("\(Units.count(differences.count - shown.count, "more difference")); --limit shows more\n")
    }
    try output.flush()
  }

  /// How often, or, where that is what differs, how long.
  private func cells(_ difference: Difference) -> (String, String) {
    if let times = difference.times, isSlower(difference) {
      return (Units.duration(times.one), Units.duration(times.other))
    }
    func count(_ value: Int64) -> String { value == 0 ? "–" : "\(Units.count(value)) ×" }
    return (count(difference.counts.one), count(difference.counts.other))
  }

  /// Whether times differ more than counts do.
  private func isSlower(_ difference: Difference) -> Bool {
    guard let times = difference.times else { return false }
    func ratio(_ one: Int64, _ other: Int64) -> Double {
      Double(max(one, other)) / Double(max(min(one, other), 1))
    }
    return ratio(times.one, times.other) > ratio(difference.counts.one, difference.counts.other)
  }

  private func object(_ difference: Difference) -> JSONObject {
    var object = JSONObject()
    object.add("topic", difference.topic)
    for (field, value) in zip(difference.fields, difference.values) { object.add(field, value) }
    object.add("first", difference.counts.one)
    object.add("second", difference.counts.other)
    object.add("first_time_ns", number: difference.times?.one)
    object.add("second_time_ns", number: difference.times?.other)
    object.add("score", FieldValue.decimal(difference.score))
    return object
  }
}
