import BinaryCoding
import EventSchema

/// What the summary frame of the tail says: the totals, and where everything is that is no chunk.
public struct SummaryFrame: Sendable {
  /// The totals.
  public var totals: CaptureSummary
  /// How many loss records there are.
  public var lossCount: Int
  /// The losses, in the order of the file; empty where there are more than `CaptureLimits.rootLosses`: then only the pages
  /// tell them.
  public var losses: [LossRecord]
  /// The parts of states, in the order of the file.
  public var states: [StateEntry]
  /// The other frames in front of the tail, in the order of the file.
  public var frames: [FrameEntry]
  /// The pages that list chunks and losses, in the order of the file.
  public var pages: [PageEntry]

  /// What a summary frame says.
  public init(
    totals: CaptureSummary, losses: LossList = LossList(), states: [StateEntry] = [], frames: [FrameEntry] = [],
    pages: [PageEntry] = []
  ) {
    self.totals = totals
    (lossCount, self.losses) = (losses.count, losses.records)
    self.states = states
    self.frames = frames
    self.pages = pages
  }
}

/// The losses of a file as its summary tells them: one by one while they are few.
public struct LossList: Sendable, Hashable {
  /// How many records there are.
  public private(set) var count = 0
  /// The records; empty when there are more than `CaptureLimits.rootLosses`.
  public private(set) var records: [LossRecord] = []

  /// No losses.
  public init() {}

  /// Takes a record in.
  public mutating func append(_ loss: LossRecord) {
    count += 1
    if count <= CaptureLimits.rootLosses { records.append(loss) } else { records = [] }
  }
}

// The content of a summary frame: sections, each: tag, length, content. Unknown sections are skipped.
//
//     1  totals        started, ended (zigzag) | events | chunks | threads | processes | objects
//     2  losses        number of causes | each: cause u8, events | number of records | each: 32 bytes as in a loss frame;
//                      the records are left out when there are more than `CaptureLimits.rootLosses`
//     3  containers    as in a container frame
//     4  types         number | each: type | events
//     5  states        number | each: see `StateEntry`; left out when there are none
//     6  other frames  number | each: see `FrameEntry`; left out when there are none
//     7  pages         number | each: see `PageEntry`
extension SummaryFrame {
  private enum Section: UInt64 {
    case totals = 1
    case losses = 2
    case containers = 3
    case types = 4
    case states = 5
    case frames = 6
    case pages = 7
  }

  /// The payload of a summary frame.
  public func encoded(_ compression: BlockCompression) -> [UInt8] {
    var raw = ByteBuffer(capacity: 4096)
    section(.totals, &raw) { output in
      output.append(zigzag: totals.started)
      output.append(zigzag: totals.ended)
      for value in [totals.events, UInt64(totals.chunkCount), totals.threads, totals.processes, totals.objects] {
        output.append(varint: value)
      }
    }
    section(.losses, &raw) { output in
      output.append(varint: UInt64(totals.lostByCause.count))
      for (cause, count) in totals.lostByCause {
        output.append(cause.rawValue)
        output.append(varint: count)
      }
      output.append(varint: UInt64(lossCount))
      for loss in losses { output.append(contentsOf: loss.encoded()) }
    }
    section(.containers, &raw) { ContainerInfo.write(totals.containers, into: &$0) }
    section(.types, &raw) { output in
      output.append(varint: UInt64(totals.typeCounts.count))
      for (type, count) in totals.typeCounts {
        output.append(varint: UInt64(type.rawValue))
        output.append(varint: count)
      }
    }
    if !states.isEmpty { section(.states, &raw) { StateEntry.write(states, into: &$0) } }
    if !frames.isEmpty { section(.frames, &raw) { FrameEntry.write(frames, into: &$0) } }
    section(.pages, &raw) { PageEntry.write(pages, into: &$0) }
    return CompressedPayload.encode(raw.bytes, compression)
  }

  private func section(_ section: Section, _ raw: inout ByteBuffer, content: (inout ByteBuffer) -> Void) {
    var output = ByteBuffer()
    content(&output)
    raw.append(varint: section.rawValue)
    raw.append(counted: output.bytes)
  }

  /// What the payload of a summary frame says.
  public init(
    decoding payload: UnsafeRawBufferPointer, _ decompression: BlockDecompression
  ) throws(MalformedBytes) {
    let raw = try CompressedPayload.decode(payload, limit: CaptureLimits.chunkBytes, decompression)
    self = try raw.decoded { (cursor) throws(MalformedBytes) in
      var frame = SummaryFrame(totals: CaptureSummary())
      while cursor.remaining > 0 {
        let tag = try cursor.varint()
        var content = ByteCursor(try cursor.counted(upTo: CaptureLimits.chunkBytes, "the length of a section"))
        guard let section = Section(rawValue: tag) else { continue }
        try frame.read(section, &content)
      }
      try frame.check()
      return frame
    }
  }

  private mutating func read(_ section: Section, _ cursor: inout ByteCursor) throws(MalformedBytes) {
    switch section {
    case .totals:
      totals.started = try cursor.zigzag()
      totals.ended = try cursor.zigzag()
      totals.events = try cursor.varint()
      totals.chunkCount = try cursor.count(upTo: Int(Int32.max), "the number of chunks")
      totals.threads = try cursor.varint()
      totals.processes = try cursor.varint()
      totals.objects = try cursor.varint()
    case .losses:
      for _ in 0..<(try cursor.count(upTo: min(256, cursor.remaining / 2), "the number of causes of losses")) {
        let cause = LossCause(rawValue: try cursor.integer(UInt8.self)) ?? .other
        totals.lostByCause.append((cause, try cursor.varint()))
      }
      lossCount = try cursor.count(upTo: Int(Int32.max), "the number of losses")
      if lossCount <= CaptureLimits.rootLosses {
        for _ in 0..<lossCount { losses.append(try LossRecord(decoding: try cursor.take(LossRecord.byteCount))) }
      }
    case .containers: totals.containers = try ContainerInfo.read(&cursor)
    case .types:
      let count = try cursor.count(upTo: cursor.remaining, "the number of event types")
      for _ in 0..<count {
        let type = try cursor.count(upTo: 65_535, "an event type")
        totals.typeCounts.append((EventTypeID(rawValue: UInt16(type)), try cursor.varint()))
      }
    case .states: states = try StateEntry.read(&cursor)
    case .frames: frames = try FrameEntry.read(&cursor)
    case .pages: pages = try PageEntry.read(&cursor)
    }
  }

  /// Whether totals and pages agree.
  private mutating func check() throws(MalformedBytes) {
    totals.lost = totals.lostByCause.reduce(0) { $0 &+ $1.count }
    let chunks = pages.reduce(0) { $0 + $1.chunks }
    let losses = pages.reduce(0) { $0 + $1.losses }
    let events = pages.reduce(UInt64(0)) { $0 &+ $1.bounds.events }
    guard chunks == totals.chunkCount, losses == lossCount, events == totals.events else {
      throw MalformedBytes("the totals of the summary are not those of its pages")
    }
  }
}
