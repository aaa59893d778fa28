import EventBatch
import EventSchema

/// One argument as text: what it is, and what it stands for (`3` and `<f>/etc/passwd`).
struct ArgumentText {
  var plain: [UInt8] = []
  /// The meaning, when there is one beyond the plain text.
  var meaning: [UInt8]?
}

extension BatchView {
  /// `evt.arg`: the meaning of an argument where it has one, else its plain text.
  func argument(_ argument: FieldArgument, row: Int) -> FieldValue {
    guard let layout = layout(ofType: batch.types[row]), let index = parameter(argument, in: layout),
      let text = argumentText(layout, index, row: row)
    else { return .missing }
    return .text((text.meaning ?? text.plain)[...])
  }

  /// Appends all arguments: `fd=3(<f>/etc/passwd) size=4096`.
  func appendArguments(row: Int, to line: inout [UInt8]) {
    guard let layout = layout(ofType: batch.types[row]) else { return }
    for index in layout.type.parameters.indices {
      if index > 0 { line.append(UInt8(ascii: " ")) }
      line.append(contentsOf: layout.type.parameters[index].name.utf8)
      line.append(UInt8(ascii: "="))
      guard let text = argumentText(layout, index, row: row) else {
        line.append(contentsOf: "<NA>".utf8)
        continue
      }
      line.append(contentsOf: text.plain)
      if let meaning = text.meaning {
        line.append(UInt8(ascii: "("))
        line.append(contentsOf: meaning)
        line.append(UInt8(ascii: ")"))
      }
    }
  }

  /// One argument as text, `nil` when it is not there.
  func argumentText(_ layout: TypeLayout, _ index: Int, row: Int) -> ArgumentText? {
    let parameter = layout.type.parameters[index]
    var text = ArgumentText()
    switch raw(layout, index, row: row) {
    case .missing: return nil
    case .bytes(let bytes) where parameter.isPollList: show(PollEntry.all(in: bytes), of: parameter, in: &text)
    case .bytes(let bytes): text.plain = bytes.map { isPrintable($0) ? $0 : UInt8(ascii: ".") }
    case .text(let bytes): show(bytes, of: parameter, layout, index, row: row, in: &text)
    case .integer(let value): show(value, of: parameter, layout, index, row: row, in: &text)
    }
    // Flags without any name are their own meaning.
    if text.meaning == text.plain { text.meaning = nil }
    return text
  }

  /// Shows each descriptor with what came: `3:POLLIN 5:0`.
  private func show(_ entries: [PollEntry], of parameter: Parameter, in text: inout ArgumentText) {
    for (index, entry) in entries.enumerated() {
      if index > 0 { text.plain.append(UInt8(ascii: " ")) }
      appendDecimal(Int64(entry.descriptor), to: &text.plain)
      text.plain.append(UInt8(ascii: ":"))
      let names = schema.flagTable(of: parameter)?.text(for: UInt64(entry.came), architecture: context.architecture)
      text.plain.append(contentsOf: (names ?? "\(entry.came)").utf8)
    }
  }

  private func show(
    _ bytes: ArraySlice<UInt8>, of parameter: Parameter, _ layout: TypeLayout, _ index: Int, row: Int,
    in text: inout ArgumentText
  ) {
    switch parameter.type {
    case .strings:
      // Lists are shown as the ecosystem shows them: a dot for each NUL.
      text.plain = bytes.map { $0 == 0 ? UInt8(ascii: ".") : $0 }
    case .socketAddress:
      appendAddress(bytes, to: &text.plain)
    case .socketTuple where parameter.source.isStored:
      appendTuple(bytes, to: &text.plain)
    case .path, .relativePath:
      text.plain = Array(bytes)
      if let absolute = absolutePath(layout, index, row: row), !absolute.elementsEqual(bytes) {
        text.meaning = absolute
      }
    default:
      text.plain = Array(bytes)
    }
  }

