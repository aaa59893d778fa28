/// Copies dimension rows, and all that they refer to, from one set of dimensions into a new self-contained one.
///
/// Each source row is copied once; a second request gives the same target row. Strings are shared with whatever else
/// the owner interns. Used when a chunk closes, when a batch is sliced, and when batches are merged.
public struct DimensionCopier: ~Copyable {
  /// The texts of the target; the owner may intern argument texts here too.
  public var strings: StringInterner
  private var target = Dimensions()
  private var images = RowMap()
  private var threads = RowMap()
  private var lineages = RowMap()
  private var objects = RowMap()
  private var containers = RowMap()
  private var texts = RowMap()

  /// Nothing copied yet.
  public init(strings: StringInterner = StringInterner()) {
    self.strings = strings
  }

  /// Says that rows given from now on belong to another source: nothing that was mapped before applies.
  public mutating func beginSource() {
    images = RowMap()
    threads = RowMap()
    lineages = RowMap()
    objects = RowMap()
    containers = RowMap()
    texts = RowMap()
  }

  /// The target row of a lineage, copied with its ancestors. `EventBatch.noRow` stays what it is.
  public mutating func lineage(_ row: UInt32, from source: borrowing Dimensions) -> UInt32 {
    if row == EventBatch.noRow { return row }
    if let known = lineages[row] { return known }
    // Ancestors first: a parent's row is always smaller than its child's. The loop is bounded since parents of a
    // valid source descend strictly.
    var chain: [UInt32] = [row]
    while let parent = source.lineages.value(Int(chain[chain.count - 1]), .parent) {
      let parent = UInt32(truncatingIfNeeded: parent)
      if lineages[parent] != nil || parent >= chain[chain.count - 1] { break }
      chain.append(parent)
    }
    for row in chain.reversed() {
      var values = source.lineages.row(Int(row))
      for column in LineageColumn.allCases where values[column.rawValue] != EventBatch.missing {
        let reference = UInt32(truncatingIfNeeded: values[column.rawValue])
        // A parent was copied just before; one that was not is no ancestor.
        let copied = column.kind == .thread ? thread(reference, from: source) : lineages[reference]
        values[column.rawValue] = copied.map(Int64.init) ?? EventBatch.missing
      }
      lineages[row] = target.lineages.appendRow(values)
    }
    return lineages[row] ?? EventBatch.noRow
  }

  /// The target row of an object. `EventBatch.noRow` stays what it is.
  public mutating func object(_ row: UInt32, from source: borrowing Dimensions) -> UInt32 {
    if row == EventBatch.noRow { return row }
    if let known = objects[row] { return known }
    let copied = target.objects.appendRow(values(of: Int(row), in: source.objects, source))
    objects[row] = copied
    return copied
  }

  /// The target row of a container.
  public mutating func container(_ row: UInt32, from source: borrowing Dimensions) -> UInt32 {
    if let known = containers[row] { return known }
    let copied = target.containers.appendRow(values(of: Int(row), in: source.containers, source))
    containers[row] = copied
    return copied
  }

  /// Copies the rows of the users and groups that the threads copied so far run as.
  public mutating func usersOfThreads(from source: borrowing Dimensions) {
    let userColumns: [ThreadColumn] = [.uid, .effectiveUid, .savedUid, .filesystemUid, .loginUid]
    let groupColumns: [ThreadColumn] = [.gid, .effectiveGid, .savedGid, .filesystemGid]
    var users: Set<Int64> = []
    var groups: Set<Int64> = []
    for column in userColumns { users.formUnion(target.threads[column]) }
    for column in groupColumns { groups.formUnion(target.threads[column]) }
    for row in 0..<source.users.count {
      let wanted = source.users[row, .isGroup] == 1 ? groups : users
      let container = source.users.value(row, .container)
      guard wanted.contains(source.users[row, .number]),
        container.map({ containers[UInt32(truncatingIfNeeded: $0)] != nil }) ?? true
      else { continue }
      _ = target.users.appendRow(values(of: row, in: source.users, source))
    }
  }

  /// The dimensions that were gathered, with all texts.
  public consuming func finish() -> Dimensions {
    var target = target
    target.strings = strings.table
    return target
  }

  private mutating func thread(_ row: UInt32, from source: borrowing Dimensions) -> UInt32 {
    if let known = threads[row] { return known }
    let copied = target.threads.appendRow(values(of: Int(row), in: source.threads, source))
    threads[row] = copied
    return copied
  }

  private mutating func image(_ row: UInt32, from source: borrowing Dimensions) -> UInt32 {
    if let known = images[row] { return known }
    let copied = target.images.appendRow(values(of: Int(row), in: source.images, source))
    images[row] = copied
    return copied
  }

  /// The target row of a text.
  public mutating func text(_ row: UInt32, from source: borrowing Dimensions) -> UInt32 {
    if row == 0 { return 0 }
    if let known = texts[row] { return known }
    let copied = strings.intern(source.strings[Int(row)])
    texts[row] = copied
    return copied
  }

  /// A row's values with every reference replaced by that of its copy.
  private mutating func values<Column>(
    of row: Int, in table: DimensionTable<Column>, _ source: borrowing Dimensions
  ) -> [Int64] {
    var values = table.row(row)
    for column in Column.allCases where column.kind != .integer {
      let value = values[column.rawValue]
      if value == EventBatch.missing { continue }
      let reference = UInt32(truncatingIfNeeded: value)
      let copied: UInt32 =
        switch column.kind {
        case .integer: reference
        case .string: text(reference, from: source)
        case .image: image(reference, from: source)
        case .thread: thread(reference, from: source)
        case .lineage: lineage(reference, from: source)
        case .container: container(reference, from: source)
        }
      values[column.rawValue] = Int64(copied)
    }
    return values
  }
}

/// Source row → target row, for rows that were copied.
private struct RowMap: Sendable {
  private var rows: [UInt32] = []

  subscript(row: UInt32) -> UInt32? {
    get {
      guard Int(row) < rows.count, rows[Int(row)] != EventBatch.noRow else { return nil }
      return rows[Int(row)]
    }
    set {
      if Int(row) >= rows.count {
        rows.append(contentsOf: repeatElement(EventBatch.noRow, count: Int(row) + 1 - rows.count))
      }
      rows[Int(row)] = newValue ?? EventBatch.noRow
    }
  }
}
