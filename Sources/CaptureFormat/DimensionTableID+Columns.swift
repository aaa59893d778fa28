import EventBatch

extension DimensionTableID {
  /// The number that a table's kind of references has in the declarations of a file, by the name of its columns.
  struct Declaration: Hashable, Sendable {
    var column: Int
    var name: String
    var kind: UInt8
  }

  /// What this program knows of a table's columns; empty for the strings.
  var declarations: [Declaration] {
    switch self {
    case .strings: []
    case .images: declarations(ImageColumn.self)
    case .threads: declarations(ThreadColumn.self)
    case .lineages: declarations(LineageColumn.self)
    case .objects: declarations(ObjectColumn.self)
    case .containers: declarations(ContainerColumn.self)
    case .users: declarations(UserColumn.self)
    }
  }

  /// How many columns a row of the table takes in memory.
  var columnCount: Int {
    switch self {
    case .strings: 1
    case .images: ImageColumn.allCases.count
    case .threads: ThreadColumn.allCases.count
    case .lineages: LineageColumn.allCases.count
    case .objects: ObjectColumn.allCases.count
    case .containers: ContainerColumn.allCases.count
    case .users: UserColumn.allCases.count
    }
  }

  private func declarations<Column: DimensionColumn>(_ type: Column.Type) -> [Declaration] {
    Column.allCases.map { Declaration(column: $0.rawValue, name: $0.name, kind: $0.kind.rawValue) }
  }
}