  private func show(
    _ value: Int64, of parameter: Parameter, _ layout: TypeLayout, _ index: Int, row: Int, in text: inout ArgumentText
  ) {
    switch parameter.type {
    case .errno:
      appendDecimal(value, to: &text.plain)
      if isError(value) { text.meaning = Array(errorName(-value).utf8) }
    case .fd:
      let number = Int64(Int32(truncatingIfNeeded: value))
      appendDecimal(number, to: &text.plain)
      text.meaning = meaning(ofDescriptor: number, layout, index, row: row)
    case .pid:
      appendDecimal(value, to: &text.plain)
      text.meaning = isError(value) ? Array(errorName(-value).utf8) : processName(value, parameter, row: row)
    case .uid, .gid:
      let number = Int64(Int32(truncatingIfNeeded: value))
      appendDecimal(number, to: &text.plain)
      if number == -1 {
        text.meaning = Array("<NONE>".utf8)
      } else if let thread = thread(ofLineage: Int(batch.lineages[row])) {
        let container = batch.dimensions.threads[thread, .container]
        let name = user(number, isGroup: parameter.type == .gid, container: container, .label)
        text.meaning = name.bytesValue.map { Array($0) }
      }
    case .flags8, .flags16, .flags32, .flags64, .enumeration8, .enumeration16, .enumeration32:
      let bits = parameter.type.unsignedValue(value)
      appendDecimal(bits, to: &text.plain)
      guard namesHold(parameter, layout, row: row) else { return }
      text.meaning = names(of: bits, parameter)
    case .mode:
      let bits = parameter.type.unsignedValue(value)
      text.plain = bits == 0 ? [UInt8(ascii: "0")] : Array(("0" + String(bits, radix: 8)).utf8)
      text.meaning = schema.flagTable(of: parameter).map {
        Array($0.text(for: bits, architecture: context.architecture).utf8)
      }
    case .signal:
      appendDecimal(parameter.type.unsignedValue(value), to: &text.plain)
      text.meaning = SignalNames.name(of: Int(value & 0xFF)).map { Array($0.utf8) }
    case .boolean:
      text.plain = Array((value != 0 ? "true" : "false").utf8)
    case .relativeTime:
      appendDecimal(UInt64(bitPattern: value), to: &text.plain)
      text.meaning = Array((durationText(value) + "s").utf8)
    case .raw, .address:
      appendHexadecimal(UInt64(bitPattern: value), to: &text.plain)
    default:
      if parameter.type.isUnsigned {
        appendDecimal(parameter.type.unsignedValue(value), to: &text.plain)
      } else {
        appendDecimal(value, to: &text.plain)
      }
    }
  }

  /// Whether the names of a parameter's flag table apply: some depend on a parameter before it.
  private func namesHold(_ parameter: Parameter, _ layout: TypeLayout, row: Int) -> Bool {
    guard let condition = parameter.nameCondition else { return true }
    let decider = Int(condition.parameter)
    guard layout.type.parameters.indices.contains(decider), case .integer(let value) = raw(layout, decider, row: row)
    else { return false }
    return layout.type.parameters[decider].type.unsignedValue(value) == condition.value
  }

  /// The names of flags, or the one of an enumeration.
  private func names(of bits: UInt64, _ parameter: Parameter) -> [UInt8]? {
    guard let table = schema.flagTable(of: parameter) else { return nil }
    switch parameter.type {
    case .enumeration8, .enumeration16, .enumeration32:
      return table.name(of: bits, architecture: context.architecture).map { Array($0.utf8) }
    default:
      return Array(table.text(for: bits, architecture: context.architecture).utf8)
    }
  }

  /// What a descriptor number stands for: the event's object, the working directory, or an error.
  private func meaning(ofDescriptor number: Int64, _ layout: TypeLayout, _ index: Int, row: Int) -> [UInt8]? {
    if number == -100 { return Array("AT_FDCWD".utf8) }
    if isError(number) { return Array(errorName(-number).utf8) }
    let object = Int(batch.objects[row])
    guard index == layout.objectParameter, object < batch.dimensions.objects.count else { return nil }
    var text: [UInt8] = []
    appendObject(object, to: &text)
    return text
  }

