/// Copies dimension rows, and all that they refer to, from one set of dimensions into a new self-contained one.
///
/// Each source row is copied once; a second request gives the same target row. Strings are shared with whatever else
/// the owner interns. Used when a chunk closes, when a batch is sliced, and when batches are merged.
public struct DimensionCopier: ~Copyable {
  /// The texts of the target; the owner may intern argument texts here too.
  public var strings: StringInterner
  private var target = Dimensions()
  private var copied: CopiedRows
  private var equals: EqualRows?

  /// Nothing copied yet.
  /// - Parameters:
  ///   - joinsEqualRows: whether a row that is equal to one that was copied before becomes that one. Rows of one
  ///     source are different already; those of several sources mostly are not.
  ///   - takesFewRows: whether few of the source's rows will be asked for: then memory follows those, not the source.
  public init(
    strings: StringInterner = StringInterner(), joinsEqualRows: Bool = false, takesFewRows: Bool = false
  ) {
    self.strings = strings
    copied = CopiedRows(isSparse: takesFewRows)
    equals = joinsEqualRows ? EqualRows() : nil
  }

  /// Says that rows given from now on belong to another source: nothing that was copied before applies.
  public mutating func beginSource() { copied = CopiedRows() }

  /// Says that rows given from now on belong to a source of which some were copied before: exchanges what was copied of the source so far for what
  /// was copied of that one.
  public mutating func exchangeSource(_ other: inout CopiedRows) { swap(&copied, &other) }

  /// The target row of a lineage, copied with its ancestors. `EventBatch.noRow` stays what it is.
  public mutating func lineage(_ row: UInt32, from source: borrowing Dimensions) -> UInt32 {
    if row == EventBatch.noRow { return row }
    if let known = copied.lineages[row] { return known }
    // Ancestors first: a parent's row is always smaller than its child's. The loop is bounded since parents of a
    // valid source descend strictly.
    var chain: [UInt32] = [row]
    while let parent = source.lineages.value(Int(chain[chain.count - 1]), .parent) {
      let parent = UInt32(truncatingIfNeeded: parent)
      if copied.lineages[parent] != nil || parent >= chain[chain.count - 1] { break }
      chain.append(parent)
    }
    for row in chain.reversed() {
      var values = source.lineages.row(Int(row))
      for column in LineageColumn.allCases where values[column.rawValue] != EventBatch.missing {
        let reference = UInt32(truncatingIfNeeded: values[column.rawValue])
        // A parent was copied just before; one that was not is no ancestor.
        let copy = column.kind == .thread ? thread(reference, from: source) : copied.lineages[reference]
        values[column.rawValue] = copy.map(Int64.init) ?? EventBatch.missing
      }
      copied.lineages[row] = EqualRows.add(values, to: &target.lineages, known: &equals, \.lineages)
    }
    return copied.lineages[row] ?? EventBatch.noRow
  }

  /// The target row of an object. `EventBatch.noRow` stays what it is.
  public mutating func object(_ row: UInt32, from source: borrowing Dimensions) -> UInt32 {
    if row == EventBatch.noRow { return row }
    if let known = copied.objects[row] { return known }
    let values = values(of: Int(row), in: source.objects, source)
    let copy = EqualRows.add(values, to: &target.objects, known: &equals, \.objects)
    copied.objects[row] = copy
    return copy
  }

  /// The target row of a container.
  public mutating func container(_ row: UInt32, from source: borrowing Dimensions) -> UInt32 {
    if let known = copied.containers[row] { return known }
    let values = values(of: Int(row), in: source.containers, source)
    let copy = EqualRows.add(values, to: &target.containers, known: &equals, \.containers)
    copied.containers[row] = copy
    return copy
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
        container.map({ copied.containers[UInt32(truncatingIfNeeded: $0)] != nil }) ?? true
      else { continue }
      let values = values(of: row, in: source.users, source)
      _ = EqualRows.add(values, to: &target.users, known: &equals, \.users)
    }
  }

  /// The dimensions that were gathered, with all texts.
  public consuming func finish() -> Dimensions {
    var target = target
    target.strings = strings.table
    // What joins sources is large, and there are several of it at a time.
    guard equals != nil else { return target }
    target.images.compact()
    target.threads.compact()
    target.lineages.compact()
    target.objects.compact()
    target.containers.compact()
    target.users.compact()
    return target
  }

  private mutating func thread(_ row: UInt32, from source: borrowing Dimensions) -> UInt32 {
    if let known = copied.threads[row] { return known }
    let values = values(of: Int(row), in: source.threads, source)
    let copy = EqualRows.add(values, to: &target.threads, known: &equals, \.threads)
    copied.threads[row] = copy
    return copy
  }

  private mutating func image(_ row: UInt32, from source: borrowing Dimensions) -> UInt32 {
    if let known = copied.images[row] { return known }
    let values = values(of: Int(row), in: source.images, source)
    let copy = EqualRows.add(values, to: &target.images, known: &equals, \.images)
    copied.images[row] = copy
    return copy
  }

  /// The target row of a text.
  public mutating func text(_ row: UInt32, from source: borrowing Dimensions) -> UInt32 {
    if row == 0 { return 0 }
    if let known = copied.texts[row] { return known }
    let copy = strings.intern(source.strings[Int(row)])
    copied.texts[row] = copy
    return copy
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
      let copy: UInt32 =
        switch column.kind {
        case .integer: reference
        case .string: text(reference, from: source)
        case .image: image(reference, from: source)
        case .thread: thread(reference, from: source)
        case .lineage: lineage(reference, from: source)
        case .container: container(reference, from: source)
        }
      values[column.rawValue] = Int64(copy)
    }
    return values
  }
}

/// Which rows of one source were copied, and what they became.
public struct CopiedRows: Sendable {
  fileprivate var images = RowMap()
  fileprivate var threads = RowMap()
  fileprivate var lineages = RowMap()
  fileprivate var objects = RowMap()
  fileprivate var containers = RowMap()
  fileprivate var texts = RowMap()

  /// Nothing of a source.
  public init() { self.init(isSparse: false) }

  fileprivate init(isSparse: Bool) {
    guard isSparse else { return }
    images = RowMap(isSparse: true)
    threads = RowMap(isSparse: true)
    lineages = RowMap(isSparse: true)
    objects = RowMap(isSparse: true)
    containers = RowMap(isSparse: true)
    texts = RowMap(isSparse: true)
  }
}

/// Source row → target row, for rows that were copied.
private struct RowMap: Sendable {
  private var rows: [UInt32] = []
  /// The same where few rows are asked for of a source that may have very many.
  private var few: [UInt32: UInt32]?

  init(isSparse: Bool = false) { if isSparse { few = [:] } }

  subscript(row: UInt32) -> UInt32? {
    get {
      if let few { return few[row] }
      guard Int(row) < rows.count, rows[Int(row)] != EventBatch.noRow else { return nil }
      return rows[Int(row)]
    }
    set {
      if few != nil {
        few?[row] = newValue
        return
      }
      if Int(row) >= rows.count {
        rows.append(contentsOf: repeatElement(EventBatch.noRow, count: Int(row) + 1 - rows.count))
      }
      rows[Int(row)] = newValue ?? EventBatch.noRow
    }
  }
}
