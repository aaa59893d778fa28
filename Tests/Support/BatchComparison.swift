import EventBatch

extension EventBatch {
  /// The first difference to another batch, `nil` when there is none. Numbers are compared one by one; dimensions row by
  /// row.
  public func difference(to other: EventBatch) -> String? {
    if count != other.count { return "\(count) events against \(other.count)" }
    for row in 0..<count where numbers[row] != other.numbers[row] {
      return "number of row \(row): \(numbers[row]) against \(other.numbers[row])"
    }
    if exitTimes != other.exitTimes { return "exitTimes" }
    if latencies != other.latencies { return "latencies" }
    if types != other.types { return "types" }
    if cpus != other.cpus { return "cpus" }
    if flags != other.flags { return "flags" }
    if lineages != other.lineages { return "lineages" }
    if objects != other.objects { return "objects" }
    if results != other.results { return "results" }
    if ranks != other.ranks { return "ranks" }
    if arguments.map(\.type) != other.arguments.map(\.type) { return "types of arguments" }
    for (mine, theirs) in zip(arguments, other.arguments) {
      if mine.count != theirs.count { return "count of type \(mine.type.rawValue)" }
      if mine.columns != theirs.columns {
        let index = zip(mine.columns, theirs.columns).enumerated().first { $1.0 != $1.1 }?.offset ?? -1
        return "argument column \(index) of type \(mine.type.rawValue)"
      }
    }
    return dimensions.difference(to: other.dimensions)
  }
}

extension Dimensions {
  fileprivate func difference(to other: Dimensions) -> String? {
    if strings != other.strings { return "strings" }
    return images.difference(to: other.images, "images") ?? threads.difference(to: other.threads, "threads")
      ?? lineages.difference(to: other.lineages, "lineages") ?? objects.difference(to: other.objects, "objects")
      ?? containers.difference(to: other.containers, "containers") ?? users.difference(to: other.users, "users")
  }
}

extension DimensionTable {
  fileprivate func difference(to other: DimensionTable<Column>, _ name: String) -> String? {
    if count != other.count { return "\(count) \(name) against \(other.count)" }
    for column in Column.allCases where self[column] != other[column] { return "\(name).\(column.name)" }
    return nil
  }
}
