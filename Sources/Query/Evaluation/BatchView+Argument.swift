import EventBatch
import EventSchema

/// The value of one parameter of one event, before anybody gave it a meaning.
enum RawParameter {
  case missing
  case integer(Int64)
  case text(ArraySlice<UInt8>)
  case bytes(ArraySlice<UInt8>)
}

extension BatchView {
  /// The value of a parameter of the event in a row.
  func raw(_ layout: TypeLayout, _ index: Int, row: Int) -> RawParameter {
    let parameter = layout.type.parameters[index]
    switch parameter.source {
    case .result:
      let result = batch.results[row]
      return result == EventBatch.missing ? .missing : .integer(result)
    case .thread(let name): return threadParameter(name, row: row)
    case .object(let name): return objectParameter(name, row: row)
    case .argument, .capture, .field, .assembled: break
    }
    guard layout.entry >= 0 else { return .missing }
    let rank = Int(batch.ranks[row])
    let entry = batch.arguments[layout.entry]
    guard layout.columns[index] < entry.columns.count else { return .missing }
    let column = entry.columns[layout.columns[index]]
    guard column.isPresent, rank < column.values.count, !column.isMissing(rank) else { return .missing }
    switch parameter.type.storage {
    case .integer: return .integer(column.values[rank])
    case .string:
      guard case .text(let bytes) = text(column.values[rank]) else { return .missing }
      return .text(bytes)
    case .bytes: return .bytes(column.bytes(at: rank))
    }
  }

  /// A parameter that is read from the thread row of the event, or from the image of that row.
  private func threadParameter(_ name: String, row: Int) -> RawParameter {
    let lineage = Int(batch.lineages[row])
    guard let thread = thread(ofLineage: lineage) else { return .missing }
    if let column = threadParameterColumns[name] {
      let value = batch.dimensions.threads[thread, column]
      if value == EventBatch.missing { return .missing }
      return column.kind == .string ? rawText(value) : .integer(value)
    }
    if name == "pidns_init_start_ts" {
      return namespaceStarts[batch.dimensions.threads[thread, .pidNamespace]].map { .integer($0) } ?? .missing
    }
    guard let column = imageParameterColumns[name] else { return .missing }
    let image = batch.dimensions.threads[thread, .image]
    guard image >= 0, image < Int64(batch.dimensions.images.count) else { return .missing }
    let value = batch.dimensions.images[Int(image), column]
    if value == EventBatch.missing { return .missing }
    return column.kind == .string ? rawText(value) : .integer(value)
  }

  /// A parameter that is read from the object row of the event.
  private func objectParameter(_ name: String, row: Int) -> RawParameter {
    let objects = batch.dimensions.objects
    let object = Int(batch.objects[row])
    guard object < objects.count else { return .missing }
    if name == "tuple" || name == "name" {
      guard let name = objectName(object).bytesValue, !name.isEmpty else { return .missing }
      return .text(name)
    }
    guard let column = objectParameterColumns[name] else { return .missing }
    let value = objects[object, column]
    if value == EventBatch.missing { return .missing }
    return column.kind == .string ? rawText(value) : .integer(value)
  }

  private func rawText(_ reference: Int64) -> RawParameter {
    text(reference).bytesValue.map { .text($0) } ?? .missing
  }

  /// The index of the parameter that a field's argument names, `nil` when the event has none.
  func parameter(_ argument: FieldArgument, in layout: TypeLayout) -> Int? {
    switch argument {
    case .none: nil
    case .index(let index): layout.type.parameters.indices.contains(index) ? index : nil
    case .name(let name): layout.type.parameters.firstIndex { $0.name == name }
    }
  }

  /// `evt.rawarg`: the value as it is.
  func rawArgument(_ argument: FieldArgument, row: Int) -> FieldValue {
    guard let layout = layout(ofType: batch.types[row]), let index = parameter(argument, in: layout) else {
      return .missing
    }
    switch raw(layout, index, row: row) {
    case .missing: return .missing
    case .text(let bytes): return .text(bytes)
    case .bytes(let bytes): return .bytes(bytes)
    case .integer(let value):
      let type = layout.type.parameters[index].type
      return type.isUnsigned ? .unsigned(type.unsignedValue(value)) : .integer(value)
    }
  }

  /// The event's payload.
  func buffer(row: Int) -> FieldValue {
    guard let layout = layout(ofType: batch.types[row]),
      let index = layout.type.parameters.firstIndex(where: { $0.type == .bytes }),
      case .bytes(let bytes) = raw(layout, index, row: row)
    else { return .missing }
    return .bytes(bytes)
  }

  /// The number of the descriptor that `fd.*` stands for.
  func descriptor(row: Int) -> FieldValue {
    guard let layout = layout(ofType: batch.types[row]), layout.objectParameter >= 0,
      case .integer(let value) = raw(layout, layout.objectParameter, row: row)
    else { return .missing }
    // A call that makes a descriptor and fails returns an error instead.
    return .integer(layout.type.object == .result && value < 0 ? -1 : Int64(Int32(truncatingIfNeeded: value)))
  }
}

extension ParameterType {
  /// Whether values are never negative.
  var isUnsigned: Bool {
    switch self {
    case .uint8, .uint16, .uint32, .uint64, .flags8, .flags16, .flags32, .flags64, .enumeration8, .enumeration16,
      .enumeration32, .mode, .uid, .gid, .port, .raw, .address, .relativeTime, .absoluteTime, .signal:
      true
    default: false
    }
  }

  /// A value of this type from its bit pattern.
  func unsignedValue(_ value: Int64) -> UInt64 {
    switch self {
    case .uint8, .flags8, .enumeration8, .signal: UInt64(UInt8(truncatingIfNeeded: value))
    case .uint16, .flags16, .enumeration16, .port: UInt64(UInt16(truncatingIfNeeded: value))
    case .uint32, .flags32, .enumeration32, .mode, .uid, .gid: UInt64(UInt32(truncatingIfNeeded: value))
    default: UInt64(bitPattern: value)
    }
  }

  /// The type that a field has whose argument is of this type.
  var fieldType: FieldType {
    switch storage {
    case .string: .text
    case .bytes: .bytes
    case .integer:
      switch self {
      case .relativeTime: .relativeTime
      case .absoluteTime: .absoluteTime
      case .boolean: .boolean
      default: isUnsigned ? .unsigned : .integer
      }
    }
  }
}

/// The names that the schema gives to columns of the thread row.
private let threadParameterColumns: [String: ThreadColumn] = [
  "tid": .tid, "pid": .pid, "ppid": .parentPid, "vtid": .virtualTid, "vpid": .virtualPid, "comm": .comm,
  "cwd": .workingDirectory, "fdlimit": .descriptorLimit, "cgroups": .cgroup, "uid": .effectiveUid,
  "gid": .effectiveGid, "tty": .tty, "pgid": .processGroup, "vpgid": .virtualProcessGroup, "loginuid": .loginUid,
  "cap_inheritable": .capabilitiesInheritable, "cap_permitted": .capabilitiesPermitted,
  "cap_effective": .capabilitiesEffective,
]

/// The names that the schema gives to columns of the image of the thread row.
private let imageParameterColumns: [String: ImageColumn] = [
  "exe": .exe, "args": .arguments, "env": .environment, "exepath": .path, "exe_ino": .inode,
  "exe_ino_ctime": .changeTime, "exe_ino_mtime": .modificationTime, "flags": .flags,
]

/// The names that the schema gives to columns of the object row.
private let objectParameterColumns: [String: ObjectColumn] = [
  "dev": .device, "ino": .inode, "source": .socketSource, "peer": .socketPeer,
]
