import EventBatch
import EventSchema

extension EventBatch {
  /// Everything that an event says, with all that it refers to, in words: equal for equal events however their rows are
  /// numbered. For comparing what programs that rewrite captures made of them.
  ///
  /// - Parameter numbered: whether the event's number is part of it.
  public func text(_ row: Int, numbered: Bool = true) -> String {
    let type = schema.type(EventTypeID(rawValue: types[row]))
    var words = [
      numbered ? "\(numbers[row])" : "-", "\(exitTimes[row])", "\(latencies[row])", type?.name ?? "?",
      "\(cpus[row])", "\(flags[row])", "\(results[row])",
      lineages[row] == EventBatch.noRow ? "nobody" : lineageText(Int(lineages[row])),
      objects[row] == EventBatch.noRow ? "nothing" : dimensions.text(dimensions.objects, Int(objects[row])),
    ]
    let stored = type?.parameters.filter { $0.source.isStored } ?? []
    if let arguments = arguments(of: EventTypeID(rawValue: types[row])) {
      for (parameter, column) in zip(stored, arguments.columns) {
        words.append("\(parameter.name)=\(argumentText(column, Int(ranks[row]), parameter.type.storage))")
      }
    }
    return words.joined(separator: " ")
  }

  /// All events in words.
  public func texts(numbered: Bool = true) -> [String] { (0..<count).map { text($0, numbered: numbered) } }

  private func argumentText(_ column: ArgumentColumn, _ rank: Int, _ storage: ParameterStorage) -> String {
    if column.isMissing(rank) { return "missing" }
    switch storage {
    case .integer: return "\(column.values[rank])"
    case .string: return "\(Array(dimensions.strings[Int(column.values[rank])]))"
    case .bytes: return "\(Array(column.bytes(at: rank)))"
    }
  }

  private func lineageText(_ row: Int) -> String {
    var words: [String] = []
    var next: Int? = row
    while let row = next {
      let thread = Int(dimensions.lineages[row, .thread])
      words.append(dimensions.text(dimensions.threads, thread))
      next = dimensions.lineages.value(row, .parent).map { Int($0) }
    }
    return words.joined(separator: " < ")
  }
}

extension Dimensions {
  fileprivate func text<Column>(_ table: DimensionTable<Column>, _ row: Int) -> String {
    let words = Column.allCases.compactMap { column -> String? in
      guard let value = table.value(row, column) else { return nil }
      let said =
        switch column.kind {
        case .integer: "\(value)"
        case .string: "\(Array(strings[Int(value)]))"
        case .image: text(images, Int(value))
        case .thread: text(threads, Int(value))
        case .container: text(containers, Int(value))
        case .lineage: "-"
        }
      return "\(column.name)=\(said)"
    }
    return "{\(words.joined(separator: " "))}"
  }
}
