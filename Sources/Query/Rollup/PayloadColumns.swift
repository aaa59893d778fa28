import EventBatch
import EventSchema

/// The payloads of a batch: the column of each type that holds them is looked up once.
struct PayloadColumns {
  private let batch: EventBatch
  private var columns: [UInt16: ArgumentColumn?] = [:]
  private var last: (type: UInt16, column: ArgumentColumn?)?

  init(_ batch: EventBatch) { self.batch = batch }

  /// Whether an event's payload begins with one of some texts.
  mutating func begins(_ row: Int, with prefixes: [[UInt8]]) -> Bool {
    guard let payload = payload(row) else { return false }
    return prefixes.contains { payload.count >= $0.count && payload.prefix($0.count).elementsEqual($0) }
  }

  /// Whether an event's payload holds one of some words.
  mutating func holds(_ row: Int, _ words: WordSearch) -> Bool { payload(row).map(words.isIn) ?? false }

  private mutating func payload(_ row: Int) -> ArraySlice<UInt8>? {
    let type = batch.types[row]
    if last?.type != type { last = (type, column(of: type)) }
    guard let column = last?.column, row < batch.ranks.count else { return nil }
    let rank = Int(batch.ranks[row])
    // A payload that is missing is an empty range.
    return rank < column.values.count ? column.bytes(at: rank) : nil
  }

  private mutating func column(of type: UInt16) -> ArgumentColumn? {
    if let known = columns[type] { return known }
    var found: ArgumentColumn?
    if let layout = batch.schema.type(EventTypeID(rawValue: type)).map({ TypeLayout($0, in: batch) }),
      let parameter = layout.type.parameters.firstIndex(where: { $0.type == .bytes }), layout.entry >= 0
    {
      let columns = batch.arguments[layout.entry].columns
      let index = layout.columns[parameter]
      if index >= 0, index < columns.count, columns[index].isPresent { found = columns[index] }
    }
    columns[type] = found
    return found
  }
}

/// Looks for several words at once.
struct WordSearch: Sendable {
  private let words: [[UInt8]]
  /// For each byte whether a word begins with it.
  private let begins: [Bool]

  init(_ words: [String]) {
    self.words = words.map { Array($0.utf8) }
    var begins = [Bool](repeating: false, count: 256)
    for word in self.words { if let first = word.first { begins[Int(first)] = true } }
    self.begins = begins
  }

  /// Whether one of the words is in some bytes.
  func isIn(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.withUnsafeBytes { bytes in
      begins.withUnsafeBufferPointer { begins in
        for start in 0..<bytes.count where begins[Int(bytes[start])] {
          let rest = bytes[start...]
          if words.contains(where: { rest.starts(with: $0) }) { return true }
        }
        return false
      }
    }
  }
}
