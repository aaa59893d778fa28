import BinaryCoding
import CaptureFormat
import EventBatch

/// A frame as a program that rewrites captures takes it in.
struct RewriteItem {
  /// What the frame holds.
  enum Content {
    case chunk(ChunkHead)
    case state(StatePrefix, ChunkHead)
    case loss(LossRecord)
    case containers([ContainerInfo])
    /// A page of the summary among the chunks; one that is damaged leaves its place to another.
    case page(isWhole: Bool)
    /// Anything else that is no part of front or tail, of types that this program does not know, too.
    case other
  }

  var content: Content
  var type: FrameType
  /// The frame's number in its file, or that of the frame in whose place a loss stands.
  var sequence: UInt64
  /// Where it stands; `nil` for a loss that was put in the place of what is damaged.
  var offset: UInt64?
  var payload: [UInt8]

  /// The chunk in the payload of a chunk or state.
  var chunkPayload: ArraySlice<UInt8> {
    if case .state = content { return payload[StatePrefix.byteCount...] }
    return payload[...]
  }
}

/// A part of a file that could not be read.
public struct DroppedBytes: Sendable, Hashable {
  /// Where in the file, in bytes from its start.
  public let offset: UInt64
  /// How many bytes.
  public let length: UInt64
  /// What they were, as far as that is known.
  public let what: String
}

/// Gives the frames of a capture in their order, without those of front and tail, which every file gets anew. Where frames
/// are damaged or missing, it gives a loss in their place: no program that rewrites captures can hide one.
///
/// Holds one frame in memory.
struct RewriteInput {
  let reader: CaptureReader
  private var stream: FrameStream
  /// The first parts that could not be read.
  private(set) var dropped: [DroppedBytes] = []
  /// How many there are in all.
  private(set) var droppedCount = 0
  private(set) var droppedBytes: UInt64 = 0
  /// Losses that were put in the place of what is damaged.
  private(set) var losses: [LossRecord] = []
  private var gap = DamagedStretch()
  private var numbering = EventNumbering()
  /// The number that the next frame has when none is missing; those of the front are written anew.
  private var expected = CaptureWriter.frontFrames
  private var isBehindDamage = false
  private var isInTail = false
  private var queued: RewriteItem?
  /// The chunk that was found by looking ahead, or that there is none, and up to where that is so.
  private var ahead: (head: ChunkHead?, offset: UInt64)?

  /// How many dropped parts are listed at most.
  static let mostDropped = 1000

  init(_ reader: CaptureReader) {
    self.reader = reader
    stream = FrameStream(reader.file, reader.fileID)
  }

  /// Where the next frame begins.
  var offset: UInt64 { stream.offset }

  /// The next frame; `nil` at the end.
  mutating func next() throws(CaptureError) -> RewriteItem? {
    if let item = queued {
      queued = nil
      return note(item)
    }
    while let step = try stream.next() {
      switch step {
      case .noFrame(let range):
        drop(range, "bytes that belong to no frame")
        gap.hasUnknownBytes = true
      case .damaged(let frame, let payload): drop(frame, payload, in: step)
      case .cutOff(let frame): drop(frame, try beginning(of: frame), in: step)
      case .whole(let frame, let payload):
        guard let item = try item(frame, payload) else {
          if let loss = lossBeforeTail(frame) { return loss }
          continue
        }
        let loss = try lossBefore(frame, item)
        guard let loss else { return note(item) }
        queued = item
        return loss
      }
    }
    return try lossAtEnd()
  }

  /// Keeps account of a frame that is handed out.
  private mutating func note(_ item: RewriteItem) -> RewriteItem {
    expected = item.sequence + 1
    gap = DamagedStretch()
    isBehindDamage = false
    switch item.content {
    case .chunk(let head): numbering.add(head)
    case .loss(let loss) where loss.cause == .damaged:
      isBehindDamage = true
      numbering.expectGap()
    default: break
    }
    return item
  }

  // MARK: Frames

  /// What a whole frame is; `nil` for those of front and tail. A frame whose content makes no sense is dropped.
  private mutating func item(_ frame: Frame, _ payload: [UInt8]) throws(CaptureError) -> RewriteItem? {
    let type = frame.header.type
    if type.isOfFrontOrTail { return nil }
    if type == .summaryPage, isInTail { return nil }
    if !type.isKnown, type.isCritical {
      throw CaptureError(
        .refused, "the file holds frames of type \(type.name), which this program does not know",
        path: reader.file.path, offset: frame.offset, remedy: "use a newer version of reel")
    }
    do throws(MalformedBytes) {
      let content = try payload.withBytes { (bytes) throws(MalformedBytes) -> RewriteItem.Content in
        switch type {
        case .chunk: return .chunk(try ChunkHead.checked(payload: bytes, fileID: reader.fileID))
        case .state:
          let (_, head, _) = try StateEntry.checked(bytes, offset: frame.offset, fileID: reader.fileID)
          return .state(try StatePrefix(decoding: bytes), head)
        case .loss: return .loss(try LossRecord(decoding: bytes))
        case .container: return .containers(try ContainerInfo.decodeFrame(bytes, reader.decompression))
        case .summaryPage: return .page(isWhole: true)
        default: return .other
        }
      }
      return RewriteItem(
        content: content, type: type, sequence: frame.header.sequence, offset: frame.offset, payload: payload)
    } catch {
      drop(frame, payload, in: .damaged(frame, payload: payload))
      return nil
    }
  }

