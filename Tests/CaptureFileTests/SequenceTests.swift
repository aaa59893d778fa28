import CaptureFile
import CaptureFormat
import TestSupport
import Testing

/// Sequence numbers that no writer gives.
@Suite struct SequenceTests {
  /// The greatest number has no successor: such a frame is none.
  @Test(arguments: [UInt64.max, UInt64.max - 1])
  func theGreatestNumberDoesNotCrash(sequence: UInt64) throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    let capture = try SmallCapture()
    let id = try #require(FileID(CaptureHeader.test().fileID))
    let frames = capture.frames
    let tail = try #require(frames.dropFirst(4).first { $0.type == .header }).range.lowerBound
    let loss = LossRecord(cause: .nested, cpu: nil, count: 1, from: 0, to: 0).encoded()
    let forged = try FrameHeader.frame(.loss, sequence: sequence, payload: loss[...], fileID: id)
    try writeFile(path, Array(capture.bytes[..<tail]) + forged)
    let reader = try CaptureReader(path: path)
    #expect(try capture.survivors(of: reader) == Array(0..<4))
    #expect(reader.damagedBytes == (sequence == .max ? UInt64(forged.count) : 0))
    #expect(reader.lossCount == (sequence == .max ? 1 : 2))
    _ = try reader.verify()
  }
}
