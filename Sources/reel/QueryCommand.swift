import ArgumentParser
import Query

struct QueryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "query",
    abstract: "Groups events by fields and shows aggregates of each group.",
    discussion: """
      Aggregates: count, sum, avg, min, max, p50 … p999, distinct, first, last. A column to sort by is a field or an \
      aggregate as it was written, the greatest first; with a minus in front the least first.

      Groups that do not fit into memory go to a temporary file in $TMPDIR, else in /var/tmp.

      EXAMPLES:
        reel query build.reel --by proc.name --show "count,sum(evt.buflen),p99(evt.latency)"
        reel query build.reel --every 100ms --show "count,max(evt.latency)" --csv
        reel query build.reel "evt.type = openat" --by fd.directory --show "distinct(fd.name)" --limit 10
      """)

  @OptionGroup var selection: SelectionOptions

  @Option(help: ArgumentHelp("The fields to group by.", valueName: "field,…"))
  var by: FieldNames?

  @Option(help: ArgumentHelp("Group by slices of time of this length, too: 100ms, 1s, 1h.", valueName: "duration"))
  var every: TimeSpan?

  @Option(help: ArgumentHelp("The aggregates to show.", valueName: "agg(field),…"))
  var show: FieldNames

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The column to sort by. (default: the first aggregate)", valueName: "column"))
  var sort: String?

  @Option(help: ArgumentHelp("The most rows wanted.", valueName: "n"))
  var limit: Int?

  @OptionGroup var form: FormOptions

  @OptionGroup var scanning: ScanOptions

  func validate() throws {
    try selection.requireCapture()
    if by == nil, every == nil { throw ValidationError("say what to group by: --by FIELD,… or --every DURATION") }
    if let every, every.nanoseconds < 1 { throw ValidationError("--every must be more than nothing") }
    if let limit, limit < 0 { throw ValidationError("--limit is less than 0") }
  }

  func run() async throws {
    try reading("list of fields") { () throws(QueryError) in
      try Grouping.check(by: by?.names ?? [], isSliced: every != nil, show: show.names, sort: sort)
    }
    let selected = try Selection(selection)
    let grouping = try reading("list of fields") { () throws(QueryError) in
      try Grouping(by: by?.names ?? [], every: every?.nanoseconds, show: show.names, schema: selected.schema)
    }
    if scanning.explain {
      return try await ExplainReport.write(selected, columns: grouping.columns, cores: scanning.parallelism)
    }
    // Slices of time are shown as time goes, unless another order is asked for.
    let report = try await GroupReport(
      grouping, selected, sort: sort ?? (every == nil ? show.names.first : nil), limit: limit,
      cores: scanning.parallelism)
    try report.write(form.form, hasTotals: false, zone: selection.window.zone)
    try selected.reportMissingParts(report.progress)
  }
}
