import EventBatch
import EventSchema
import TestSupport

extension EventBatch {
  /// The events in the form of `formats/conformance/README.md`.
  public var rendered: [JSONValue] { (0..<count).map { rendered(event: $0) } }

  private func rendered(event: Int) -> JSONValue {
    let id = EventTypeID(rawValue: types[event])
    return .object([
      "number": .integer(Int64(clamping: numbers[event])),
      "time": .integer(exitTimes[event]),
      "latency": .number(latencies[event].present),
      "type": .text(schema.type(id)?.name ?? "\(id.rawValue)"),
      "cpu": .integer(Int64(cpus[event])),
      "flags": .integer(Int64(flags[event])),
      "result": .number(results[event].present),
      "arguments": .object(rendered(arguments: id, rank: Int(ranks[event]))),
      "lineage": lineages[event] == EventBatch.noRow ? .null : .array(dimensions.chain(Int(lineages[event]))),
      "object": objects[event] == EventBatch.noRow
        ? .null : .object(dimensions.rendered(dimensions.objects, Int(objects[event]))),
    ])
  }

  private func rendered(arguments id: EventTypeID, rank: Int) -> [String: JSONValue] {
    guard let type = schema.type(id), let arguments = arguments(of: id) else { return [:] }
    var members: [String: JSONValue] = [:]
    for (parameter, column) in zip(type.parameters.filter(\.source.isStored), arguments.columns) {
      members[parameter.name] = rendered(column, parameter.type.storage, rank)
    }
    return members
  }

  private func rendered(_ column: ArgumentColumn, _ storage: ParameterStorage, _ rank: Int) -> JSONValue {
    if column.isMissing(rank) { return .null }
    return switch storage {
    case .integer: .integer(column.values[rank])
    case .string: .text(dimensions.strings[Int(column.values[rank])])
    case .bytes: .hex(column.bytes(at: rank))
    }
  }
}

extension Dimensions {
  /// A lineage: the thread, its parent, and so on. Leaders are told by the ids of their threads.
  fileprivate func chain(_ first: Int) -> [JSONValue] {
    var links: [JSONValue] = []
    var next: Int? = first
    while let row = next {
      var link = rendered(threads, Int(lineages[row, .thread]))
      for column in [LineageColumn.sessionLeader, .groupLeader] {
        if let leader = lineages.value(row, column) { link[column.name] = .number(threads.value(Int(leader), .tid)) }
      }
      links.append(.object(link))
      next = lineages.value(row, .parent).map { Int($0) }
    }
    return links
  }

  /// A row by the names of its columns; missing ones are left out, rows that it refers to stand inside.
  func rendered<Column>(_ table: DimensionTable<Column>, _ row: Int) -> [String: JSONValue] {
    var members: [String: JSONValue] = [:]
    for column in Column.allCases {
      guard let value = table.value(row, column) else { continue }
      switch column.kind {
      case .integer: members[column.name] = .integer(value)
      case .string: members[column.name] = .text(strings[Int(value)])
      case .image: members[column.name] = .object(rendered(images, Int(value)))
      case .container: members[column.name] = .object(rendered(containers, Int(value)))
      // Only lineages refer to these.
      case .thread, .lineage: continue
      }
    }
    return members
  }
}

extension Int64 {
  /// The value, unless it stands for a missing one.
  var present: Int64? { self == EventBatch.missing ? nil : self }
}
