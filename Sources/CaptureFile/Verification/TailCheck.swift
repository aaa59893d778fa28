import BinaryCoding
import CaptureFormat
import EventBatch

/// Compares what the tail says with what the frames in front of it say.
struct TailCheck: ~Copyable {
  private let reader: CaptureReader
  private var builder: SummaryBuilder
  private var losses = LossList()
  private var pages: [PageEntry] = []
  /// What the next page has to say.
  private var page = SummaryPageBuilder()
  private var states: [StateEntry] = []
  private var frames: [FrameEntry] = []
  private var stored: (summary: SummaryFrame, offset: UInt64)?
  private var rollup: RollupBuilder?
  private var storedRollup: (rollup: Rollup, offset: UInt64)?
  /// Where the last copy of the header stands, with which the tail begins.
  private(set) var start: UInt64 = 0

  init(_ reader: CaptureReader, _ counting: (any RollupCounting)?) {
    self.reader = reader
    rollup = counting.map { RollupBuilder($0) }
    builder = SummaryBuilder(reader.header)
  }

  mutating func begin(at offset: UInt64) { start = offset }

  mutating func add(_ loss: LossRecord) {
    losses.append(loss)
    builder.add(loss)
    page.append(loss)
  }

  mutating func add(_ head: ChunkHead, _ facts: ChunkFacts, _ frame: Frame, _ payload: UnsafeRawBufferPointer) {
    builder.add(head, facts)
    let headBytes = Array(payload[..<head.byteCount])
    page.append(offset: frame.offset, length: frame.header.length, headBytes: headBytes[...], head)
  }

  mutating func add(_ entry: StateEntry) { states.append(entry) }

  /// Takes a frame that is no header, schema, chunk, loss or state.
  mutating func take(_ frame: Frame, _ bytes: UnsafeRawBufferPointer) throws(MalformedBytes) {
    switch frame.header.type {
    case .container: builder.add(try ContainerInfo.decodeFrame(bytes, reader.decompression))
    case .attachment: _ = try AttachedFile(decoding: bytes, reader.decompression)
    case .annotation: _ = try Annotation(decoding: bytes, reader.decompression)
    case .seal: _ = try Seal(decoding: bytes)
    case .custody: _ = try Custody(decoding: bytes, reader.decompression)
    case .rollup: storedRollup = (try Rollup(decoding: bytes, reader.decompression), frame.offset)
    case .summary: stored = (try SummaryFrame(decoding: bytes, reader.decompression), frame.offset)
    default: break
    }
    if frame.header.type.isListed {
      frames.append(FrameEntry(type: frame.header.type, offset: frame.offset, length: frame.header.length))
    }
  }

  /// Compares a page with the chunks and losses in front of it.
  mutating func takePage(
    _ frame: Frame, _ bytes: UnsafeRawBufferPointer, _ result: inout CaptureVerification
  ) throws(MalformedBytes) {
    let isSame = try page.equals(payload: bytes, reader.decompression)
    // Where something is damaged the page knows more than what is left.
    if !isSame, result.damagedBytes == 0 {
      result.note("a page of the summary does not say what the frames in front of it say", at: frame.offset)
    }
    pages.append(page.entry(offset: frame.offset, length: bytes.count, sequence: frame.header.sequence))
    page = SummaryPageBuilder()
  }

  /// Counts the events of a chunk for the rollup.
  mutating func count(_ batch: EventBatch) { rollup?.add(batch) }

  /// A rollup must say what a scan counts. One with other counters than this program has is another program's.
  private func compareRollup(_ result: inout CaptureVerification) {
    guard let storedRollup, let counted = rollup?.rollup,
      storedRollup.rollup.counters.map(\.key) == counted.counters.map(\.key)
    else { return }
    if storedRollup.rollup != counted {
      result.note("the rollup does not say what a scan counts", at: storedRollup.offset)
    }
  }

  /// Compares the totals.
  mutating func compare(_ result: inout CaptureVerification) {
    compareRollup(&result)
    guard let stored else { return result.note("the tail has no summary", at: start) }
    let counted = SummaryFrame(
      totals: builder.summary, losses: losses, states: states, frames: frames, pages: pages)
    if stored.summary.encoded(.none) == counted.encoded(.none) { return }
    let (said, truth) = (stored.summary.totals, counted.totals)
    for (name, said, truth) in [
      ("start", said.started, truth.started), ("end", said.ended, truth.ended),
      ("number of events", Int64(clamping: said.events), Int64(clamping: truth.events)),
      ("number of lost events", Int64(clamping: said.lost), Int64(clamping: truth.lost)),
      ("number of chunks", Int64(said.chunkCount), Int64(truth.chunkCount)),
      ("number of threads", Int64(clamping: said.threads), Int64(clamping: truth.threads)),
      ("number of processes", Int64(clamping: said.processes), Int64(clamping: truth.processes)),
      ("number of objects", Int64(clamping: said.objects), Int64(clamping: truth.objects)),
    ] where said != truth {
      result.note("the summary says that the \(name) is \(said), and it is \(truth)", at: stored.offset)
    }
    for (name, isWrong) in [
      ("the losses", stored.summary.losses != counted.losses), ("the states", stored.summary.states != states),
      ("the other frames", stored.summary.frames != frames),
      ("the pages", stored.summary.pages != pages), ("the containers", said.containers != truth.containers),
      ("the events by type", !said.typeCounts.elementsEqual(truth.typeCounts) { $0 == $1 }),
    ] where isWrong {
      result.note("the summary does not list \(name) that are there", at: stored.offset)
    }
  }
}
