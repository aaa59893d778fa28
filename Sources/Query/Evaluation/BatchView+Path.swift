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
    guard let thread, let directory = text(batch.dimensions.threads[thread, .workingDirectory]).bytesValue,
      !directory.isEmpty
    else {
      return Array("<UNKNOWN>/".utf8) + normalPath(written)
    }
    return normalPath((Array(directory) + [UInt8(ascii: "/")] + written)[...])
  }

  /// Whether and how a call opens a file; `nil` for other calls.
  func openKind(row: Int) -> OpenKind? {
    guard let layout = layout(ofType: batch.types[row]), layout.type.opensFile else { return nil }
    func value(_ name: String) -> (UInt64, Parameter)? {
      guard let index = layout.type.parameters.firstIndex(where: { $0.name == name }),
        case .integer(let value) = raw(layout, index, row: row)
      else { return nil }
      return (UInt64(bitPattern: value), layout.type.parameters[index])
    }
    let mode = value("mode")?.0 ?? 0
    // `creat` is an open for writing that makes the file.
    if layout.type.name == "creat" { return OpenKind(writes: true, creates: true, mode: mode) }
    // What is imported has other numbers, but the same names.
    guard let (flags, parameter) = value("flags"), let table = schema.flagTable(of: parameter) else {
      return OpenKind(reads: true, mode: mode)
    }
    let key = OpenKey(type: batch.types[row], flags: flags, mode: mode)
    if let known = openKinds[key] { return known }
    var kind = OpenKind(mode: mode)
    var hasAccess = false
    for name in table.text(for: flags, architecture: context.architecture).split(separator: "|") {
      switch name {
      case "O_RDONLY": (kind.reads, hasAccess) = (true, true)
      case "O_WRONLY": (kind.writes, hasAccess) = (true, true)
      case "O_RDWR": (kind.reads, kind.writes, hasAccess) = (true, true, true)
      case "O_CREAT": kind.creates = true
      case "O_TMPFILE": kind.isTemporary = true
      default: break
      }
    }
    if !hasAccess { kind.reads = true }
    openKinds[key] = kind
    return kind
  }
}

/// What decides how a file is opened.
struct OpenKey: Hashable {
  let type: UInt16
  let flags: UInt64
  let mode: UInt64
}

/// How a call opens a file.
struct OpenKind {
  var reads = false
  var writes = false
  var creates = false
  var isTemporary = false
  var mode: UInt64 = 0
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
