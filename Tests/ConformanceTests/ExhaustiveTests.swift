import CaptureFile
import CaptureFormat
import EventBatch
import TestSupport
import Testing

/// What holds for every byte and every bit of a file, tried with each of them.
@Suite("Every byte and bit of a small capture")
struct ExhaustiveTests {
  @Test("Every prefix holds just its whole chunks and states")
  func everyPrefix() throws {
    let capture = try TinyCapture()
    let file = try ChangingFile(capture.bytes)
    let firstSchemaEnd = capture.ends[1].end
    for length in (0..<capture.bytes.count).reversed() {
      try file.truncate(to: length)
      guard length >= firstSchemaEnd else {
        let error = #expect(throws: CaptureError.self) { _ = try CaptureReader(path: file.path) }
        #expect(error?.kind == .refused, "prefix of \(length) bytes")
        continue
      }
      let reader = try CaptureReader(path: file.path)
      let chunks = try capture.chunks(in: reader)
      #expect(chunks == Array(0..<capture.whole(.chunk, within: length)), "prefix of \(length) bytes")
      let states = try capture.states(in: reader)
      #expect(states == Array(0..<capture.whole(.state, within: length)), "prefix of \(length) bytes")
      #expect(reader.losses.count == capture.whole(.loss, within: length), "prefix of \(length) bytes")
      let readable = capture.ends.last { $0.end <= length }?.end ?? 0
      #expect(!reader.isComplete && reader.damagedBytes == UInt64(length - readable), "prefix of \(length) bytes")
    }
  }

  private static let shares = 8

  /// Each share takes every eighth byte, so that they run side by side. Of each byte one bit is flipped, one after the
  /// other; all of them when `REEL_EXHAUSTIVE` is set.
  @Test("A flipped bit is seen and costs one chunk or state at most", arguments: 0..<shares)
  func everyBit(share: Int) throws {
    let capture = try TinyCapture()
    let file = try ChangingFile(capture.bytes)
    for position in stride(from: share, to: capture.bytes.count, by: ExhaustiveTests.shares) {
      for bit in isExhaustive ? Array(0..<8) : [position / 8 % 8] {
        try file.put([capture.bytes[position] ^ 1 << UInt8(bit)], at: position)
        let reader = try CaptureReader(path: file.path)
        let verification = try reader.verify()
        let chunks = try capture.chunks(in: reader)
        let states = try capture.states(in: reader)
        let lost = (chunks.map { 2 - $0.count } ?? 99) + (states.map { 2 - $0.count } ?? 99)
        if lost > 1 || verification.isWhole {
          Issue.record("bit \(bit) of byte \(position): \(lost) lost, whole: \(verification.isWhole)")
        }
        #expect(reader.lossCount == 1 || lost == 0, "bit \(bit) of byte \(position)")
      }
      try file.put([capture.bytes[position]], at: position)
    }
  }

  private static let fillers: [[UInt8]] = [
    [0], [0xC5], [0xC5, 0x52, 0x46, 0x4D, 0x10, 0x80, 0, 1], Array("\u{89}REEL\r\n\u{1A}".utf8), Array("text\n".utf8),
  ]

  @Test("Bytes behind the end hide nothing", arguments: fillers)
  func bytesBehindTheEnd(filler: [UInt8]) throws {
    let capture = try TinyCapture()
    let file = try ChangingFile(capture.bytes)
    for count in 1...70 {
      try file.put([filler[(count - 1) % filler.count]], at: capture.bytes.count + count - 1)
      let reader = try CaptureReader(path: file.path)
      #expect(try capture.chunks(in: reader) == [0, 1] && capture.states(in: reader) == [0, 1], "\(count) bytes")
      #expect(try reader.damagedBytes == UInt64(count) && !reader.verify().isWhole, "\(count) bytes")
    }
  }
}
