import BinaryCoding
import CaptureFile
import CaptureFormat
import EventBatch
import TestSupport

@testable import Seals

/// A small capture that is sealed behind every second chunk and at its end.
struct SealedCapture {
  static let key = SigningKey()
  let bytes: [UInt8]

  init(key: SigningKey = SealedCapture.key, chunks: Int = 6) throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    var options = WriterOptions()
    options.seals = OftenMaker(key: key)
    var writer = try CaptureWriter(path: path, header: .test(), schema: TestSchema.schema, options: options)
    var generator = BatchGenerator(seed: 11)
    for index in 0..<chunks {
      try writer.append(generator.next(events: 9))
      if index == 1 { try writer.append(LossRecord(cause: .nested, cpu: nil, count: 5, from: 1, to: 2)) }
    }
    _ = try writer.finish()
    bytes = try readFile(path)
  }

  /// Where each frame begins and ends.
  var frames: [(header: FrameHeader, range: Range<Int>)] { SealedCapture.frames(bytes) }

  static func frames(_ bytes: [UInt8]) -> [(header: FrameHeader, range: Range<Int>)] {
    guard let id = FileID(CaptureHeader.test().fileID) else { return [] }
    var frames: [(FrameHeader, Range<Int>)] = []
    var offset = CaptureHeader.magic.count
    bytes.withUnsafeBytes { bytes in
      while offset < bytes.count,
        let header = FrameHeader(UnsafeRawBufferPointer(rebasing: bytes[offset...]), fileID: id)
      {
        frames.append((header, offset..<offset + header.frameBytes))
        offset += header.frameBytes
      }
    }
    return frames
  }

  /// The seals of a file, checked with a key.
  static func check(_ bytes: [UInt8], _ key: CheckingKey = SealedCapture.key.checkingKey) throws -> SealCheck {
    let path = temporaryPath()
    defer { removeFile(path) }
    try writeFile(path, bytes)
    let reader = try CaptureReader(path: path)
    var check = SealCheck(key, fileID: reader.header.fileID)
    _ = try reader.verify(frame: { type, sequence, payload in
      check.take(type, sequence: sequence, payload: payload)
      if type == .custody, let custody = try? reader.custody(decoding: payload) { check.take(custody) }
    })
    check.finish()
    return check
  }
}

/// Seals more often than a recorder does, at times that are told.
struct OftenMaker: SealMaker {
  let key: SigningKey
  func sealer(fileID: [UInt8]) -> any FrameSealer {
    Often(inner: FileSealer(key, fileID: fileID) { 1_700_000_000_000_000_000 })
  }

  private struct Often: FrameSealer {
    var inner: FileSealer
    var chunks = 0
    mutating func take(_ type: FrameType, sequence: UInt64, payload: ArraySlice<UInt8>) {
      if type == .chunk { chunks += 1 }
      inner.take(type, sequence: sequence, payload: payload)
    }
    var isDue: Bool { chunks >= 2 }
    mutating func seal(isLast: Bool) -> [UInt8] {
      chunks = 0
      return inner.seal(isLast: isLast)
    }
  }
}

extension EventSelection {
  /// Every event, chunk by chunk.
  static let all = EventSelection(
    from: nil, to: nil, columns: ColumnSelection(core: [.exitTimes], arguments: .none, payloads: false),
    mayMatch: { _ in true }, rows: { batch, _ in Array(0..<UInt32(batch.count)) }, stateRows: nil)
}
