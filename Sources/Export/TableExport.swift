import EventSchema
import Query

/// Writes events as a table of texts, which any other program reads: JSON lines or comma-separated values.
public struct TableExport: Sendable {
  /// How the table is written.
  public enum Format: Sendable, Hashable, CaseIterable {
    /// One JSON object an event; the keys are names of fields, times are nanoseconds of the epoch.
    case jsonLines
    /// A line of names, then one line an event, as RFC 4180 has them. Nothing stands for a missing value.
    case csv
  }

  /// How the table is written.
  public let format: Format
  /// What prints the events.
  public let printer: EventPrinter

  /// A table of some fields.
  ///
  /// - Parameter line: the fields, as `-p` of the event list takes them (what stands between them is ignored); `nil` for
  ///   the fields that event lists have as JSON. Without a leading `*`, events that miss a value are left out.
  /// - Throws: which field is wrong, and where.
  public init(_ format: Format, fields line: String?, schema: Schema) throws(QueryError) {
    let fields = try line.map { line throws(QueryError) in try LineFormat(line, schema: schema) }
    let chosen: LineFormat
    if let fields { chosen = fields } else { chosen = try LineFormat.standardJSON(schema: schema) }
    self.format = format
    printer = EventPrinter(format: chosen, style: format == .csv ? .csv : .json, schema: schema)
    if printer.names.isEmpty { throw QueryError("there is no field in the format") }
  }

  /// What stands in front of the first event.
  public var head: [UInt8] {
    format == .csv ? printer.heading : []
  }

  /// Scans, and hands lines to a writer in the order of events; the head in front of the first one.
  ///
  /// Memory is bounded by chunks in flight.
  ///
  /// - Parameter write: takes whole lines.
  /// - Returns: how much was read, and how many events were written.
  /// - Throws: what the source or `write` throws.
  public nonisolated(nonsending) func run<Source: EventSource>(
    _ scan: Scan<Source>, write: (ArraySlice<UInt8>, ScanProgress) throws -> Void
  ) async throws -> (progress: ScanProgress, events: Int) {
    let printer = printer
    var scan = scan
    scan.holdsLargeResults()
    var events = 0
    let progress = try await scan.run(columns: printer.columns) { selected in
      printer.pages(for: selected)
    } consume: { pages, progress in
      for lines in pages {
        if events == 0, !head.isEmpty { try write(head[...], progress) }
        events += lines.count
        try write(lines.text[...], progress)
      }
      return true
    }
    return (progress, events)
  }
}
