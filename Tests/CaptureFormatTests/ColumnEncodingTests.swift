import BinaryCoding
import TestSupport
import Testing

@testable import CaptureFormat

@Suite struct ColumnEncodingTests {
  typealias Writer = @Sendable (UnsafeBufferPointer<Int64>, inout ByteBuffer) -> Void

  static let writers: [(ColumnEncoding, Writer)] = [
    (.fixed, { ValueWriter.fixed($0, into: &$1) }),
    (.planes, { ValueWriter.planes($0, into: &$1) }),
    (.planeDeltas, { ValueWriter.planeDeltas($0, into: &$1) }),
    (.packed, { ValueWriter.packed($0, into: &$1) }),
    (.packedDeltas, { ValueWriter.packedDeltas($0, into: &$1) }),
    (.variable, { ValueWriter.variable($0, into: &$1) }),
    (.variableDeltas, { ValueWriter.variableDeltas($0, into: &$1) }),
    (.runs, { ValueWriter.runs($0, into: &$1) }),
    (
      .dictionary,
      {
        var dictionary = ValueDictionary()
        _ = dictionary.fill($0, limit: ValueDictionary.mostValues)
        dictionary.write($0, nested: $0.count % 2 == 0 ? .packed : .fixed, into: &$1)
      }
    ),
  ]

  static func columns(seed: UInt64) -> [[Int64]] {
    var random = SeededGenerator(seed: seed)
    func column(_ count: Int, _ value: (Int) -> Int64) -> [Int64] { (0..<count).map(value) }
    return [
      [0], [.min], [.max, .min], column(1000) { _ in 7 },
      column(300) { Int64($0) * 600 + Int64(random.below(200)) },
      column(257) { _ in Int64(bitPattern: random.next()) },
      column(640) { _ in random.oneIn(100) ? Int64(bitPattern: random.next()) : Int64(random.below(900)) },
      column(128) { _ in [Int64.min, .max, 0, -1][random.below(4)] },
      column(129) { Int64($0 / 40) }, column(500) { _ in -Int64(random.below(1 << 33)) },
      // Of each width in bytes.
      column(70) { Int64(random.below(1 << 15)) * Int64($0) }, column(71) { _ in Int64(random.below(1 << 23)) },
      column(72) { _ in Int64(random.below(1 << 39)) }, column(73) { _ in Int64(random.below(1 << 47)) },
      column(74) { _ in Int64(random.below(1 << 55)) },
    ]
  }

  private func read(_ encoding: ColumnEncoding, _ bytes: [UInt8], count: Int) throws -> [Int64] {
    var values = [Int64](repeating: 0x5555, count: count)
    let padded = bytes + [UInt8](repeating: 0xFF, count: BitPacking.slack)
    try padded.withUnsafeBytes { padded in
      try values.withUnsafeMutableBufferPointer { target in
        try ValueReader.read(encoding, UnsafeRawBufferPointer(rebasing: padded[..<bytes.count]), into: target)
      }
    }
    return values
  }

  @Test(arguments: 0..<writers.count, UInt64(1)...4)
  func everyEncodingBringsValuesBack(index: Int, seed: UInt64) throws {
    let (encoding, write) = ColumnEncodingTests.writers[index]
    for column in ColumnEncodingTests.columns(seed: seed) {
      var buffer = ByteBuffer()
      column.withUnsafeBufferPointer { write($0, &buffer) }
      #expect(try read(encoding, buffer.array(), count: column.count) == column)
    }
  }

  @Test(arguments: 0..<writers.count, UInt64(0)..<40)
  func damagedColumnsAreRefusedOrFilled(index: Int, seed: UInt64) {
    let (encoding, write) = ColumnEncodingTests.writers[index]
    var random = SeededGenerator(seed: seed)
    let columns = ColumnEncodingTests.columns(seed: seed)
    let column = columns[random.below(columns.count)]
    var buffer = ByteBuffer()
    column.withUnsafeBufferPointer { write($0, &buffer) }
    var bytes = buffer.array()
    for _ in 0..<1 + random.below(4) { bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next()) }
    if random.oneIn(3) { bytes.removeLast(random.below(bytes.count)) }
    // Whatever comes out, it is a column of the size that was asked for, or an error.
    let damaged = bytes
    do {
      let values = try read(encoding, damaged, count: column.count)
      #expect(values.count == column.count)
    } catch {
      #expect(error is MalformedBytes)
    }
  }

  @Test(arguments: 0..<writers.count)
  func aColumnMustUseAllItsBytes(index: Int) {
    let (encoding, write) = ColumnEncodingTests.writers[index]
    let column: [Int64] = [1, 2, 3, 900]
    var buffer = ByteBuffer()
    column.withUnsafeBufferPointer { write($0, &buffer) }
    let bytes = buffer.array()
    #expect(throws: MalformedBytes.self) { try read(encoding, bytes + [0], count: 4) }
    #expect(throws: MalformedBytes.self) { try read(encoding, Array(bytes.dropLast()), count: 4) }
  }

  @Test(arguments: UInt64(1)...6)
  func theChosenEncodingBringsValuesBack(seed: UInt64) throws {
    var encoder = ColumnEncoder(.none)
    for round in 0..<3 {
      for (index, column) in ColumnEncodingTests.columns(seed: seed &+ UInt64(round)).enumerated() {
        var buffer = ByteBuffer()
        let encoding = column.withUnsafeBufferPointer {
          encoder.encode(.argument(.init(rawValue: 1), index, part: 0), $0, into: &buffer)
        }
        #expect(try read(encoding, buffer.array(), count: column.count) == column)
      }
    }
  }

  @Test(arguments: [[], [0], [0, 1, 2], [9], [3, 4, 7], Array(stride(from: UInt32(0), to: 400, by: 2))])
  func missingRowsComeBack(missing: [UInt32]) throws {
    let rows = max(10, Int(missing.last ?? 0) + 2)
    var values = (0..<rows).map { Int64($0) }
    MissingRowsCoding.remove(missing, from: &values)
    #expect(values.count == rows - missing.count)
    var buffer = ByteBuffer()
    let kind = MissingRowsCoding.write(missing, rows: rows, into: &buffer)
    let bytes = buffer.array()
    try bytes.withUnsafeBytes { bytes in
      var cursor = ByteCursor(bytes)
      let read = try MissingRowsCoding.read(kind, rows: rows, &cursor)
      #expect(read == missing && cursor.remaining == 0)
    }
    var spread = values + [Int64](repeating: 0, count: missing.count)
    spread.withUnsafeMutableBufferPointer { MissingRowsCoding.spread(missing, filler: -1, in: $0) }
    #expect(spread == (0..<rows).map { missing.contains(UInt32($0)) ? -1 : Int64($0) })
  }
}
