import EventBatch
import EventSchema

/// Writes all arguments of events as text, as `BatchView.appendArguments` does, many times faster.
///
/// For each type of event it is decided once how each of its parameters is written: most are plain numbers and texts, or
/// say the same whenever their number, or their object, is the same. What is left is asked of `BatchView`, which also makes
/// each of the texts that are remembered, so that there is one place that says what an argument looks like.
struct ArgumentWriter: ~Copyable {
  private let view: BatchView
  private var plans: [ArgumentPlan] = []
  /// For each type the plans of its parameters; `nil` until the first event of it.
  private var ranges: [Range<Int>?]
  /// What is remembered.
  private var heap = TextBuffer()
  /// For each object what stands in parentheses behind its descriptor.
  private var objects: [TextPiece]
  /// For each row of the string table whether it is a path that is shown as it is: 0 not known, 1 yes, 2 no.
  private var paths: [UInt8]

  /// What is remembered is bounded; beyond it everything is made anew.
  private static let mostHeap = 8 << 20

  init(_ view: BatchView) {
    self.view = view
    ranges = [Range<Int>?](repeating: nil, count: (view.schema.types.last.map { Int($0.id.rawValue) } ?? 0) + 1)
    objects = [TextPiece](repeating: .unknown, count: view.batch.dimensions.objects.count)
    paths = [UInt8](repeating: 0, count: view.batch.dimensions.strings.count)
  }

  /// Appends the arguments of the event in a row.
  mutating func append(_ row: Int, to text: inout TextBuffer) {
    let type = Int(view.batch.types[row])
    guard type < ranges.count else { return }
    let range: Range<Int>
    if let known = ranges[type] {
      range = known
    } else {
      range = makePlans(UInt16(type))
      ranges[type] = range
    }
    if range.isEmpty { return }
    let rank = Int(view.batch.ranks[row])
    for index in range {
      text.append(plans[index].name, of: heap)
      append(index, row, rank, to: &text)
    }
  }

  private mutating func makePlans(_ type: UInt16) -> Range<Int> {
    let start = plans.count
    guard let layout = view.layout(ofType: type) else { return start..<start }
    for index in layout.type.parameters.indices {
      let nameStart = heap.count
      if index > 0 { heap.append(UInt8(ascii: " ")) }
      heap.append(Array(layout.type.parameters[index].name.utf8))
      heap.append(UInt8(ascii: "="))
      let name = TextPiece(start: UInt32(nameStart), count: Int32(heap.count - nameStart), isComplete: true)
      plans.append(ArgumentPlan(name, index, layout, view.batch))
    }
    return start..<plans.count
  }

  private mutating func append(_ index: Int, _ row: Int, _ rank: Int, to text: inout TextBuffer) {
    let place = plans[index].isByRow ? row : rank
    switch plans[index].form {
    case .missing: appendMissing(to: &text)
    case .general: appendGeneral(index, row, to: &text)
    case .byObject: appendRemembered(index, Int64(view.batch.objects[row]), row, to: &text)
    case .byLineage: appendRemembered(index, Int64(view.batch.lineages[row]), row, to: &text)
    case .signed, .unsigned, .hexadecimal, .result, .descriptor, .object, .remembered, .path, .text, .bytes:
      guard place < plans[index].values.count, !plans[index].isMissing(place) else {
        return appendMissing(to: &text)
      }
      appendStored(index, row, place, plans[index].values[place], to: &text)
    }
  }

