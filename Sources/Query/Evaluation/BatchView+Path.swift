import EventBatch
import EventSchema

extension BatchView {
  /// Which path of an event's arguments is meant.
  enum PathRole {
    case any, source, target
  }

  /// The path in an event's arguments, absolute or as the task wrote it.
  func path(_ role: PathRole, isRaw: Bool, row: Int) -> FieldValue {
    guard let layout = layout(ofType: batch.types[row]), let index = pathParameter(role, layout.type) else {
      return .missing
    }
    guard case .text(let written) = raw(layout, index, row: row) else { return .missing }
    if isRaw { return .text(written) }
    return absolutePath(layout, index, row: row).map { .text($0[...]) } ?? .missing
  }

  /// The parameter that holds the path of a role. Calls with two paths have a source and a target, others a name.
  private func pathParameter(_ role: PathRole, _ type: EventType) -> Int? {
    let paths = type.parameters.indices.filter {
      type.parameters[$0].type == .path || type.parameters[$0].type == .relativePath
    }
    func named(_ names: [String]) -> Int? {
      type.parameters.indices.first { index in
        names.contains(type.parameters[index].name) && type.parameters[index].type.storage == .string
      }
    }
    let target = named(["newpath", "linkpath"])
    switch role {
    case .target: return target
    case .source: return target == nil ? nil : named(["oldpath", "target"])
    case .any: return target == nil ? paths.first : nil
    }
  }

  /// A path parameter made absolute and lexically normal. A path relative to a descriptor that is not known begins with
  /// `<UNKNOWN>`; `nil` when the path is not there.
  func absolutePath(_ layout: TypeLayout, _ index: Int, row: Int) -> [UInt8]? {
    guard case .text(let written) = raw(layout, index, row: row) else { return nil }
    if written.first == UInt8(ascii: "/") { return normalPath(written) }
    // Without a path a call is about the descriptor itself, if at all.
    if written.isEmpty {
      let object = Int(batch.objects[row])
      guard layout.type.parameters[index].type == .relativePath, index > 0, index - 1 == layout.objectParameter,
        kind(ofObject: object).isFile || kind(ofObject: object) == .directory
      else { return nil }
      return text(batch.dimensions.objects[object, .label]).bytesValue.map { Array($0) }
    }
    let parameter = layout.type.parameters[index]
    let thread = thread(ofLineage: Int(batch.lineages[row]))
    if parameter.type == .relativePath, index > 0 {
      // What the call opened was named in the kernel, relative to the right directory.
      let object = Int(batch.objects[row])
      if layout.type.traits.contains(.namesObject), object < batch.dimensions.objects.count,
        let name = text(batch.dimensions.objects[object, .label]).bytesValue, name.first == UInt8(ascii: "/")
      {
        return Array(name)
      }
      if case .integer(let descriptor) = raw(layout, index - 1, row: row), Int32(truncatingIfNeeded: descriptor) != -100
      {
        if index - 1 == layout.objectParameter, kind(ofObject: object) == .directory,
          let directory = text(batch.dimensions.objects[object, .label]).bytesValue
        {
          return normalPath((Array(directory) + [UInt8(ascii: "/")] + written)[...])
        }
        return Array("<UNKNOWN>/".utf8) + normalPath(written)
      }
    }
    guard let thread, let directory = text(batch.dimensions.threads[thread, .workingDirectory]).bytesValue else {
      return Array("<UNKNOWN>/".utf8) + normalPath(written)
    }
    return normalPath((Array(directory) + [UInt8(ascii: "/")] + written)[...])
  }

  /// Whether and how a call opens a file: its access mode and flags, `nil` for other calls.
  func openFlags(row: Int) -> (flags: UInt64, mode: UInt64?)? {
    guard let layout = layout(ofType: batch.types[row]), layout.type.opensFile else { return nil }
    func value(_ name: String) -> UInt64? {
      guard let index = layout.type.parameters.firstIndex(where: { $0.name == name }),
        case .integer(let value) = raw(layout, index, row: row)
      else { return nil }
      return UInt64(bitPattern: value)
    }
    // `creat` is an open for writing that makes the file.
    if layout.type.name == "creat" { return (0o1101, value("mode")) }
    let index = layout.type.parameters.firstIndex { $0.name == "flags" }
    let table = index.flatMap { schema.flagTable(of: layout.type.parameters[$0]) }
    return (nativeOpenFlags(value("flags") ?? 0, table), value("mode"))
  }
}

/// The kernel's bits of open flags that are told in the terms of a table: imported captures keep the ecosystem's.
private func nativeOpenFlags(_ flags: UInt64, _ table: FlagTable?) -> UInt64 {
  guard let table, table.value(named: "O_CREAT") != 0o100 else { return flags }
  func has(_ name: String) -> Bool {
    guard let bits = table.value(named: name), bits != 0 else { return false }
    return flags & bits == bits
  }
  var native: UInt64 = has("O_RDWR") ? 2 : has("O_WRONLY") ? 1 : has("O_RDONLY") ? 0 : 3
  if has("O_CREAT") { native |= 0o100 }
  if has("O_TMPFILE") { native |= 0o20_000_000 }
  return native
}

extension EventType {
  /// Whether the call opens a file with flags: what `evt.is_open_read` and its sisters are about.
  var opensFile: Bool { ["open", "openat", "openat2", "creat", "open_by_handle_at"].contains(name) }
}

/// A path without empty parts, `.` and `..`, as far as that can be said from its text.
func normalPath(_ path: ArraySlice<UInt8>) -> [UInt8] {
  let isAbsolute = path.first == UInt8(ascii: "/")
  var parts: [ArraySlice<UInt8>] = []
  for part in path.split(separator: UInt8(ascii: "/")) {
    if part.elementsEqual(".".utf8) { continue }
    if part.elementsEqual("..".utf8) {
      if !parts.isEmpty { parts.removeLast() }
      continue
    }
    parts.append(part)
  }
  var normal: [UInt8] = []
  normal.reserveCapacity(path.count)
  for (index, part) in parts.enumerated() {
    if isAbsolute || index > 0 { normal.append(UInt8(ascii: "/")) }
    normal.append(contentsOf: part)
  }
  if normal.isEmpty, isAbsolute { normal.append(UInt8(ascii: "/")) }
  return normal
}
