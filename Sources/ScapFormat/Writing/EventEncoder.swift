import BinaryCoding
import EventBatch
import EventSchema

/// Writes events of one batch as blocks.
///
///     block   | 0x216, or 0x217 with flags | length | cpu u16 | flags u32 | event … | padding | length |
///
/// See `ScapBlock.eventLayout` for the event itself.
struct EventEncoder {
  let batch: EventBatch
  let threads: ThreadReader
  let objects: ObjectReader
  let dialect: ScapDialect
  let architecture: Architecture
  /// Processors are below this number; readers count by processor and do not check.
  let processors: UInt32
  /// Whether events were read from such a file.
  private let isImported: Bool
  /// For each type its place in the batch's arguments, -1 when there is none.
  private let arguments: [Int]

  init(_ batch: EventBatch, dialect: ScapDialect, architecture: Architecture, processors: UInt32) {
    self.batch = batch
    self.dialect = dialect
    self.architecture = architecture
    self.processors = max(processors, 1)
    isImported = batch.schema.type(ScapSchema.unknownType) != nil
    threads = ThreadReader(batch.dimensions)
    objects = ObjectReader(batch.dimensions)
    var arguments = [Int](repeating: -1, count: batch.schema.types.last.map { Int($0.id.rawValue) + 1 } ?? 0)
    for (index, entry) in batch.arguments.enumerated() where Int(entry.type.rawValue) < arguments.count {
      arguments[Int(entry.type.rawValue)] = index
    }
    self.arguments = arguments
  }

  /// Appends the block of an event.
  ///
  /// - Parameters:
  ///   - time: of the event, in nanoseconds of the epoch.
  ///   - thread: the row of the thread whose event it is.
  ///   - isShortened: of an imported event whether what older files do not have is left out at the end.
  func append(
    _ plan: EventPlan, row: Int, time: Int64, thread: Int?, isShortened: Bool, to output: inout ByteBuffer
  ) {
    let event = EventHead(
      time: time, tid: thread.flatMap { threads.number($0, .tid) } ?? -1, code: plan.code,
      cpu: UInt16(UInt32(batch.cpus[row]) % processors), isHidden: false)
    let parameters = isImported && isShortened ? plan.parameters.prefix(written(plan, row)) : plan.parameters[...]
    let start = event.begin(parameters: parameters.count, in: &output)
    for (index, parameter) in parameters.enumerated() {
      let before = output.count
      append(parameter, row: row, thread: thread, to: &output)
      event.set(size: output.count - before, of: index, start, in: &output)
    }
    event.end(start, in: &output)
  }

  /// How many parameters an imported event had: older files have the first ones of today's lists. Texts and bytes that are
  /// not there may have been empty; numbers were not, nor where nothing is there at all.
  private func written(_ plan: EventPlan, _ row: Int) -> Int {
    guard plan.parameters.contains(where: { !isMissing($0, row) }) else { return 0 }
    var count = plan.parameters.count
    while count > 1, plan.parameters[count - 1].type.size != nil, isMissing(plan.parameters[count - 1], row) {
      count -= 1
    }
    return count
  }

  private func isMissing(_ parameter: ParameterPlan, _ row: Int) -> Bool {
    switch parameter.source {
    case .absent: true
    case .result: batch.results[row] == EventBatch.missing
    default: parameter.column.map { column($0, row) == nil } ?? false
    }
  }

  /// The version of an imported call's events that has all that the event says.
  func version(_ plan: TypePlan, _ row: Int) -> OlderVersion? {
    guard let newest = plan.exit, !plan.older.isEmpty else { return nil }
    let present = Set(newest.parameters.compactMap(\.column).filter { column($0, row) != nil })
    return plan.older.first { $0.columns.isSuperset(of: present) }
  }

