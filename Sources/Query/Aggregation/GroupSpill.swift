import CaptureFile

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Groups of a scan that do not fit into memory: parts of it, each sorted by the bytes of keys, in a temporary file.
///
/// A record of a group, and one for each different value that a group has in an aggregate that counts these, in runs of their own:
///
///     keyLength  4 bytes                    keyLength  4 bytes
///     key        keyLength                  key        keyLength
///     place      8 bytes, when it was       value      as a part of a key
///                seen first
///     states     one for each aggregate
struct GroupSpill: Sendable {
  private let file: SpillFile
  private let keyNames: [String]
  private let functions: [Aggregate.Function]
  private var runs: [SpillFile.Run] = []
  /// For each aggregate that counts different values its runs of these.
  private var valueRuns: [Int: [SpillFile.Run]] = [:]
  /// How many groups of parts there were: a group's place is counted from here, so that places say what was seen first.
  private var placesBefore: UInt64 = 0
  private var end = 0

  /// - Throws: when no temporary file can be made.
  init(_ table: GroupTable) throws(CaptureError) {
    file = try SpillFile()
    keyNames = table.keyNames
    functions = table.functions
  }

  /// Adds the groups of the next part of the scan.
  mutating func add(_ table: GroupTable) throws(CaptureError) {
    let order = table.orderOfKeyBytes()
    var writer = SpillWriter(file, at: end)
    for group in order {
      let place = placesBefore + UInt64(group)
      try writer.append { bytes in
        GroupSpill.append(table.keyBytes(of: group), to: &bytes)
        withUnsafeBytes(of: place) { bytes.append(contentsOf: $0) }
        for column in table.columns { column.state(of: group).append(to: &bytes) }
      }
    }
    try finish(writer) { $0.runs.append($1) }
    for (index, column) in table.columns.enumerated() {
      guard case .distinct(let sets) = column else { continue }
      var writer = SpillWriter(file, at: end)
      for group in order {
        var values = sets[group].map { value in
          var bytes: [UInt8] = []
          value.appendKey(to: &bytes)
          return bytes
        }
        values.sort { one, other in one.withUnsafeBytes { a in other.withUnsafeBytes { isBefore(a, $0) } } }
        for value in values {
          try writer.append { bytes in
            GroupSpill.append(table.keyBytes(of: group), to: &bytes)
            bytes.append(contentsOf: value)
          }
        }
      }
      try finish(writer) { $0.valueRuns[index, default: []].append($1) }
    }
    placesBefore += UInt64(table.count)
  }

  private mutating func finish(
    _ writer: consuming SpillWriter, _ note: (inout GroupSpill, SpillFile.Run) -> Void
  ) throws(CaptureError) {
    let run = try writer.finish()
    note(&self, run)
    end = run.end
  }

  private static func append(_ key: ArraySlice<UInt8>, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: UInt32(key.count)) { bytes.append(contentsOf: $0) }
    bytes.append(contentsOf: key)
  }

  /// A record, taken apart behind its key.
  private struct Record {
    var key: [UInt8]
    var rest: [UInt8]

    init(_ bytes: UnsafeRawBufferPointer) {
      let length = Int(bytes.loadUnaligned(as: UInt32.self))
      key = Array(bytes[4..<4 + length])
      rest = Array(bytes[(4 + length)...])
    }

    func isBefore(_ other: Record) -> Bool { Record.compare(key, other.key) < 0 }

    func isBeforeWithRest(_ other: Record) -> Bool {
      let order = Record.compare(key, other.key)
      return order == 0 ? Record.compare(rest, other.rest) < 0 : order < 0
    }

    private static func compare(_ one: [UInt8], _ other: [UInt8]) -> Int {
      one.withUnsafeBytes { a in other.withUnsafeBytes { order(a, $0) } }
    }
  }

  /// Puts the parts together and calls something with each group, in the order of the bytes of keys.
  /// - Parameter body: takes the group and its place: groups that were seen earlier have lower ones.
  func forEach(_ body: (_ group: GroupTable.Row, _ place: UInt64) throws -> Void) throws {
    var groups = try RunMerge(file, runs, decode: Record.init) { $0.isBefore($1) }
    var values: [Int: RunMerge<Record>] = [:]
    for (index, runs) in valueRuns {
      values[index] = try RunMerge(file, runs, decode: Record.init) { $0.isBeforeWithRest($1) }
    }
    while let record = try groups.next() {
      var (place, states) = take(record)
      while let next = groups.first, next.key == record.key {
        let (later, more) = take(next)
        // Runs that hold the same key come in the order of the scan.
        place = min(place, later)
        for (index, state) in more.enumerated() { states[index].merge(state, functions[index]) }
        _ = try groups.next()
      }
      for index in values.keys {
        states[index] = .distinct(count: try GroupSpill.countDifferent(&values[index], of: record.key))
      }
      var key = ArraySlice(record.key)
      let row = GroupTable.Row(
        key: keyNames.map { _ in FieldValue.takeKey(&key) },
        values: zip(states, functions).map { $0.value($1) })
      try body(row, place)
    }
  }

  private func take(_ record: Record) -> (place: UInt64, states: [AggregateState]) {
    var bytes = ArraySlice(record.rest)
    let place: UInt64 = bytes.takeNumber()
    return (place, functions.map { AggregateState(taking: &bytes, $0) })
  }

  /// Takes the values of a group, which stand together and in order.
  private static func countDifferent(
    _ values: inout RunMerge<Record>?, of key: [UInt8]
  ) throws(CaptureError) -> UInt64 {
    var count: UInt64 = 0
    var last: [UInt8]?
    while let value = values?.first, value.key == key {
      if value.rest != last { count += 1 }
      last = value.rest
      _ = try values?.next()
    }
    return count
  }
}

/// The order of bytes: less than 0, 0 or more, as `memcmp` says; a part comes before the whole.
private func order(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Int {
  let shared = min(one.count, other.count)
  if shared > 0, let a = one.baseAddress, let b = other.baseAddress {
    let result = memcmp(a, b, shared)
    if result != 0 { return Int(result) }
  }
  return one.count - other.count
}

/// Whether some bytes come before others.
func isBefore(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool { order(one, other) < 0 }
