import CaptureFormat
import Compression
import EventSchema

/// What every file begins with, and its tail repeats.
struct FileStart {
  let header: CaptureHeader
  let fileID: FileID
  let headerPayload: [UInt8]
  let schemaPayload: [UInt8]

  /// The frames that `write` writes.
  static let frames: UInt64 = 4

  init(_ header: CaptureHeader, _ fileID: FileID, _ schema: Schema, _ options: WriterOptions) {
    self.header = header
    self.fileID = fileID
    headerPayload = header.encoded()
    schemaPayload = SchemaFrame.encode(schema, .schema(of: options.codec))
  }

  init(_ header: CaptureHeader, _ fileID: FileID, _ headerPayload: [UInt8], _ schemaPayload: [UInt8]) {
    self.header = header
    self.fileID = fileID
    self.headerPayload = headerPayload
    self.schemaPayload = schemaPayload
  }

  /// Header and schema, each twice.
  var frontFrames: [(type: FrameType, payload: [UInt8])] {
    let once: [(type: FrameType, payload: [UInt8])] = [(.header, headerPayload), (.schema, schemaPayload)]
    return once + once
  }

  /// Magic, and the frames of the front.
  func write(to file: inout OutputFile) throws(CaptureError) {
    try file.write(CaptureHeader.magic)
    for (index, frame) in frontFrames.enumerated() {
      try file.write(frame.type, sequence: UInt64(index), frame.payload[...], fileID)
    }
  }
}

extension OutputFile {
  /// Appends a frame.
  mutating func write(
    _ type: FrameType, sequence: UInt64, _ payload: ArraySlice<UInt8>, _ fileID: FileID
  ) throws(CaptureError) {
    let frame: [UInt8]
    do {
      frame = try FrameHeader.frame(type, sequence: sequence, payload: payload, fileID: fileID)
    } catch {
      throw CaptureError(.failed, error.description, path: path, offset: bytesWritten)
    }
    try write(frame)
  }
}
