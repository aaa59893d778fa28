import BinaryCoding
import Testing

@Suite struct ByteCursorTests {
  @Test func valuesComeBackInOrder() throws {
    var buffer = ByteBuffer(capacity: 1)
    buffer.append(UInt32(0x0102_0304))
    buffer.append(Int64(-2))
    buffer.append(counted: "päth")
    buffer.append(zigzag: -300)
    buffer.pad(to: 8)
    #expect(buffer.count % 8 == 0)
    #expect(Array(buffer.array()[..<4]) == [4, 3, 2, 1])
    let bytes = buffer.array()
    try bytes.withUnsafeBytes { bytes in
      var cursor = ByteCursor(bytes)
      let number = try cursor.integer(UInt32.self)
      let negative = try cursor.integer(Int64.self)
      let text = try cursor.text(upTo: 5, "a text")
      let folded = try cursor.zigzag()
      #expect(number == 0x0102_0304 && negative == -2 && text == "päth" && folded == -300)
    }
  }

  @Test func readingPastTheEndIsRefused() {
    [UInt8(5), 1, 2].withUnsafeBytes { bytes in
      #expect(throws: MalformedBytes.self) {
        var cursor = ByteCursor(bytes)
        _ = try cursor.integer(UInt32.self)
      }
      #expect(throws: MalformedBytes.self) {
        var cursor = ByteCursor(bytes)
        _ = try cursor.counted(upTo: 100, "a text")
      }
      #expect(throws: MalformedBytes.self) {
        var cursor = ByteCursor(bytes)
        _ = try cursor.take(-1)
      }
    }
  }
}
