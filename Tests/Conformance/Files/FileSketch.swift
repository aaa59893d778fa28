import BinaryCoding
import CaptureFile
import CaptureFormat
import Compression
import EventBatch
import EventSchema
import TestSupport

/// A file, frame by frame, and what each frame says.
struct FileSketch {
  /// A frame of the file.
  struct Frame {
    var type: UInt16
    var sequence: Int
    var range: Range<Int>
    var content: Content
  }

  private(set) var bytes = CaptureHeader.magic
  private(set) var frames: [Frame] = []
  let header: CaptureHeader
  private var sequence = 0

  /// A file that begins as every file does; frames are appended, and it has no tail.
  init(
    _ header: CaptureHeader = .test(), headerPayload: [UInt8]? = nil, schema: Schema = TestSchema.schema,
    schemaPayload: [UInt8]? = nil
  ) {
    self.header = header
    for _ in 0..<2 {
      append(0x8001, headerPayload ?? header.encoded())
      append(0x8002, schemaPayload ?? SchemaFrame.encode(schema, BlockCompression(.zstd, level: 19)))
    }
  }

  /// A whole file as the recorder writes it.
  init(
    _ header: CaptureHeader = .test(), schema: Schema = TestSchema.schema, options: WriterOptions = WriterOptions(),
    recorded content: [Content]
  ) throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    var writer = try CaptureWriter(path: path, header: header, schema: schema, options: options)
    for item in content {
      switch item {
      case .chunk(let batch): try writer.append(batch)
      case .loss(let loss): try writer.append(loss)
      case .state(let state): try writer.append(state)
      case .containers(let containers): try writer.append(containers)
      case .attachment(let attachment): try writer.append(attachment)
      case .annotation(let annotation): try writer.append(annotation)
      case .seal(let seal): try writer.append(.seal, payload: seal.encoded())
      case .custody(let custody): try writer.append(.custody, payload: custody.encoded(.none))
      case .rollup: continue  // the writer counts for itself
      case .other: preconditionFailure("a writer writes what it knows")
      }
    }
    _ = try writer.finish()
    self.header = header
    bytes = try readFile(path)
    frames = FileSketch.frames(of: bytes, content)
  }

  /// Lists the frames of a whole file; chunks, losses and states are those given, in their order.
  private static func frames(of bytes: [UInt8], _ content: [Content]) -> [Frame] {
    var frames: [Frame] = []
    var left = content[...]
    var offset = 8
    while offset < bytes.count {
      let type = UInt16(bytes[offset + 4]) | UInt16(bytes[offset + 5]) << 8
      let length = (0..<4).reduce(0) { $0 | Int(bytes[offset + 8 + $1]) << (8 * $1) }
      let end = offset + 32 + (length + 7) / 8 * 8
      let isContent = [0x8010, 0x20, 0x21, 0x22, 0x23, 0x30, 0x40, 0x41, 0x52].contains(type)
      let item = isContent ? left.removeFirst() : .other
      frames.append(Frame(type: type, sequence: frames.count, range: offset..<end, content: item))
      offset = end
    }
    precondition(left.isEmpty)
    return frames
  }

  /// Appends a frame.
  mutating func append(_ type: UInt16, _ payload: [UInt8], _ content: Content = .other, flags: UInt8 = 0) {
    var padded = payload
    padded.pad(to: 8)
    var frame: [UInt8] = [0xC5, 0x52, 0x46, 0x4D]
    frame.append(integer: type)
    frame += [flags, 1]
    frame.append(integer: UInt32(payload.count))
    frame.append(integer: UInt32(flags))  // reserved
    frame.append(integer: UInt64(sequence))
    frame.append(integer: CRC32C.checksum(header.fileID + padded))
    frame.append(integer: CRC32C.checksum(header.fileID + frame))
    let start = bytes.count
    bytes += frame + padded
    frames.append(Frame(type: type, sequence: sequence, range: start..<bytes.count, content: content))
    sequence += 1
  }

  /// Appends a chunk as it is sketched.
  mutating func append(_ chunk: ChunkSketch, showing batch: EventBatch? = nil) {
    append(0x8010, chunk.payload(fileID: header.fileID), .chunk(batch ?? chunk.batch))
  }

  /// Appends a batch, plainly.
  mutating func append(_ batch: EventBatch) { append(ChunkSketch(batch)) }

  /// Leaves off a frame and all behind it.
  mutating func cut(atFrame frame: Int) {
    bytes.removeLast(bytes.count - frames[frame].range.lowerBound)
    sequence = frames[frame].sequence
    frames.removeLast(frames.count - frame)
  }

  /// Leaves out sequence numbers, as when frames are gone.
  mutating func skip(_ frames: Int) { sequence += frames }
}