  /// The name of the process that a number stands for. What a call was given or returned is a number of the caller's pid
  /// namespace, in which the same number may be another process than on the machine.
  private func processName(_ pid: Int64, _ parameter: Parameter, row: Int) -> [UInt8]? {
    guard pid > 0 else { return nil }
    var found = leadersByPid[pid]
    if isVirtual(parameter), let own = thread(ofLineage: Int(batch.lineages[row])) {
      let threads = batch.dimensions.threads
      let number = threads[own, .virtualTid]
      if number != EventBatch.missing, number != threads[own, .tid] {
        found = leadersByVirtualPid[VirtualPid(namespace: threads[own, .pidNamespace], pid: pid)]
      }
    }
    return found.flatMap { name(ofThread: $0).bytesValue.map { Array($0) } }
  }

  /// Whether a process id is one of the caller's pid namespace.
  private func isVirtual(_ parameter: Parameter) -> Bool {
    switch parameter.source {
    case .result, .argument, .capture, .field: true
    case .thread, .object, .assembled: parameter.name == "vtid" || parameter.name == "vpid"
    }
  }

  private func durationText(_ nanoseconds: Int64) -> String {
    var text: [UInt8] = []
    appendDecimal(UInt64(bitPattern: nanoseconds) / 1_000_000_000, to: &text)
    var fraction: [UInt8] = []
    appendDecimal(UInt64(bitPattern: nanoseconds) % 1_000_000_000, width: 9, to: &fraction)
    while fraction.last == UInt8(ascii: "0") { fraction.removeLast() }
    if !fraction.isEmpty { text += [UInt8(ascii: ".")] + fraction }
    return String(decoding: text, as: UTF8.self)
  }
}

/// Appends one end of a connection, given in the layout of `SocketAddress`, as the ecosystem writes it.
private func appendAddress(_ bytes: ArraySlice<UInt8>, to text: inout [UInt8]) {
  let rest = bytes.dropFirst()
  func port() -> Int64 { Int64(rest[rest.endIndex - 2]) | Int64(rest[rest.endIndex - 1]) << 8 }
  switch bytes.first.map(UInt16.init) {
  case SocketAddress.ipv4Family where rest.count == 6: appendEndpoint(rest.prefix(4), port(), to: &text)
  case SocketAddress.ipv6Family where rest.count == 18: appendEndpoint(rest.prefix(16), port(), to: &text)
  case SocketAddress.unixFamily: text.append(contentsOf: SocketAddress.pathText(rest).utf8)
  default: text.append(contentsOf: SocketAddress.text(bytes).utf8)
  }
}

private func isPrintable(_ byte: UInt8) -> Bool { byte >= 0x20 && byte < 0x7F }

/// Appends both ends of a connection as imported events have them: the family, then one end after the other, those of unix
/// sockets as addresses in the kernel and one path.
private func appendTuple(_ bytes: ArraySlice<UInt8>, to text: inout [UInt8]) {
  let rest = bytes.dropFirst()
  func number(_ offset: Int, _ size: Int) -> UInt64 {
    rest.dropFirst(offset).prefix(size).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
  func append(_ size: Int) {
    appendConnection(
      (rest.prefix(size), Int64(number(size, 2))),
      (rest.dropFirst(size + 2).prefix(size), Int64(number(2 * size + 2, 2))), to: &text)
  }
  switch bytes.first {
  case 2 where rest.count >= 12: append(4)
  case 10 where rest.count >= 36: append(16)
  case 1 where rest.count >= 16:
    text.append(contentsOf: "\(String(number(0, 8), radix: 16))->\(String(number(8, 8), radix: 16))".utf8)
    let path = rest.dropFirst(16)
    if !path.isEmpty { text.append(UInt8(ascii: " ")) }
    text.append(contentsOf: path)
  default: text.append(contentsOf: "family \(bytes.first ?? 0)".utf8)
  }
}
