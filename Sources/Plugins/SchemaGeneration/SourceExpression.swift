import EventSchema

/// The text that says where a parameter comes from, taken apart: `struct(arg2,24).u64@8`.
struct SourceExpression {
  /// The part of a captured structure that is meant.
  struct Field {
    var offset: UInt16
    var size: UInt8
    /// Whether the text says that the number has a sign.
    var isSigned: Bool
  }

  enum Value {
    case plain(ParameterSource)
    case capture(Capture, Field?)
  }

  let value: Value

  init(_ text: String, place: String) throws(SchemaGenerationError) {
    func fail(_ problem: String) -> SchemaGenerationError { SchemaGenerationError(place, "\(problem) in \"\(text)\"") }

    if text == "ret" { self.value = .plain(.result); return }
    if text == "assembled" { self.value = .plain(.assembled); return }
    if text.hasPrefix("thread.") {
      let field = String(text.dropFirst(7))
      guard Self.threadFields.contains(field) else { throw fail("threads have no field \"\(field)\"") }
      self.value = .plain(.thread(field))
      return
    }
    if text.hasPrefix("object.") {
      let field = String(text.dropFirst(7))
      guard Self.objectFields.contains(field) else { throw fail("objects have no field \"\(field)\"") }
      self.value = .plain(.object(field))
      return
    }
    if let index = Self.argument(text) { self.value = .plain(.argument(index)); return }

    guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")"), open < close else {
      throw fail("unknown source")
    }
    let name = String(text[..<open])
    let operands = text[text.index(after: open)..<close].split(separator: ",", omittingEmptySubsequences: false)
      .map(String.init)
    let rest = String(text[text.index(after: close)...])
    guard let form = Self.forms[name] else { throw fail("unknown capture \"\(name)\"") }
    guard operands.count == form.operands.count else {
      throw fail("\(name) takes \(form.operands.count) operands, not \(operands.count),")
    }
    var arguments: [UInt8] = []
    var size: UInt16 = 0
    for (operand, kind) in zip(operands, form.operands) {
      switch kind {
      case .argument:
        guard let index = Self.argument(operand) else { throw fail("\"\(operand)\" is no argument (arg0 to arg5)") }
        arguments.append(index)
      case .size:
        guard let number = UInt16(operand), number > 0, number <= 1024 else {
          throw fail("\"\(operand)\" is no size from 1 to 1024")
        }
        size = number
      }
    }
    let capture = Capture(
      kind: form.kind, pointer: arguments[0], lengthArgument: arguments.count > 1 ? arguments[1] : 0xFF, size: size,
      onSuccess: form.onSuccess)
    guard !rest.isEmpty else { self.value = .capture(capture, nil); return }
    guard capture.kind == .structure || capture.kind == .structureArray else {
      throw fail("only structures have fields")
    }
    let parts = rest.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, let width = Self.widths[String(parts[0])], let offset = UInt16(parts[1]) else {
      throw fail("a field reads like .u64@8, not \(rest)")
    }
    // Fields of an array may lie in any element; in one that is not there, they are missing.
    let bytes = width.size == CallLayout.narrowTimespec ? 8 : Int(width.size)
    guard Int(offset) + bytes <= (capture.kind == .structure ? Int(size) : 1024) else {
      throw fail("the field ends behind the structure")
    }
    self.value = .capture(capture, Field(offset: offset, size: width.size, isSigned: width.isSigned))
  }

  /// What a thread row or its image can be asked for. `flags` says how the executable is special (`EXE_WRITABLE` …).
  static let threadFields: Set<String> = [
    "tid", "pid", "ppid", "vtid", "vpid", "comm", "exe", "args", "env", "cwd", "exepath", "uid", "gid", "euid", "egid",
    "loginuid", "sid", "pgid", "vpgid", "tty", "cap_inheritable", "cap_permitted", "cap_effective", "cgroups",
    "fdlimit",
    "vm_size", "vm_rss", "vm_swap", "pgft_maj", "pgft_min", "pidns_init_start_ts", "exe_ino", "exe_ino_ctime",
    "exe_ino_mtime", "flags",
  ]

  /// What an object row can be asked for.
  static let objectFields: Set<String> = ["tuple", "name", "dev", "ino", "source", "peer"]

  private enum Operand { case argument, size }

  private struct Form {
    var kind: Capture.Kind
    var operands: [Operand]
    var onSuccess: Bool
  }

  /// What the kernel writes is there only when the call succeeded; what the task wrote always is.
  private static let forms: [String: Form] = [
    "string": Form(kind: .string, operands: [.argument], onSuccess: false),
    "string_out": Form(kind: .string, operands: [.argument], onSuccess: true),
    "struct": Form(kind: .structure, operands: [.argument, .size], onSuccess: false),
    "struct_out": Form(kind: .structure, operands: [.argument, .size], onSuccess: true),
    "structs": Form(kind: .structureArray, operands: [.argument, .size, .argument], onSuccess: false),
    "structs_out": Form(kind: .structureArray, operands: [.argument, .size, .argument], onSuccess: true),
    "sockaddr": Form(kind: .socketAddress, operands: [.argument, .argument], onSuccess: false),
    "sockaddr_out": Form(kind: .socketAddressOut, operands: [.argument, .argument], onSuccess: true),
    "counted_out": Form(kind: .socketAddressOut, operands: [.argument, .argument], onSuccess: true),
    "payload": Form(kind: .payload, operands: [.argument], onSuccess: true),
    "payload_within": Form(kind: .payload, operands: [.argument, .argument], onSuccess: true),
    "vector": Form(kind: .vector, operands: [.argument, .argument], onSuccess: true),
    "message": Form(kind: .message, operands: [.argument], onSuccess: true),
    "messages": Form(kind: .messages, operands: [.argument], onSuccess: true),
    "message_name": Form(kind: .messageName, operands: [.argument], onSuccess: false),
    "message_name_out": Form(kind: .messageName, operands: [.argument], onSuccess: true),
    "message_control": Form(kind: .messageControl, operands: [.argument], onSuccess: false),
    "message_control_out": Form(kind: .messageControl, operands: [.argument], onSuccess: true),
    "strings": Form(kind: .stringArray, operands: [.argument], onSuccess: false),
    "buffer": Form(kind: .buffer, operands: [.argument, .argument], onSuccess: false),
    "buffer_out": Form(kind: .buffer, operands: [.argument, .argument], onSuccess: true),
  ]

  private static let widths: [String: (size: UInt8, isSigned: Bool)] = [
    ".u8": (1, false), ".u16": (2, false), ".u32": (4, false), ".u64": (8, false),
    ".i8": (1, true), ".i16": (2, true), ".i32": (4, true), ".i64": (8, true), ".timespec": (16, false),
    // In layouts of the 32-bit entry only.
    ".timespec32": (CallLayout.narrowTimespec, false),
  ]

  /// The text of a capture: the opposite of reading one.
  static func text(_ capture: Capture, holds type: ParameterType) -> String {
    let count = 1 + (capture.size > 0 ? 1 : 0) + (capture.lengthArgument != 0xFF ? 1 : 0)
    let names = forms.filter {
      $0.value.kind == capture.kind && $0.value.onSuccess == capture.onSuccess && $0.value.operands.count == count
    }.keys
    // One kind of capture has two names, for an address and for any other bytes.
    let name = names.first { ($0 == "counted_out") == (type == .bytes) || names.count == 1 } ?? "?"
    var operands = ["arg\(capture.pointer)"]
    if capture.size > 0 { operands.append("\(capture.size)") }
    if capture.lengthArgument != 0xFF { operands.append("arg\(capture.lengthArgument)") }
    return "\(name)(\(operands.joined(separator: ",")))"
  }

  private static func argument(_ text: String) -> UInt8? {
    guard text.utf8.count == 4, text.hasPrefix("arg"), let index = UInt8(text.dropFirst(3)), index < 6 else {
      return nil
    }
    return index
  }
}
