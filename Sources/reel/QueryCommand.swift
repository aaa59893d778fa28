import ArgumentParser
import Query

struct QueryCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "query",
    abstract: "Groups events by fields and shows aggregates of each group.",
    discussion: """
      Aggregates: count, sum, avg, min, max, p50 … p999, distinct, first, last. A column to sort by is a field or an \
      aggregate as it was written, the greatest first; with a minus in front the least first.

      EXAMPLES:
        reel query build.reel --by proc.name --show "count,sum(evt.buflen),p99(evt.latency)"
        reel query build.reel "evt.type = openat" --by fd.directory --show "distinct(fd.name)" --limit 10
      """)

  @OptionGroup var selection: SelectionOptions

  @Option(help: ArgumentHelp("The fields to group by.", valueName: "field,…"))
  var by: FieldNames

  @Option(help: ArgumentHelp("The aggregates to show.", valueName: "agg(field),…"))
  var show: FieldNames

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The column to sort by. (default: the first aggregate)", valueName: "column"))
  var sort: String?

  @Option(help: ArgumentHelp("The most rows wanted.", valueName: "n"))
  var limit: Int?

  @OptionGroup var form: FormOptions

  func validate() throws {
    if let limit, limit < 0 { throw ValidationError("--limit is less than 0") }
  }

  func run() async throws {
    let selected = try Selection(selection)
    let grouping = try reading("list of fields") { () throws(QueryError) in
      try Grouping(by: by.names, show: show.names, schema: selected.reader.schema)
    }
    let report = try await GroupReport(grouping, selected, sort: sort ?? show.names.first, limit: limit)
    try report.write(form.form, hasTotals: false, zone: selection.window.zone)
    try selected.reportMissingParts(report.progress)
  }
}