  /// As much of a frame as the file has.
  private func beginning(of frame: Frame) throws(CaptureError) -> [UInt8] {
    let there = reader.size - min(reader.size, frame.payloadOffset)
    return try reader.file.bytes(at: frame.payloadOffset, count: min(Int(clamping: there), frame.header.length))
  }

  private mutating func drop(_ frame: Frame, _ payload: [UInt8], in step: FrameStep) {
    let head = frame.header.type == .chunk ? ChunkHead.atStart(of: payload, fileID: reader.fileID) : nil
    // Header and schema of the front are written anew: they stand in no gap.
    if frame.header.sequence >= expected { gap.frames.append((frame.header.type, head)) }
    let what = head.map { "the chunk of events \($0.firstNumber) to \($0.lastNumber)" }
    drop(step.range(in: reader.size), what ?? "a frame (\(frame.header.type.name))")
  }

  private mutating func drop(_ range: Range<UInt64>, _ what: String) {
    droppedCount += 1
    droppedBytes += UInt64(range.count)
    if dropped.count < RewriteInput.mostDropped {
      dropped.append(DroppedBytes(offset: range.lowerBound, length: UInt64(range.count), what: what))
    }
  }

  /// Counts a frame that was handed out and could not be made sense of as dropped. A loss says so where it held events.
  mutating func drop(_ item: RewriteItem, _ error: CaptureError) -> LossRecord? {
    let start = item.offset ?? 0
    drop(start..<start + UInt64(FrameHeader.frameBytes(item.payload.count)), error.what)
    guard case .chunk(let head) = item.content else { return nil }
    let loss = LossRecord(
      cause: .damaged, cpu: nil, count: UInt64(head.count), from: head.leastExit, to: head.greatestExit)
    losses.append(loss)
    return loss
  }

  // MARK: Losses

  /// A loss for the frames that are missing in front of one.
  private mutating func lossBefore(_ frame: Frame, _ item: RewriteItem) throws(CaptureError) -> RewriteItem? {
    // Of what was missing already when a capture was recovered, its loss speaks.
    guard item.sequence > expected, !gap.isEmpty || !isBehindDamage && !item.isDamageLoss else { return nil }
    var next: ChunkHead?
    if case .chunk(let head) = item.content { next = head } else { next = try nextHead() }
    return loss(missing: item.sequence - expected, next: next)
  }

  /// A loss for the frames that are missing in front of the tail, if this is its first frame.
  private mutating func lossBeforeTail(_ frame: Frame) -> RewriteItem? {
    guard frame.header.type.isOfFrontOrTail, frame.header.sequence >= CaptureWriter.frontFrames, !isInTail else {
      return nil
    }
    isInTail = true
    // The tail begins with a header; where the schema is the first that is left of it, the header is missing, too.
    let first = frame.header.sequence - (frame.header.type == .schema ? 1 : 0)
    guard first > expected, !gap.isEmpty || !isBehindDamage else { return nil }
    return loss(missing: first - expected, next: nil)
  }

  /// A loss for what the file ends with.
  private mutating func lossAtEnd() throws(CaptureError) -> RewriteItem? {
    defer { gap = DamagedStretch() }
    guard !gap.isEmpty, !isInTail else { return nil }
    return loss(missing: UInt64(max(gap.frames.count, 1)), next: nil)
  }

  private mutating func loss(missing: UInt64, next: ChunkHead?) -> RewriteItem? {
    if gap.isOfTail(missing: missing) { return nil }
    if gap.isPage(missing: missing) {
      let item = RewriteItem(
        content: .page(isWhole: false), type: .summaryPage, sequence: expected, offset: nil, payload: [])
      return note(item)
    }
    let known = gap.events(missing: missing)
    let exact = known.isExact ? known.least : isBehindDamage ? nil : numbering.missing(before: next)
    let from = numbering.lastExit ?? reader.header.started
    let loss = LossRecord(
      cause: .damaged, cpu: nil, count: exact ?? known.least, isCountKnown: exact != nil, from: from,
      to: max(next?.leastExit ?? from, from))
    losses.append(loss)
    return note(
      RewriteItem(content: .loss(loss), type: .loss, sequence: expected, offset: nil, payload: loss.encoded()))
  }

  /// The head of the next whole chunk. All looks ahead together read the file once.
  private mutating func nextHead() throws(CaptureError) -> ChunkHead? {
    if let ahead, stream.offset <= ahead.offset { return ahead.head }
    var further = stream
    while let step = try further.next() {
      guard case .whole(let frame, let payload) = step, frame.header.type == .chunk else { continue }
      if let head = ChunkHead.atStart(of: payload, fileID: reader.fileID) {
        ahead = (head, frame.offset)
        return head
      }
    }
    ahead = (nil, reader.size)
    return nil
  }
}

extension RewriteItem {
  fileprivate var isDamageLoss: Bool {
    if case .loss(let loss) = content { return loss.cause == .damaged }
    return false
  }
}

extension ChunkHead {
  /// The head with which a payload begins, if it is whole: what is damaged may stand behind it.
  static func atStart(of payload: [UInt8], fileID: FileID) -> ChunkHead? {
    guard payload.count >= 8 else { return nil }
    let length = Int(UInt32(littleEndian: payload.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }))
    guard length <= payload.count, length <= CaptureLimits.headBytes else { return nil }
    return ChunkHead.checked(Array(payload.prefix(length)), fileID: fileID)
  }
}
