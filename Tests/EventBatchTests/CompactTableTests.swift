import Testing

@testable import EventBatch

@Suite struct CompactTableTests {
  private func place(_ table: DimensionTable<ObjectColumn>, _ column: ObjectColumn) -> UnsafePointer<Int64>? {
    table[column].withUnsafeBufferPointer { $0.baseAddress }
  }

  /// Joined tables are there three at a time: what rows do not need is given back, and all rows stay what they are.
  @Test func compactTablesTakeWhatTheirRowsNeed() {
    var table = DimensionTable<ObjectColumn>()
    for row in 0..<3000 {
      var values = [Int64](repeating: EventBatch.missing, count: ObjectColumn.allCases.count)
      values[ObjectColumn.identity.rawValue] = Int64(row)
      if row == 2999 { values[ObjectColumn.label.rawValue] = 7 }
      _ = table.appendRow(values)
    }
    let before = (0..<3000).map { table.row($0) }
    table.compact()
    #expect((0..<3000).map { table.row($0) } == before)
    #expect(table[.identity].capacity < 3000 + 3000 / 4)
    #expect(place(table, .localPort) == place(table, .remotePort))
    #expect(place(table, .localPort) != place(table, .label))
    // What is added afterwards is added to one column, not to all that shared its memory.
    table[5, .localPort] = 80
    #expect(table[5, .remotePort] == EventBatch.missing)
  }

  @Test func columnsThatAreNotThereAreOneInMemory() {
    let table = DimensionTable<ObjectColumn>(count: 100, columns: [.identity: [Int64](0..<100)])
    #expect(place(table, .localPort) == place(table, .remotePort))
    #expect(place(table, .localPort) != place(table, .identity))
    #expect(table[.label] == [Int64](repeating: EventBatch.missing, count: 100))
  }

  /// Values that differ in one column only, and come again in another order.
  @Test func rowsAreFoundByTheirValues() {
    var table = DimensionTable<LineageColumn>()
    var index = RowIndex()
    let width = LineageColumn.allCases.count
    let rows = (0..<5000).map { row in
      (0..<width).map { Int64(row / ($0 + 1)) }
    }
    let places = rows.map { index.add($0, to: &table) }
    #expect(places == [UInt32](0..<5000))
    for row in rows.indices.reversed() { #expect(index.add(rows[row], to: &table) == UInt32(row)) }
    #expect(table.count == 5000)
  }
}
