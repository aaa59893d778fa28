import BinaryCoding
import EventSchema

/// What the summary frame of the tail says: the totals, and where everything is that is no chunk.
public struct SummaryFrame: Sendable {
  /// The totals.
  public var totals: CaptureSummary
  /// The losses, in the order of the file.
  public var losses: [LossRecord]
  /// The parts of states, in the order of the file.
  public var states: [StateEntry]
  /// The other frames in front of the tail, in the order of the file.
  public var frames: [FrameEntry]

  /// What a summary frame says.
  public init(
    totals: CaptureSummary, losses: [LossRecord] = [], states: [StateEntry] = [], frames: [FrameEntry] = []
  ) {
    self.totals = totals
    self.losses = losses
    self.states = states
    self.frames = frames
  }
}

// The content of a summary frame: sections, each: tag, length, content. Unknown sections are skipped.
//
//     1  totals        started, ended (zigzag) | events | chunks | threads | processes | objects
//     2  losses        number | each: 32 bytes as in a loss frame
//     3  containers    as in a container frame
//     4  types         number | each: type | events
//     5  states        number | each: see `StateEntry`; left out when there are none
//     6  other frames  number | each: see `FrameEntry`; left out when there are none
extension SummaryFrame {
  private enum Section: UInt64 {
    case totals = 1
    case losses = 2
    case containers = 3
    case types = 4
    case states = 5
    case frames = 6
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
      output.append(varint: UInt64(losses.count))
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
      frame.totals.setLosses(frame.losses)
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
      let count = try cursor.count(upTo: cursor.remaining / LossRecord.byteCount, "the number of losses")
      for _ in 0..<count { losses.append(try LossRecord(decoding: try cursor.take(LossRecord.byteCount))) }
    case .containers: totals.containers = try ContainerInfo.read(&cursor)
    case .types:
      let count = try cursor.count(upTo: cursor.remaining, "the number of event types")
      for _ in 0..<count {
        let type = try cursor.count(upTo: 65_535, "an event type")
        totals.typeCounts.append((EventTypeID(rawValue: UInt16(type)), try cursor.varint()))
      }
    case .states: states = try StateEntry.read(&cursor)
    case .frames: frames = try FrameEntry.read(&cursor)
    }
  }
}

extension CaptureSummary {
  fileprivate mutating func setLosses(_ losses: [LossRecord]) {
    var causes: [LossCause: UInt64] = [:]
    for loss in losses { causes[loss.cause, default: 0] &+= loss.count }
    lost = causes.values.reduce(0, &+)
    lostByCause = causes.sorted { $0.key.rawValue < $1.key.rawValue }.map { ($0.key, $0.value) }
  }
}
