import BinaryCoding
import TestSupport
import Testing

@testable import CaptureFormat

/// Columns of small numbers are read in one step: the same as in two.
@Suite struct NarrowReaderTests {
  private static func entry(_ encoding: ColumnEncoding, _ missing: MissingRows, rows: Int, length: Int)
    -> ColumnDirectory.Entry
  {
    ColumnDirectory.Entry(
      key: .core(.objects), rows: rows, encoding: encoding, missing: missing, isByType: false, block: 1, offset: 0,
      length: length, repeated: nil)
  }

  /// A value for most rows; as large as a row number of a table.
  private static func column(_ random: inout SeededGenerator, rows: Int, most: Int) -> [Int64?] {
    let share = 1 + random.below(6)
    return (0..<rows).map { _ in random.below(share) == 1 ? nil : Int64(random.below(most)) }
  }

  private static func written(_ column: [Int64?], _ encoding: ColumnEncoding) -> (bytes: [UInt8], missing: MissingRows)
  {
    var buffer = ByteBuffer()
    let absent = column.indices.filter { column[$0] == nil }.map { UInt32($0) }
    let missing = MissingRowsCoding.write(absent, rows: column.count, into: &buffer)
    column.compactMap(\.self).withUnsafeBufferPointer { values in
      if encoding == .planes {
        ValueWriter.planes(values, into: &buffer)
      } else {
        ValueWriter.planeDeltas(values, into: &buffer)
      }
    }
    return (buffer.array(), missing)
  }

  private static func read(_ bytes: [UInt8], _ entry: ColumnDirectory.Entry) throws -> [UInt32]? {
    let padded = bytes + [UInt8](repeating: 0xFF, count: BitPacking.slack)
    return try padded.withUnsafeBytes { padded in
      try NarrowReader.read(entry, UnsafeRawBufferPointer(rebasing: padded[..<bytes.count]), missing: UInt32.max)
    }
  }

  @Test(arguments: UInt64(1)...60)
  func columnsAreWhatWasWritten(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let rows = 20 + random.below(500)
    let most = [200, 60_000, 5_000_000][random.below(3)]
    let column = Self.column(&random, rows: rows, most: most)
    let (bytes, missing) = Self.written(column, .planeDeltas)
    let values = try Self.read(bytes, Self.entry(.planeDeltas, missing, rows: rows, length: bytes.count))
    // Runs of missing rows, and widths that are rare, are left to the other reader.
    if missing == .bitmap, most < 5_000_000 { #expect(values != nil) }
    if let values { #expect(values == column.map { $0.map { UInt32($0) } ?? UInt32.max }) }

    let whole = column.map { $0 ?? 3 }
    let (plain, none) = Self.written(whole, .planes)
    let narrow = try Self.read(plain, Self.entry(.planes, none, rows: rows, length: plain.count))
    if most <= 60_000 { #expect(narrow != nil) }
    if let narrow { #expect(narrow == whole.map { UInt32($0) }) }
  }

  @Test(arguments: UInt64(1)...200)
  func damageIsRefusedOrFilled(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let rows = 20 + random.below(100)
    let column = Self.column(&random, rows: rows, most: 60_000)
    var (bytes, missing) = Self.written(column, .planeDeltas)
    for _ in 0..<1 + random.below(4) { bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next()) }
    if random.oneIn(3) { bytes.removeLast(random.below(bytes.count)) }
    let entry = Self.entry(.planeDeltas, missing, rows: rows, length: bytes.count)
    do {
      if let values = try Self.read(bytes, entry) { #expect(values.count == rows) }
    } catch {
      #expect(error is MalformedBytes)
    }
  }
}
