import CaptureFile
import CaptureFormat
import Compression
import EventBatch
import EventSchema
import Query
import ScapFormat

/// Writes captures as a `.scap` file, for sysdig, csysdig, Falco and Stratoshark.
///
/// What was there at the beginning comes from the capture's last state before it, or where there is none from what its
/// events name. Memory is bounded by chunks in flight and by what is held back to bring beginnings of calls into order.
public struct ScapExport: Sendable {
  /// How the file is compressed.
  public enum Codec: String, Sendable, CaseIterable {
    case gzip, none
  }

  /// What was done.
  public struct Report: Sendable {
    /// How much was read.
    public var progress: ScanProgress
    /// How many events were written.
    public var events: Int
    /// How many are of a kind that such files do not have.
    public var leftOut: Int
  }

  /// What is exported.
  public let source: CaptureSource
  /// Which events.
  public let question: Question
  /// Whom the file is for.
  public var dialect = ScapDialect.classic
  /// How it is compressed.
  public var codec = Codec.gzip

  /// How many events are written between two looks at what came of them.
  private static let step = 8192
  /// How many bytes go out at a time.
  private static let piece = 1 << 18

  /// An export of some events.
  public init(_ source: CaptureSource, _ question: Question) {
    self.source = source
    self.question = question
  }

  /// Scans, and hands bytes to a writer. Nothing is handed over where no event is selected.
  ///
  /// - Throws: what the source or `write` throws.
  public nonisolated(nonsending) func run(
    write: ([UInt8], ScanProgress) throws -> Void
  ) async throws -> Report {
    let reader = source.reader
    let start = try StartingState(reader, question, context: source.scanContext)
    let architecture = Architecture(rawValue: reader.header.architecture) ?? .current
    let machine = ScapMachine(
      hostname: reader.header.hostname, processors: max(reader.header.cpuCount, 1), bootTime: reader.header.bootTime)
    var meta = try MetaEvents(source.readers, question)
    var writer = ScapWriter(
      machine: machine, users: start.users, interfaces: start.interfaces, schema: source.schema,
      architecture: architecture, dialect: dialect)
    var sink = ScapSink(codec)
    var isBegun = false
    // Writing is slower than reading: one chunk that waits is enough.
    let progress = try await Scan(source, question, parallelism: 2).run(columns: .all) { events in
      ChosenEvents(batch: events.batch, rows: events.rows)
    } consume: { chosen, progress in
      guard let first = chosen.rows.first else { return true }
      if !isBegun {
        isBegun = true
        try start.append(to: &writer)
        writer.append(
          processesOf: chosen.batch, rows: chosen.rows, startedBefore: chosen.batch.exitTimes[Int(first)])
      }
      for container in meta.containers(of: chosen.batch, rows: chosen.rows) {
        writer.append(containerJSON: container, time: chosen.firstBeginning)
      }
      if let last = chosen.rows.last {
        for loss in meta.losses(until: chosen.batch.exitTimes[Int(last)]) {
          writer.append(lossOf: loss.count, from: loss.from, to: loss.to, cpu: loss.cpu)
        }
      }
      // A part of the chunk at a time, so that what is made of it does not stand in memory whole.
      for start in stride(from: 0, to: chosen.rows.count, by: ScapExport.step) {
        writer.append(chosen.batch, rows: chosen.rows[start..<min(start + ScapExport.step, chosen.rows.count)])
        try writer.takeOutput(pieces: ScapExport.piece) { try sink.write($0) { try write($0, progress) } }
      }
      return true
    }
    var report = Report(progress: progress, events: 0, leftOut: 0)
    if isBegun {
      for loss in meta.losses(until: Int64.max) {
        writer.append(lossOf: loss.count, from: loss.from, to: loss.to, cpu: loss.cpu)
      }
      writer.finish()
      try writer.takeOutput(pieces: ScapExport.piece) { try sink.write($0) { try write($0, progress) } }
      try sink.finish { try write($0, progress) }
      report.events = writer.events
      report.leftOut = writer.leftOut
    }
    return report
  }
}

/// What a scan hands over: the events of a chunk that are selected.
private struct ChosenEvents: Sendable {
  var batch: EventBatch
  var rows: [UInt32]

  /// When the call began that began first.
  var firstBeginning: Int64 {
    rows.lazy.map { row in
      let latency = batch.latencies[Int(row)]
      return batch.exitTimes[Int(row)] &- (latency == EventBatch.missing ? 0 : max(latency, 0))
    }.min() ?? 0
  }
}
