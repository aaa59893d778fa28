import BinaryCoding
import CaptureFormat

/// A frame and its place in a file.
struct Frame {
  var offset: UInt64
  var header: FrameHeader

  var payloadOffset: UInt64 { offset + UInt64(FrameHeader.byteCount) }
  var end: UInt64 { offset + UInt64(header.frameBytes) }
}

/// Finds frames of one file.
struct FrameWalk {
  private let file: InputFile
  private let fileID: FileID
  /// What was read last: frames of a tail and small frames stand close together.
  private var window: [UInt8] = []
  private var windowOffset: UInt64 = 0

  private static let windowBytes = 1 << 16
  private static let scanBytes = 1 << 20
  private static let leastScanBytes = 1 << 10

  init(_ file: InputFile, _ fileID: FileID) {
    self.file = file
    self.fileID = fileID
  }

  /// The frame at a position, `nil` when there is none of this file.
  mutating func frame(at offset: UInt64) throws(CaptureError) -> Frame? {
    let bytes = try small(at: offset, count: FrameHeader.byteCount)
    // No number follows the greatest, so that no file has a frame of that number.
    guard let header = bytes.withUnsafeBytes({ FrameHeader($0, fileID: fileID) }), header.sequence < .max else {
      return nil
    }
    return Frame(offset: offset, header: header)
  }

  /// A frame's payload and the zeros behind it.
  func payload(of frame: Frame) throws(CaptureError) -> [UInt8] {
    try file.bytes(at: frame.payloadOffset, count: frame.header.frameBytes - FrameHeader.byteCount)
  }

  /// A few bytes, from what was read last if they are there.
  mutating func small(at offset: UInt64, count: Int) throws(CaptureError) -> ArraySlice<UInt8> {
    if offset < windowOffset || offset + UInt64(count) > windowOffset + UInt64(window.count) {
      // Only the start of a frame is wanted of most; what is read besides pays off where frames are small.
      window = try file.bytes(at: offset, count: max(count, min(FrameWalk.windowBytes, 8192)))
      windowOffset = offset
    }
    let start = Int(offset - windowOffset)
    return window[min(start, window.count)..<min(start + count, window.count)]
  }

  /// The next frame of this file behind some damage, with a sequence number that is still to come: frames of this very
  /// file may stand in payloads, but only older ones.
  ///
  /// - Parameters:
  ///   - limit: where the search ends; `nil` for the end of the file.
  ///   - isWhole: whether the frame must end within the file.
  func next(
    from offset: UInt64, sequence: UInt64, to limit: UInt64? = nil, isWhole: Bool = false
  ) throws(CaptureError) -> Frame? {
    var start = (offset + 7) / 8 * 8
    // Most gaps are short, and a file may be made of gaps: what is read grows with the gap.
    var window = FrameWalk.leastScanBytes
    let end = min(limit ?? file.size, file.size)
    while start + UInt64(FrameHeader.byteCount) <= end {
      let bytes = try file.bytes(at: start, count: min(window, Int(end - start)))
      let found: Frame? = bytes.withUnsafeBytes { bytes in
        var position = 0
        while position + FrameHeader.byteCount <= bytes.count {
          if FrameHeader.hasMark(bytes, at: position),
            let header = FrameHeader(UnsafeRawBufferPointer(rebasing: bytes[position...]), fileID: fileID),
            header.sequence >= sequence, header.sequence < .max,
            !isWhole || header.isWhole(at: start + UInt64(position), in: file.size)
          {
            return Frame(offset: start + UInt64(position), header: header)
          }
          position += 8
        }
        return nil
      }
      if let found { return found }
      // The last headers of this window may be cut: the next window begins with them.
      start += UInt64(window - FrameHeader.byteCount)
      window = min(window * 4, FrameWalk.scanBytes)
    }
    return nil
  }
}

extension FrameHeader {
  /// Whether the frame ends within the file.
  func isWhole(at offset: UInt64, in size: UInt64) -> Bool { offset + UInt64(frameBytes) <= size }

  /// Whether a payload and its padding are what was written.
  func matches(_ payload: [UInt8], fileID: FileID) -> Bool {
    payload.withUnsafeBytes { matches(payloadAndPadding: $0, fileID: fileID) }
  }
}

extension [UInt8] {
  /// Lends the first bytes to a function that may throw.
  func prefixBytes<Value>(
    _ count: Int, _ use: (UnsafeRawBufferPointer) throws(MalformedBytes) -> Value
  ) throws(MalformedBytes) -> Value {
    try withBytes { (bytes) throws(MalformedBytes) in
      guard count <= bytes.count else { throw MalformedBytes("the frame is cut off") }
      return try use(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
    }
  }
}