  private mutating func appendStored(_ index: Int, _ row: Int, _ place: Int, _ value: Int64, to text: inout TextBuffer)
  {
    switch plans[index].form {
    case .signed: text.append(decimal: value)
    case .unsigned: text.append(decimal: UInt64(bitPattern: value) & plans[index].mask)
    case .hexadecimal: text.append(hexadecimal: UInt64(bitPattern: value))
    case .result:
      if value >= 0 { text.append(decimal: value) } else { appendRemembered(index, value, row, to: &text) }
    case .descriptor, .object:
      let number = Int64(Int32(truncatingIfNeeded: value))
      if number < 0 { return appendRemembered(index, number, row, to: &text) }
      text.append(decimal: UInt64(number))
      if plans[index].form == .object { appendObject(Int(view.batch.objects[row]), to: &text) }
    case .remembered: appendRemembered(index, value, row, to: &text)
    case .path:
      guard value >= 0, value < Int64(paths.count) else { return appendMissing(to: &text) }
      let string = Int(value)
      if paths[string] == 0 { paths[string] = isNormalPath(view.batch.dimensions.strings[string]) ? 1 : 2 }
      if paths[string] == 2 { return appendGeneral(index, row, to: &text) }
      text.append(view.batch.dimensions.strings[string])
    case .text:
      guard value >= 0, value < Int64(paths.count) else { return appendMissing(to: &text) }
      text.append(view.batch.dimensions.strings[Int(value)])
    case .bytes:
      let start = place == 0 ? 0 : Int(plans[index].values[place - 1])
      text.append(printable: plans[index].bytes[start..<Int(value)])
    case .missing, .general, .byObject, .byLineage: appendGeneral(index, row, to: &text)
    }
  }

  private func appendMissing(to text: inout TextBuffer) {
    let missing: StaticString = "<NA>"
    text.append(UnsafeBufferPointer(start: missing.utf8Start, count: missing.utf8CodeUnitCount))
  }

  /// As `BatchView` says.
  private func appendGeneral(_ index: Int, _ row: Int, to text: inout TextBuffer) {
    guard let layout = view.layout(ofType: view.batch.types[row]),
      let argument = view.argumentText(layout, plans[index].parameter, row: row)
    else { return appendMissing(to: &text) }
    text.append(argument.plain)
    if let meaning = argument.meaning {
      text.append(UInt8(ascii: "("))
      text.append(meaning)
      text.append(UInt8(ascii: ")"))
    }
  }

  /// The same, made once for each key: equal keys look the same.
  private mutating func appendRemembered(_ index: Int, _ key: Int64, _ row: Int, to text: inout TextBuffer) {
    if let known = plans[index].memory[key] {
      text.append(known, of: heap)
      return
    }
    let start = text.count
    appendGeneral(index, row, to: &text)
    guard heap.count + text.count - start < ArgumentWriter.mostHeap else { return }
    let piece = TextPiece(start: UInt32(heap.count), count: Int32(text.count - start), isComplete: true)
    heap.append(TextPiece(start: UInt32(start), count: piece.count, isComplete: true), of: text)
    plans[index].memory[key] = piece
  }

  /// Appends what a descriptor stands for, in parentheses.
  private mutating func appendObject(_ object: Int, to text: inout TextBuffer) {
    guard object < objects.count else { return }
    if objects[object].isKnown {
      text.append(objects[object], of: heap)
      return
    }
    var shown: [UInt8] = [UInt8(ascii: "(")]
    view.appendObject(object, to: &shown)
    shown.append(UInt8(ascii: ")"))
    text.append(shown)
    guard heap.count + shown.count < ArgumentWriter.mostHeap else { return }
    objects[object] = TextPiece(start: UInt32(heap.count), count: Int32(shown.count), isComplete: true)
    heap.append(shown)
  }

  /// Whether a path is absolute and has no parts that would be taken out of it, so that there is nothing to add to it.
  private func isNormalPath(_ path: ArraySlice<UInt8>) -> Bool {
    path.first == UInt8(ascii: "/") && normalPath(path).elementsEqual(path)
  }
}

/// How one parameter of one type of event is written.
private struct ArgumentPlan {
  enum Form: UInt8 {
    /// No event has it.
    case missing
    case signed, unsigned, hexadecimal
    /// A number, or an error that has a name.
    case result
    /// A descriptor, and one that the event's object is behind.
    case descriptor, object
    /// Says the same for equal numbers.
    case remembered
    /// Says the same for the same object or thread.
    case byObject, byLineage
    case path, text, bytes
    /// Has to be asked for each event.
    case general
  }

  /// The name with what stands around it.
  let name: TextPiece
  /// The index in the type's parameters.
  let parameter: Int
  let form: Form
  /// The bits that count of an unsigned number.
  let mask: UInt64
  let values: [Int64]
  let bytes: [UInt8]
  /// Whether values are those of all events, not of those of the type.
  let isByRow: Bool
  private let missing: [Bool]
  var memory = TextMemory()

