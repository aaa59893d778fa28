import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema
import ScapFormat

/// Writes a `.scap` file as a capture, in one pass and bounded memory.
///
/// This is also how questions about `.scap` files are answered: they are converted to a file without a name, which then
/// has chunks with heads, indexes and columns like every capture. The conversion costs about what reading the file once
/// costs, and whatever is asked afterwards, in whatever order and from however many cores, needs no replay.
public struct ScapConversion {
  /// What was converted.
  public struct Report: Sendable {
    /// What was written.
    public var totals: CaptureTotals
    /// The events of the file, beginnings of calls counted.
    public var events: UInt64
    /// Why the rest of the file could not be read; `nil` when all of it was.
    public var damage: ScapError?
  }

  /// What the header of the capture names as its writer.
  public var writerName: String
  /// How the capture is written.
  public var options: WriterOptions

  /// A conversion.
  public init(writerName: String, options: WriterOptions) {
    self.writerName = writerName
    self.options = options
  }

  /// Converts an open file.
  ///
  /// - Parameters:
  ///   - descriptor: the file, at its beginning.
  ///   - path: where the capture goes; `-` is standard output.
  ///   - progress: is told how many bytes of the file were read.
  /// - Throws: `ScapError` when nothing of the file can be read; `CaptureError` when writing fails.
  public func convert(
    descriptor: Int32, to path: String, progress: (UInt64) -> Void = { _ in }
  ) throws -> Report {
    var input = try ScapImport(descriptor: descriptor)
    var batch = try input.nextBatch()
    let started = batch?.exitTimes.first ?? input.machine?.bootTime ?? 0
    var writer = try CaptureWriter(
      path: path, header: header(input.machine, started: started), schema: input.schema, options: options)
    for var part in input.initialState {
      // What was noted first may bear no time: the state is that of the first event that does.
      part.time = started
      part.rows.exitTimes = [Int64](repeating: started, count: part.rows.count)
      try writer.append(part)
    }
    let sink = ConversionSink(writer, path: path)
    while let events = batch {
      try sink.append(events)
      progress(input.fileBytes)
      batch = try input.nextBatch()
    }
    let totals = try sink.finish()
    return Report(totals: totals, events: input.eventsRead, damage: input.damage)
  }

  /// What the file says of its machine. Kernel and architecture are not in it.
  private func header(_ machine: ScapMachine?, started: Int64) -> CaptureHeader {
    CaptureHeader(
      fileID: CaptureHeader.randomID(), sessionID: CaptureHeader.randomID(), hostname: machine?.hostname ?? "",
      kernelRelease: "", architecture: "", writer: writerName, started: started,
      bootTime: machine?.bootTime ?? 0, cpuCount: machine?.processors ?? 0, snapLength: 0,
      latencyMode: .exact)
  }
}
