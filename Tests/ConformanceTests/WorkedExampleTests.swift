import Foundation
import TestSupport
import Testing

/// The worked example of `formats/capture.md` is the file `tiny`, byte for byte.
@Suite("The worked example")
struct WorkedExampleTests {
  @Test("Every byte of it stands in the document, at its place")
  func everyByteIsShown() throws {
    let document = try String(contentsOfFile: "\(root)/formats/capture.md", encoding: .utf8)
    let bytes = try readFile("\(root)/formats/conformance/tiny.reel")
    // An offset of four digits, then bytes, then words behind a bar.
    let example = /^ {4}(?<offset>[0-9A-F]{4})  (?<bytes>(?:[0-9A-F]{2} )*[0-9A-F]{2}) *\|.*$/
    var next = 0
    for line in document.split(separator: "\n") {
      guard let match = line.wholeMatch(of: example) else { continue }
      let offset = try #require(Int(match.offset, radix: 16))
      let shown = try match.bytes.split(separator: " ").map { try #require(UInt8($0, radix: 16)) }
      if offset != next {
        // What the document leaves out is the second copy of header and schema, which begin with the first frame.
        let copy = Array(bytes[8..<next])
        #expect(offset == next + copy.count && differsInFrameHeaders(Array(bytes[next..<offset]), copy))
      }
      try #require(offset + shown.count <= bytes.count)
      #expect(Array(bytes[offset..<offset + shown.count]) == shown, "at \(match.offset)")
      next = offset + shown.count
    }
    #expect(next == bytes.count)
  }

  /// Two copies of the same frames differ in sequence numbers and header checks alone.
  private func differsInFrameHeaders(_ copy: [UInt8], _ original: [UInt8]) -> Bool {
    let differing = copy.indices.filter { copy[$0] != original[$0] }
    let schema = original.count - (original.lastRange(of: [0xC5, 0x52, 0x46, 0x4D])?.lowerBound ?? 0)
    let starts = [0, original.count - schema]
    return differing.allSatisfy { place in
      starts.contains { (16..<24).contains(place - $0) || (28..<32).contains(place - $0) }
    }
  }
}

extension [UInt8] {
  fileprivate func lastRange(of other: [UInt8]) -> Range<Int>? {
    indices.reversed().first { self[$0...].starts(with: other) }.map { $0..<$0 + other.count }
  }
}
