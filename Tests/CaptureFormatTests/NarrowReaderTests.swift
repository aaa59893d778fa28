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

  /// Other forms are unpacked, and spread where a bitmap says which rows have no value.
  @Test(arguments: 0..<ColumnEncodingTests.writers.count, UInt64(1)...12)
  func otherFormsAreSpread(index: Int, seed: UInt64) throws {
    let (encoding, write) = ColumnEncodingTests.writers[index]
    var random = SeededGenerator(seed: seed)
    let rows = 100 + random.below(500)
    let column = (0..<rows).map { _ in random.oneIn(3) ? nil : Int64(random.below(60_000)) }
    var buffer = ByteBuffer()
    let missing = MissingRowsCoding.write(
      column.indices.filter { column[$0] == nil }.map { UInt32($0) }, rows: rows, into: &buffer)
    try #require(missing == .bitmap)
    column.compactMap(\.self).withUnsafeBufferPointer { write($0, &buffer) }
    let bytes = buffer.array()
    let entry = Self.entry(encoding, missing, rows: rows, length: bytes.count)
    let values = try Self.read(bytes, entry)
    if [.dictionary, .packed, .packedDeltas, .variable].contains(encoding) { #expect(values != nil) }
    if let values { #expect(values == column.map { $0.map { UInt32($0) } ?? UInt32.max }) }

    var damaged = bytes
    for _ in 0..<1 + random.below(4) { damaged[random.below(damaged.count)] = UInt8(truncatingIfNeeded: random.next()) }
    do {
      if let values = try Self.read(damaged, entry) { #expect(values.count == rows) }
    } catch {
      #expect(error is MalformedBytes)
    }
  }

  @Test(arguments: [Int64(1) << 32, -1])
  func valuesThatDoNotFitAreRefused(value: Int64) throws {
    var buffer = ByteBuffer()
    let missing = MissingRowsCoding.write((0..<40).map { $0 * 2 }, rows: 90, into: &buffer)
    try #require(missing == .bitmap)
    ([Int64](repeating: 5, count: 49) + [value]).withUnsafeBufferPointer { ValueWriter.packed($0, into: &buffer) }
    let bytes = buffer.array()
    #expect(throws: MalformedBytes.self) {
      try Self.read(bytes, Self.entry(.packed, missing, rows: 90, length: bytes.count))
    }
  }

  @Test(arguments: [0, 7, 65_535, 4_294_967_295, 4_294_967_296, -1] as [Int64], [MissingRows.none, .runs])
  func columnsOfOneValue(value: Int64, missing: MissingRows) throws {
    let absent: [UInt32] = missing == .none ? [] : [0, 1, 2, 30, 31]
    var buffer = ByteBuffer()
    try #require(MissingRowsCoding.write(absent, rows: 90, into: &buffer) == missing)
    buffer.append(zigzag: value)
    let bytes = buffer.array()
    let entry = Self.entry(.constant, missing, rows: 90, length: bytes.count)
    guard let fitting = UInt32(exactly: value) else {
      #expect(throws: MalformedBytes.self) { try Self.read(bytes, entry) }
      return
    }
    let expected = (0..<90).map { absent.contains($0) ? UInt32.max : fitting }
    #expect(try Self.read(bytes, entry) == expected)
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
