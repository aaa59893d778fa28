import BinaryCoding
import CaptureFormat
import EventBatch

extension CaptureReader {
  /// Reads the whole file: every checksum, every block, every reference; whether heads and indexes say what the events
  /// say, and the tail what all of them say.
  ///
  /// Holds one chunk in memory, and what the summary needs.
  ///
  /// - Parameters:
  ///   - counting: what a rollup of this program counts; `nil`: rollups are not compared with the events.
  ///   - progress: is told the bytes that were looked at.
  ///   - frame: is shown each frame that is what was written: its type, sequence number and payload.
  /// - Throws: when the file cannot be read at all; damage is part of the result.
  public func verify(
    counting: (any RollupCounting)? = nil, progress: (UInt64) -> Void = { _ in },
    frame: (FrameType, UInt64, [UInt8]) -> Void = { _, _, _ in }
  ) throws(CaptureError) -> CaptureVerification {
    var check = CaptureCheck(self, counting)
    try check.run(progress, frame)
    return check.result
  }
}

/// The walk through a file that `verify` is.
private struct CaptureCheck: ~Copyable {
  private let reader: CaptureReader
  private var stream: FrameStream
  private var tail: TailCheck
  private var front: (header: [UInt8]?, schema: [UInt8]?)
  private var order = ChunkOrder()
  /// Whether the frame before is a loss that speaks of missing frames.
  private var isBehindDamage = false
  private(set) var result = CaptureVerification()

  init(_ reader: CaptureReader, _ counting: (any RollupCounting)?) {
    self.reader = reader
    stream = FrameStream(reader.file, reader.fileID)
    tail = TailCheck(reader, counting)
  }

  mutating func run(
    _ progress: (UInt64) -> Void, _ show: (FrameType, UInt64, [UInt8]) -> Void
  ) throws(CaptureError) {
    let magic = try reader.file.bytes(at: 0, count: CaptureHeader.magic.count)
    if magic != CaptureHeader.magic {
      result.note("the first bytes are not those of a capture file", at: 0, bytes: UInt64(magic.count))
    }
    var sequence: UInt64 = 0
    while let step = try stream.next() {
      let range = step.range(in: reader.size)
      let bytes = UInt64(range.count)
      switch step {
      case .noFrame: result.note("\(bytes) bytes belong to no frame", at: range.lowerBound, bytes: bytes)
      case .cutOff(let frame):
        result.note("the file ends inside a frame (\(frame.header.type.name))", at: range.lowerBound, bytes: bytes)
      case .damaged(let frame, _):
        noteGap(frame, &sequence, isExplained: isBehindDamage)
        isBehindDamage = false
        result.note(
          "a frame (\(frame.header.type.name)) does not match its checksum", at: range.lowerBound, bytes: bytes)
        order.lossesAreUncertain()
      case .whole(let frame, let payload):
        let saysDamage = frame.header.type == .loss && payload.first == LossCause.damaged.rawValue
        noteGap(frame, &sequence, isExplained: isBehindDamage || saysDamage)
        isBehindDamage = saysDamage
        result.frames += 1
        show(frame.header.type, frame.header.sequence, payload)
        do throws(MalformedBytes) {
          try take(frame, payload)
        } catch {
          result.note("\(frame.header.type.name): \(error)", at: range.lowerBound, bytes: bytes)
        }
      }
      progress(stream.offset)
    }
    if !result.isComplete { result.note("the file has no footer", at: reader.size) }
    if result.isComplete, result.damagedBytes == 0 { tail.compare(&result) }
  }

  /// - Parameter isExplained: whether a loss beside the gap says what is missing: whoever recovered the file knew it.
  private mutating func noteGap(_ frame: Frame, _ sequence: inout UInt64, isExplained: Bool) {
    let missing = frame.header.sequence - sequence
    sequence = frame.header.sequence + 1
    if missing == 0 { return }
    order.lossesAreUncertain()
    if isExplained { return }
    result.note(missing == 1 ? "a frame is not there" : "\(missing) frames are not there", at: frame.offset)
  }