  init(_ name: TextPiece, _ index: Int, _ layout: TypeLayout, _ batch: EventBatch) {
    self.name = name
    parameter = index
    let described = layout.type.parameters[index]
    switch described.source {
    case .result:
      (values, bytes, isByRow, missing) = (batch.results, [], true, [])
      form = ArgumentPlan.form(of: described, isObject: index == layout.objectParameter)
    case .thread:
      form = ArgumentPlan.dependsOnOthers(described, .path) ? .general : .byLineage
      (values, bytes, isByRow, missing) = ([], [], false, [])
    case .object:
      form = ArgumentPlan.dependsOnOthers(described, .uid) ? .general : .byObject
      (values, bytes, isByRow, missing) = ([], [], false, [])
    case .argument, .capture, .field, .assembled:
      isByRow = false
      let column = layout.columns[index]
      guard layout.entry >= 0, batch.arguments[layout.entry].columns.indices.contains(column),
        batch.arguments[layout.entry].columns[column].isPresent
      else {
        (form, values, bytes, missing, mask) = (.missing, [], [], [], 0)
        return
      }
      let stored = batch.arguments[layout.entry].columns[column]
      (values, bytes) = (stored.values, stored.bytes)
      var flags: [Bool] = []
      if !stored.missing.isEmpty {
        flags = [Bool](repeating: false, count: stored.values.count)
        for rank in stored.missing where Int(rank) < flags.count { flags[Int(rank)] = true }
      }
      missing = flags
      let isEmpty = stored.missing.count == stored.values.count
      form = isEmpty ? .missing : ArgumentPlan.form(of: described, isObject: index == layout.objectParameter)
    }
    mask = described.type.unsignedValue(-1)
  }

  @inline(__always)
  func isMissing(_ place: Int) -> Bool {
    if isByRow { return values[place] == EventBatch.missing }
    return !missing.isEmpty && missing[place]
  }

  /// Whether what is read from a dimension row is shown by more than that row.
  /// - Parameter own: the type that is shown by the row after all.
  private static func dependsOnOthers(_ parameter: Parameter, _ own: ParameterType) -> Bool {
    if parameter.nameCondition != nil { return true }
    switch parameter.type {
    case .fd, .relativePath: return true
    case .path: return own != .path
    case .uid, .gid: return own == .uid
    default: return false
    }
  }

  /// What may be done with stored values of a parameter without asking `BatchView` for each event.
  private static func form(of parameter: Parameter, isObject: Bool) -> Form {
    // Names that depend on another argument.
    if parameter.nameCondition != nil { return .general }
    switch parameter.type {
    case .path, .relativePath: return .path
    case .string: return .text
    case .bytes: return parameter.flagTable == nil && !parameter.isPollList ? .bytes : .general
    case .fd: return isObject ? .object : .descriptor
    case .errno, .pid: return parameter.type == .errno ? .result : .remembered
    case .raw, .address: return .hexadecimal
    case .flags8, .flags16, .flags32, .flags64, .enumeration8, .enumeration16, .enumeration32, .mode, .signal, .boolean,
      .strings, .socketAddress:
      return .remembered
    case .uint8, .uint16, .uint32, .uint64, .port, .absoluteTime: return .unsigned
    case .int8, .int16, .int32, .int64: return .signed
    // Users are known by their containers; what else there is, and comes to be, is asked for.
    default: return .general
    }
  }
}

/// Pieces of text by a number: a small table in which a newer piece takes the place of an older one.
private struct TextMemory {
  private var keys: [Int64] = []
  private var pieces: [TextPiece] = []

  private static let size = 64

  subscript(key: Int64) -> TextPiece? {
    get {
      if keys.isEmpty { return nil }
      let slot = TextMemory.slot(key)
      return keys[slot] == key && pieces[slot].isKnown ? pieces[slot] : nil
    }
    set {
      guard let newValue else { return }
      if keys.isEmpty {
        keys = [Int64](repeating: 0, count: TextMemory.size)
        pieces = [TextPiece](repeating: .unknown, count: TextMemory.size)
      }
      keys[TextMemory.slot(key)] = key
      pieces[TextMemory.slot(key)] = newValue
    }
  }

  private static func slot(_ key: Int64) -> Int {
    Int(truncatingIfNeeded: (UInt64(bitPattern: key) &* 0x9E37_79B9_7F4A_7C15) >> 58)
  }
}
