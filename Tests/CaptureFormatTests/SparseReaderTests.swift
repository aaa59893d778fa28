import BinaryCoding
import EventBatch
import EventSchema
import TestSupport
import Testing

@testable import CaptureFormat

/// Values that are picked from a column are those that the whole column has at their places.
@Suite struct SparseReaderTests {
  private static func read(
    _ encoding: ColumnEncoding, _ missing: MissingRows, _ bytes: [UInt8], rows: Int, at places: [UInt32]
  ) throws -> [Int64]? {
    let entry = ColumnDirectory.Entry(
      key: .core(.results), rows: rows, encoding: encoding, missing: missing, isByType: false, block: 1, offset: 0,
      length: bytes.count, repeated: nil)
    let padded = bytes + [UInt8](repeating: 0xFF, count: BitPacking.slack)
    return try padded.withUnsafeBytes { padded in
      try SparseReader.read(entry, UnsafeRawBufferPointer(rebasing: padded[..<bytes.count]), at: places)
    }
  }

  private static let atOnce: Set<ColumnEncoding> = [.fixed, .planes, .packed, .dictionary]

  @Test(arguments: 0..<ColumnEncodingTests.writers.count, UInt64(1)...6)
  func picksAreThoseOfTheColumn(index: Int, seed: UInt64) throws {
    let (encoding, write) = ColumnEncodingTests.writers[index]
    var random = SeededGenerator(seed: seed)
    for column in ColumnEncodingTests.columns(seed: seed) {
      let absent = seed % 2 == 0 ? [] : column.indices.filter { _ in random.oneIn(3) }.map { UInt32($0) }
      let skipped = Set(absent)
      let present = column.indices.filter { !skipped.contains(UInt32($0)) }.map { column[$0] }
      if present.isEmpty { continue }
      var buffer = ByteBuffer()
      let missing = MissingRowsCoding.write(absent, rows: column.count, into: &buffer)
      present.withUnsafeBufferPointer { write($0, &buffer) }
      let bytes = buffer.array()
      let places = (0..<random.below(40)).map { _ in UInt32(random.below(column.count)) }
      let found = try Self.read(encoding, missing, bytes, rows: column.count, at: places)
      if missing != .runs { #expect((found != nil) == Self.atOnce.contains(encoding), "\(encoding)") }
      let expected = places.map { skipped.contains($0) ? EventBatch.missing : column[Int($0)] }
      if let found { #expect(found == expected, "\(encoding)") }

      // What is damaged is refused, or read as something else; it is never read beyond.
      var damaged = bytes
      for _ in 0..<1 + random.below(3) {
        damaged[random.below(damaged.count)] = UInt8(truncatingIfNeeded: random.next())
      }
      if random.oneIn(3) { damaged.removeLast(random.below(damaged.count)) }
      do {
        let found = try Self.read(encoding, missing, damaged, rows: column.count, at: places)
        if let found { #expect(found.count == places.count) }
      } catch {
        #expect(error is MalformedBytes)
      }
    }
  }

  /// Events are found among those of their type as when all are counted.
  @Test(arguments: [1, 3, 6, 7, 40], UInt64(1)...4)
  func fewRowsHaveTheirRanks(typeCount: Int, seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let count = [1, 50, 3000, 70_000][Int(seed) - 1]
    let types = (0..<count).map { _ in UInt16(random.below(typeCount) * 3 + 1) }
    var numbers: [UInt16: UInt32] = [:]
    for type in types { numbers[type, default: 0] += 1 }
    let counts = numbers.sorted { $0.key < $1.key }.map { (type: EventTypeID(rawValue: $0.key), count: $0.value) }
    let ranks = try TypeOrder.ranks(types, counts)
    let order = try TypeOrder(checking: types, counts: counts)
    let sorted = order.sorted((0..<count).map { Int64($0) })
    for share in [1, 4, 1000] {
      let rows = (0..<UInt32(count)).filter { _ in random.oneIn(share) }
      let few = try FewRows(rows, of: types, counts)
      #expect(few.rows == rows)
      #expect(few.ranks == rows.map { ranks[Int($0)] })
      #expect(few.places.map { sorted[Int($0)] } == rows.map { Int64($0) })
    }
    #expect(throws: MalformedBytes.self) { try FewRows([UInt32(count)], of: types, counts) }
  }
}
