import ArgumentParser
import CaptureFormat
import Presentation
import Query

struct CountCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "count",
    abstract: "Counts events, in all or by fields.",
    discussion: """
      Groups that do not fit into memory go to a temporary file in $TMPDIR, else in /var/tmp.

      EXAMPLES:
        reel count build.reel
        reel count build.reel "evt.failed = true" --by evt.type,evt.res --top 10
        reel count build.reel --by proc.name --json
        reel count build.reel "evt.type = connect" --every 1s
      """)

  @OptionGroup var selection: SelectionOptions

  @Option(help: ArgumentHelp("Count for each combination of values of these fields.", valueName: "field,…"))
  var by: FieldNames?

  @Option(help: ArgumentHelp("The most groups wanted, the greatest first.", valueName: "n"))
  var top: Int?

  @Option(help: ArgumentHelp("Count for each slice of time of this length: 100ms, 1s, 1h.", valueName: "duration"))
  var every: TimeSpan?

  @OptionGroup var scanning: ScanOptions

  @Flag(help: "Write one JSON object for each group.")
  var json = false

  func validate() throws {
    try selection.requireCapture()
    if let top, top < 1 { throw ValidationError("--top is less than 1") }
    if top != nil, by == nil, every == nil { throw ValidationError("--top needs --by or --every") }
    if let every, every.nanoseconds < 1 { throw ValidationError("--every must be more than nothing") }
  }

  func run() async throws {
    try reading("list of fields") { () throws(QueryError) in
      try Grouping.check(by: by?.names ?? [], isSliced: every != nil, show: [])
    }
    let selected = try Selection(selection)
    if by != nil || every != nil {
      try await countGroups(selected, by?.names ?? [])
    } else {
      try await countAll(selected)
    }
  }

  private func countAll(_ selected: Selection) async throws {
    if scanning.explain {
      return try await ExplainReport.write(selected, columns: .nothing, cores: scanning.parallelism)
    }
    var bar = ProgressBar("counting", terminal: .progress)
    let scan = Scan(selected.source, selected.question, parallelism: scanning.parallelism)
    let progress = try await scan.run(columns: .nothing) { _ in
    } consume: { _, progress in
      bar.update(done: progress.chunksRead, of: progress.chunksToRead)
      return true
    }
    bar.clear()
    let output = StandardOutput()
    if json {
      var object = JSONObject()
      object.add("count", progress.eventsSelected)
      try output.write(object.line)
    } else {
      try output.write("\(progress.eventsSelected)\n")
    }
    try output.flush()
    try selected.reportMissingParts(progress)
  }

  private func countGroups(_ selected: Selection, _ fields: [String]) async throws {
    let grouping = try reading("list of fields") { () throws(QueryError) in
      try Grouping(by: fields, every: every?.nanoseconds, schema: selected.schema)
    }
    if scanning.explain {
      return try await ExplainReport.write(selected, columns: grouping.columns, cores: scanning.parallelism)
    }
    // Slices of time are shown as time goes, unless the greatest are asked for.
    let sort = every != nil && top == nil ? nil : "count"
    let report = try await GroupReport(grouping, selected, sort: sort, limit: top, cores: scanning.parallelism)
    try report.write(json ? .json : .table, hasTotals: true, zone: selection.window.zone)
    try selected.reportMissingParts(report.progress)
  }
}

/// `proc.name,evt.type`: fields with commas between them. Commas in brackets or parentheses belong to a field.
struct FieldNames: ExpressibleByArgument, Hashable {
  let names: [String]

  init?(argument: String) {
    var names: [String] = [""]
    var depth = 0
    for character in argument {
      switch character {
      case "[", "(": depth += 1
      case "]", ")": depth -= 1
      case "," where depth == 0:
        names.append("")
        continue
      case " " where depth == 0: continue
      default: break
      }
      names[names.count - 1].append(character)
    }
    guard names.allSatisfy({ !$0.isEmpty }) else { return nil }
    self.names = names
  }
}
