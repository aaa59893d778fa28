import BinaryCoding
import CaptureFormat
import EventBatch
import EventSchema

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Reads a capture that is still being written, or comes through a pipe: frame by frame, as they come.
///
/// Holds one frame. Damaged bytes are passed over and counted.
public struct CaptureFollower: ~Copyable {
  /// What there is now.
  public enum Step {
    /// Events.
    case chunk(FollowedChunk)
    /// Nothing: more may come.
    case waiting
    /// The capture has its end.
    case finished
    /// The stream ended without one.
    case endOfStream
    /// The file was removed, and all that was in it was read.
    case removed
  }

  /// What the user calls the file.
  public let path: String
  /// How and where the capture is made, once its front was read.
  public private(set) var header: CaptureHeader?
  /// The event types, likewise.
  public private(set) var schema: Schema?
  /// The bytes that belong to no whole frame.
  public private(set) var damagedBytes: UInt64 = 0

  private var input: FollowedInput
  private var fileID: FileID?
  private var names: DimensionNames?
  private let decompression = BlockDecompression.all()
  /// Where the capture begins: not at the front when it stands behind another one.
  private var sectionStart: UInt64 = 0
  /// The least sequence number that the next frame may have.
  private var sequence: UInt64 = 0

  /// How far a capture's header may be from its first bytes.
  private static let frontBytes: UInt64 = 4 << 20

  /// Opens a file or a named pipe; `-` is standard input.
  ///
  /// - Throws: `CaptureError` of kind `refused` when it cannot be opened.
  public init(path: String) throws(CaptureError) {
    self.path = path == "-" ? "standard input" : path
    input = try FollowedInput(path)
  }

  /// What comes next. Does not wait for a file; waits up to 200 ms for a pipe.
  ///
  /// - Throws: `CaptureError` of kind `refused` when this is no capture, `failed` when it cannot be read.
  public mutating func next() throws(CaptureError) -> Step {
    while true {
      if let step = try nextWhole() { return step }
      switch try input.fetch() {
      case .some: continue
      case .nothingYet: return .waiting
      case .end: return input.isRegular ? .removed : .endOfStream
      }
    }
  }

  /// Goes on with a capture that stands behind the one that has ended, as `cat` puts them into a pipe. Waits for the end of
  /// the pipe or for more.
  ///
  /// - Returns: whether there is one. What is behind a file's end is that of another recording's, and not followed.
  /// - Throws: `CaptureError` of kind `failed` when it cannot be read.
  public mutating func goOnBehindEnd() throws(CaptureError) -> Bool {
    if input.isRegular { return false }
    while input.available == 0 {
      if case .end = try input.fetch() { return false }
    }
    sectionStart = input.offset
    (header, schema, fileID, names, sequence) = (nil, nil, nil, nil, 0)
    return true
  }

  /// What the bytes that are there hold; `nil` when more are needed.
  private mutating func nextWhole() throws(CaptureError) -> Step? {
    if input.offset == sectionStart {
      guard input.available >= CaptureHeader.magic.count else { return nil }
      let isCapture = input.withBytes { Array($0.prefix(CaptureHeader.magic.count)) == CaptureHeader.magic }
      guard isCapture else { throw refused("this is not a capture file", "name a file that reel record writes") }
      input.skip(CaptureHeader.magic.count)
    }
    while input.available >= FrameHeader.byteCount + 16 {
      guard let frame = frameHeader() else {
        if fileID == nil, input.offset - sectionStart > CaptureFollower.frontBytes {
          throw refused("the capture has no readable header", nil)
        }
        damagedBytes += 8
        input.skip(8)
        continue
      }
      guard input.available >= frame.frameBytes else {
        input.want(frame.frameBytes)
        return nil
      }
      sequence = frame.sequence + 1
      let step = try take(frame)
      input.skip(frame.frameBytes)
      if let step { return step }
    }
    return nil
  }

  private mutating func frameHeader() -> FrameHeader? {
    let known = fileID
    let found = input.withBytes { bytes -> (FrameHeader, FileID)? in
      guard let known else { return FrameHeader.selfDescribed(bytes, .header) }
      return FrameHeader(bytes, fileID: known).map { ($0, known) }
    }
    guard let (frame, id) = found, frame.sequence >= sequence, frame.sequence < .max else { return nil }
    fileID = id
    return frame
  }

  /// What a whole frame at the front of the bytes is, if it is something for whoever follows.
  private mutating func take(_ frame: FrameHeader) throws(CaptureError) -> Step? {
    guard let fileID else { return nil }
    let isWhole = input.withBytes { bytes in
      frame.matches(
        payloadAndPadding: UnsafeRawBufferPointer(rebasing: bytes[FrameHeader.byteCount..<frame.frameBytes]),
        fileID: fileID)
    }
    guard isWhole else {
      damagedBytes += UInt64(frame.frameBytes)
      return nil
    }
    let payload = input.withBytes { Array($0[FrameHeader.byteCount..<FrameHeader.byteCount + frame.length]) }
    do throws(MalformedBytes) {
      switch frame.type {
      case .header where header == nil:
        header = try payload.withBytes { (bytes) throws(MalformedBytes) in try CaptureHeader(decoding: bytes) }
      case .schema where schema == nil:
        let decompression = decompression
        let (schema, names) = try payload.withBytes { (bytes) throws(MalformedBytes) in
          try SchemaFrame.decode(bytes, decompression)
        }
        (self.schema, self.names) = (schema, names)
      case .chunk:
        guard let schema, let names else { return nil }
        let head = try payload.withBytes { (bytes) throws(MalformedBytes) in
          try ChunkHead.checked(payload: bytes, fileID: fileID)
        }
        return .chunk(
          FollowedChunk(
            head: head, path: path, offset: input.offset, payload: payload, schema: schema, names: names,
            decompression: decompression))
      case .footer: return .finished
      default: break
      }
    } catch {
      // An intact header of another version is no damage.
      if frame.type == .header { throw refused(error.reason, "read it with a newer version of reel") }
      damagedBytes += UInt64(frame.frameBytes)
    }
    return nil
  }

  private func refused(_ what: String, _ remedy: String?) -> CaptureError {
    CaptureError(.refused, what, path: path, offset: input.offset, remedy: remedy)
  }
}

/// A chunk that came.
public struct FollowedChunk: Sendable {
  /// What it says about itself.
  public let head: ChunkHead
  let path: String
  let offset: UInt64
  let payload: [UInt8]
  let schema: Schema
  let names: DimensionNames
  let decompression: BlockDecompression

  /// Decodes the selected columns.
  ///
  /// - Throws: `CaptureError` of kind `partlyReadable` when it makes no sense.
  public func decode(_ columns: ColumnSelection) throws(CaptureError) -> EventBatch {
    do throws(MalformedBytes) {
      return try payload.withBytes { (bytes) throws(MalformedBytes) in
        try ChunkLayout.decode(
          payload: bytes, head: head, selection: columns, schema: schema, names: names, decompression)
      }
    } catch {
      throw CaptureError(
        .partlyReadable, "the chunk of events \(head.firstNumber) to \(head.lastNumber) is damaged: \(error)",
        path: path, offset: offset, remedy: "the rest is readable")
    }
  }
}
