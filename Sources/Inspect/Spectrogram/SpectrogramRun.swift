import CaptureFormat
import EventBatch
import EventSchema
import Query

/// Counts calls by time and latency.
///
///     let run = try SpectrogramRun(schema: source.schema, filter: "evt.type = fsync", span: first...last, columns: 80)
///     let spectrogram = try await run.answer(over: source)
public struct SpectrogramRun: Sendable {
  private let question: Question
  private let empty: Spectrogram

  /// The most columns.
  public static let mostColumns = 4096

  /// Prepares an answer.
  ///
  /// - Parameters:
  ///   - filter: which calls count; those whose latency is not known never do.
  ///   - span: the exit times that the columns are about.
  ///   - columns: how many there are, from 1 to `mostColumns`.
  /// - Throws: what is wrong with the filter.
  public init(
    schema: Schema, filter: String? = nil, span: ClosedRange<Int64>, columns: Int
  ) throws(QueryError) {
    precondition((1...SpectrogramRun.mostColumns).contains(columns))
    let to = span.upperBound == .max ? nil : span.upperBound + 1
    question = try Question(filter: filter, schema: schema, from: span.lowerBound, to: to)
      .and(Question(filter: "syscall.type exists and evt.latency exists", schema: schema))
    empty = Spectrogram(span: span, columns: columns)
  }

  /// Scans a source. Reads times and latencies, and what the filter asks.
  public nonisolated(nonsending) func answer<Source: EventSource>(
    over source: Source, parallelism: Int? = nil, progress: (ScanProgress) -> Void = { _ in }
  ) async throws -> Spectrogram {
    let empty = empty
    var spectrogram = empty
    let columns = ColumnSelection(core: [.exitTimes, .latencies, .flags], dimensions: false)
    spectrogram.progress = try await Scan(source, question, parallelism: parallelism).run(columns: columns) { events in
      SpectrogramRun.cells(events, empty)
    } consume: { cells, state in
      spectrogram.add(cells)
      progress(state)
      return true
    }
    return spectrogram
  }

  private static func cells(_ events: SelectedEvents, _ empty: Spectrogram) -> [Spectrogram.Cell] {
    var counts = [UInt32](repeating: 0, count: empty.counts.count)
    let batch = events.batch
    for row in events.rows {
      let latency = batch.latency(of: Int(row))
      if latency < 0 { continue }
      let column = Int((batch.exitTimes[Int(row)] &- empty.start) / empty.step)
      guard (0..<empty.columns).contains(column) else { continue }
      counts[Spectrogram.row(of: latency) * empty.columns + column] += 1
    }
    return counts.indices.compactMap { index in
      counts[index] == 0 ? nil : Spectrogram.Cell(index: Int32(index), count: counts[index])
    }
  }
}
