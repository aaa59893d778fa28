import BinaryCoding
import CaptureFormat

/// What stands next in a capture: what a program sees that reads it from front to back and trusts nothing.
enum FrameStep {
  /// A frame that is what was written, and its payload.
  case whole(Frame, payload: [UInt8])
  /// A frame whose payload does not match its checksum.
  case damaged(Frame, payload: [UInt8])
  /// Bytes that belong to no frame.
  case noFrame(Range<UInt64>)
  /// A frame of which the file does not hold the end: an interrupted write.
  case cutOff(Frame)

  /// The bytes that it takes in the file.
  func range(in size: UInt64) -> Range<UInt64> {
    switch self {
    case .whole(let frame, _), .damaged(let frame, _): frame.offset..<frame.end
    case .noFrame(let range): range
    case .cutOff(let frame): frame.offset..<size
    }
  }
}

/// Goes through all bytes of a capture in their order, frame by frame. Holds one frame in memory.
struct FrameStream {
  private let fileID: FileID
  private let size: UInt64
  private var walk: FrameWalk
  /// Where the next frame should begin.
  private(set) var offset: UInt64
  /// The least sequence number that the next frame may have.
  private(set) var sequence: UInt64 = 0

  init(_ file: InputFile, _ fileID: FileID) {
    self.fileID = fileID
    size = file.size
    walk = FrameWalk(file, fileID)
    offset = min(UInt64(CaptureHeader.magic.count), size)
  }

  /// The next frame, or what stands in the place of one; `nil` at the end of the file.
  mutating func next() throws(CaptureError) -> FrameStep? {
    if offset >= size { return nil }
    guard let frame = try frame(at: offset) else {
      let found = try walk.next(from: offset + 8, sequence: sequence)
      defer { offset = found?.offset ?? size }
      return .noFrame(offset..<(found?.offset ?? size))
    }
    sequence = frame.header.sequence + 1
    guard frame.header.isWhole(at: frame.offset, in: size) else {
      offset = size
      return .cutOff(frame)
    }
    var payload = try walk.payload(of: frame)
    let isWhole = frame.header.matches(payload, fileID: fileID)
    payload.removeLast(payload.count - frame.header.length)
    offset = frame.end
    if isWhole { return .whole(frame, payload: payload) }
    // Where bytes are missing from the frame, another one begins before its end.
    if offset < size, try self.frame(at: offset) == nil,
      let found = try walk.next(from: frame.payloadOffset, sequence: sequence), found.offset < offset
    {
      offset = found.offset
      return .noFrame(frame.offset..<found.offset)
    }
    return .damaged(frame, payload: payload)
  }

  private mutating func frame(at offset: UInt64) throws(CaptureError) -> Frame? {
    guard let frame = try walk.frame(at: offset), frame.header.sequence >= sequence else { return nil }
    return frame
  }
}