  private func append(_ parameter: ParameterPlan, row: Int, thread: Int?, to output: inout ByteBuffer) {
    switch parameter.source {
    case .absent: appendMissing(parameter.type, to: &output)
    case .constant(let value): append(number: Int64(bitPattern: value), parameter, to: &output)
    case .result: append(optional: value(batch.results[row]), parameter, to: &output)
    case .integer(let column): append(optional: integer(column, row), parameter, to: &output)
    case .text(let column): append(text: text(column, row), parameter.type, to: &output)
    case .bytes(let column): append(bytes: bytes(column, row), parameter, to: &output)
    case .written(let column):
      guard let value = text(column, row) else { return }
      output.append(bytes: value.prefix(ScapLimits.words))
      if value.first.map(UInt16.init) == SocketAddress.unixFamily { output.append(UInt8(0)) }
    case .executed(let column):
      let (name, path) = (text(column, row), thread.map { threads.imageText($0, .path) })
      let isTold = batch.results[row] == 0 && name?.first != UInt8(ascii: "/") && path?.first == UInt8(ascii: "/")
      append(text: isTold ? path : name, parameter.type, to: &output)
    case .systemCall(let column):
      let code = UInt16(truncatingIfNeeded: integer(column, row) ?? 0)
      output.append(dialect == .current || Int(code) < EventPlanner.classicCodes ? code : 0)
    case .polled(let column, let isAnswer):
      appendPolled(bytes(column, row), isAnswer: isAnswer, table: pollFlags, to: &output)
    case .socketOption(let column, let option):
      appendOption(bytes(column, row), integer(option, row), to: &output)
    case .thread(let column):
      append(optional: thread.flatMap { threads.number($0, column) }, parameter, to: &output)
    case .threadText(let column):
      append(text: thread.map { threads.text($0, column) }, parameter.type, to: &output)
    case .image(let column):
      append(optional: thread.flatMap { threads.imageNumber($0, column) }, parameter, to: &output)
    case .imageText(let column):
      append(text: thread.map { threads.imageText($0, column) }, parameter.type, to: &output)
    case .exe: append(text: thread.map { threads.exe($0) }, parameter.type, to: &output)
    case .processName: append(text: thread.map { threads.name($0) }, parameter.type, to: &output)
    case .controlGroups: append(text: thread.map { threads.controlGroups($0)[...] }, parameter.type, to: &output)
    case .executableFlags:
      append(optional: thread.map { Int64(threads.executableFlags($0)) }, parameter.withoutTable, to: &output)
    case .object(let column):
      let object = object(row)
      append(optional: object.flatMap { objects.number($0, column) }, parameter, to: &output)
    case .tuple(let isInbound):
      if let object = object(row) { _ = objects.appendTuple(object, isInbound: isInbound, to: &output) }
    case .descriptorOrError:
      let result = value(batch.results[row]) ?? 0
      output.append(UInt8(result < 0 ? 1 : 0))
      output.append(result)
    case .selected(let column, let first):
      guard let value = integer(column, row) else { return }
      output.append(first)
      output.append(value)
    }
  }

  /// The object's row.
  func object(_ row: Int) -> Int? {
    let object = Int(batch.objects[row])
    return object < batch.dimensions.objects.count ? object : nil
  }

  private func value(_ value: Int64) -> Int64? { value == EventBatch.missing ? nil : value }

  private func column(_ index: Int, _ row: Int) -> (ArgumentColumn, Int)? {
    let entry = arguments[Int(batch.types[row])]
    guard entry >= 0, index < batch.arguments[entry].columns.count else { return nil }
    let column = batch.arguments[entry].columns[index]
    let rank = Int(batch.ranks[row])
    guard column.isPresent, rank < column.values.count, !column.isMissing(rank) else { return nil }
    return (column, rank)
  }

  /// An argument that is a number.
  func integer(_ index: Int, _ row: Int) -> Int64? { column(index, row).map { $0.0.values[$0.1] } }

  /// An argument that is a text.
  func text(_ index: Int, _ row: Int) -> ArraySlice<UInt8>? {
    column(index, row).map { threads.text($0.0.values[$0.1]) }
  }

  /// An argument that is bytes.
  func bytes(_ index: Int, _ row: Int) -> ArraySlice<UInt8>? { column(index, row).map { $0.0.bytes(at: $0.1) } }

  private var pollFlags: FlagTable? { batch.schema.flagTables.first { $0.name == "poll_flags" } }
}

extension ParameterPlan {
  /// The parameter with its value as it is.
  fileprivate var withoutTable: ParameterPlan { ParameterPlan(type: type, source: source) }
}