  private mutating func take(_ frame: Frame, _ payload: [UInt8]) throws(MalformedBytes) {
    if result.isComplete { result.note("a frame stands behind the footer", at: frame.offset) }
    try payload.withBytes { (bytes) throws(MalformedBytes) in
      switch frame.header.type {
      case .header:
        let header = try CaptureHeader(decoding: bytes)
        if header != reader.header || front.header.map({ $0 != payload }) ?? false {
          result.note("a copy of the header differs", at: frame.offset)
        }
        front.header = front.header ?? payload
        tail.begin(at: frame.offset)
      case .schema:
        _ = try SchemaFrame.decode(bytes, reader.decompression)
        if let first = front.schema, first != payload { result.note("a copy of the schema differs", at: frame.offset) }
        front.schema = front.schema ?? payload
      case .loss:
        let loss = try LossRecord(decoding: bytes)
        tail.add(loss)
        order.add(loss)
        result.lost &+= loss.count
      case .chunk: try takeChunk(bytes, frame)
      case .state: try takeState(bytes, frame.offset)
      case .summaryPage: try tail.takePage(frame, bytes, &result)
      default: try tail.take(frame, bytes)
      }
    }
    if frame.header.type == .footer { takeFooter(payload, frame) }
    if !frame.header.type.isKnown, frame.header.type.isCritical {
      result.note("this program does not know the critical frame type \(frame.header.type.name)", at: frame.offset)
    }
  }

  private mutating func takeChunk(_ payload: UnsafeRawBufferPointer, _ frame: Frame) throws(MalformedBytes) {
    let head = try ChunkHead.checked(payload: payload, fileID: reader.fileID)
    let batch = try decode(payload, head)
    for wrong in head.contradictions(with: batch) + order.contradictions(of: head) {
      result.note("\(wrong), in the chunk of events \(head.firstNumber) to \(head.lastNumber)", at: frame.offset)
    }
    tail.add(head, ChunkFacts(batch), frame, payload)
    tail.count(batch)
    result.soundChunks += 1
    result.events += UInt64(batch.count)
  }

  private mutating func takeState(_ payload: UnsafeRawBufferPointer, _ offset: UInt64) throws(MalformedBytes) {
    let (entry, head, chunk) = try StateEntry.checked(payload, offset: offset, fileID: reader.fileID)
    let batch = try decode(chunk, head)
    for wrong in head.contradictions(with: batch) { result.note("\(wrong), in \(entry.what)", at: offset) }
    tail.add(entry)
    result.soundStates += 1
  }

  private func decode(_ payload: UnsafeRawBufferPointer, _ head: ChunkHead) throws(MalformedBytes) -> EventBatch {
    let batch = try ChunkLayout.decode(
      payload: payload, head: head, selection: .all, schema: reader.schema, names: reader.names, reader.decompression)
    do throws(BatchViolation) {
      try batch.checkInvariants()
    } catch {
      throw MalformedBytes(error.description)
    }
    return batch
  }

  private mutating func takeFooter(_ payload: [UInt8], _ frame: Frame) {
    result.isComplete = true
    // file id, 16 bytes | length u64 | tail u64
    guard payload.count >= 32 else { return result.note("the footer is too short", at: frame.offset) }
    let (length, start) = payload.withUnsafeBytes { bytes in
      (
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self))
      )
    }
    if length != frame.end { result.note("the footer says another length of the file", at: frame.offset) }
    if start != tail.start { result.note("the footer says another start of the tail", at: frame.offset) }
  }
}

/// What chunks promise about those before them.
private struct ChunkOrder {
  private var lastNumber: UInt64 = 0
  private var lastExit = Int64.min
  private var lost: UInt64 = 0
  private var lostInAll: UInt64 = 0
  private var isCertain = true

  mutating func add(_ loss: LossRecord) {
    // The heads were written before anything was found to be damaged.
    if loss.cause == .damaged { return lossesAreUncertain() }
    lost &+= loss.count
    lostInAll &+= loss.count
  }

  /// Frames are not there; some of them may have been losses.
  mutating func lossesAreUncertain() { isCertain = false }

  mutating func contradictions(of head: ChunkHead) -> [String] {
    var wrong: [String] = []
    if head.firstNumber <= lastNumber { wrong.append("the numbers do not ascend from chunk to chunk") }
    if head.leastExit < lastExit { wrong.append("an event returned before one of the chunk before") }
    if isCertain, head.lost != lost || head.lostInAll != lostInAll {
      wrong.append("the head counts other losses than the frames in front of it")
    }
    (lastNumber, lastExit) = (head.lastNumber, head.greatestExit)
    (lost, lostInAll, isCertain) = (0, head.lostInAll, true)
    return wrong
  }
}
