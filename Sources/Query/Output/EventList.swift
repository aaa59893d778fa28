import EventBatch

/// Prints the events of a source that a question selects, in order, as they are found.
public struct EventList<Source: EventSource>: Sendable {
  /// What is scanned, and in which direction.
  public var scan: Scan<Source>
  /// How events are printed.
  public var printer: EventPrinter
  /// The most lines wanted.
  public var limit: Int?

  /// A list of events.
  public init(_ scan: Scan<Source>, _ printer: EventPrinter, limit: Int? = nil) {
    self.scan = scan
    self.printer = printer
    self.limit = limit
  }

  /// Scans, and hands lines to a writer as soon as it is their turn.
  ///
  /// - Parameter write: takes whole lines; returns whether it wants more (false when a pipe was closed).
  /// - Returns: how much was read, and how many lines were written.
  /// - Throws: what the source or `write` throws.
  public nonisolated(nonsending) func run(
    write: (ArraySlice<UInt8>, ScanProgress) throws -> Bool
  ) async throws -> (progress: ScanProgress, lines: Int) {
    let limit = limit ?? Int.max
    if limit <= 0 { return (ScanProgress(chunks: scan.source.chunkCount, chunksToRead: 0), 0) }
    let printer = printer
    var written = 0
    let progress = try await scan.run(columns: printer.columns) { events in
      printer.lines(for: events, limit: limit)
    } consume: { lines, progress in
      let wanted = min(lines.count, limit - written)
      written += wanted
      return try write(lines.prefix(wanted), progress) && written < limit
    }
    return (progress, written)
  }
}
