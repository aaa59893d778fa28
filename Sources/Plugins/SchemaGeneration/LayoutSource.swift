import EventSchema

/// What of `events.json` matters to a recorder alone: layouts of calls elsewhere than on x86_64, and conditions of captures.
struct RecorderSource {
  /// `CallLayout` says what a word is.
  var layouts: [UInt64] = []
  var conditions: [CaptureCondition] = []
  /// Calls that have a layout at the 32-bit entry.
  var narrowTypes: Set<EventTypeID> = []

  /// - Parameters:
  ///   - events: the list of events, which `schema` was made from.
  ///   - layouts: by entry, by call, lists of `[parameter, source]`; the source `same` is that of x86_64.
  init(events: [Any], layouts: Object, schema: Schema) throws(SchemaGenerationError) {
    for case let event as [String: Any] in events {
      guard let name = event["name"] as? String, let type = schema.types.first(where: { $0.name == name }) else {
        continue
      }
      for case let words as [String] in event["parameters"] as? [Any] ?? [] where words.count == 4 {
        let place = "event \"\(name)\", parameter \"\(words[0])\""
        guard let test = try captureTest(words[3], of: type, place: place) else { continue }
        let parameter = type.parameters.first { $0.name == words[0] }
        let capture: UInt8
        switch parameter?.source {
        case .capture(let index), .field(let index, _, _): capture = index
        default: throw SchemaGenerationError(place, "only what is captured can be left out")
        }
        let condition = CaptureCondition(type: type.id, capture: capture, test: test)
        if !conditions.contains(condition) { conditions.append(condition) }
      }
    }
    try layouts.allow(["aarch64", "i386"])
    for (key, entry) in [("aarch64", CallLayout.Entry.aarch64), ("i386", .i386)] {
      guard let calls = layouts.fields[key] as? [String: Any] else {
        throw SchemaGenerationError("layouts", "needs the object \"\(key)\"")
      }
      for (call, list) in calls.sorted(by: { $0.key < $1.key }) {
        let place = "layouts, \(key), \"\(call)\""
        guard let type = schema.types.first(where: { $0.systemCall == call }), let list = list as? [[String]] else {
          throw SchemaGenerationError(place, "is no call, or no list of [parameter, source]")
        }
        try addLayout(entry, type, list, place: place)
        if entry == .i386 { narrowTypes.insert(type.id) }
      }
    }
  }

  private mutating func addLayout(
    _ entry: CallLayout.Entry, _ type: EventType, _ list: [[String]], place: String
  ) throws(SchemaGenerationError) {
    let head = entry.rawValue | UInt64(type.id.rawValue) << 1
    var sizes: [Int: UInt16] = [:]
    for words in list {
      guard words.count == 2, let index = type.parameters.firstIndex(where: { $0.name == words[0] }) else {
        throw SchemaGenerationError(place, "\(words) is no [parameter, source] of the call")
      }
      let parameter = type.parameters[index]
      func fail(_ problem: String) -> SchemaGenerationError {
        SchemaGenerationError("\(place), \"\(words[0])\"", problem)
      }
      let (capture, offset, size): (Int, UInt16, UInt8)
      if words[1] == "same" {
        // An array of structures with names has no fields.
        if case .capture(let index) = parameter.source {
          sizes[Int(index)] = type.captures[Int(index)].size
          continue
        }
        guard case .field(let number, let at, let width) = parameter.source else { throw fail("is not captured") }
        (capture, offset, size) = (Int(number), at, width)
        sizes[capture] = max(sizes[capture] ?? 0, type.captures[capture].size)
      } else {
        switch try SourceExpression(words[1], place: place).value {
        case .plain(.argument(let argument)):
          layouts.append(head | UInt64(index) << 19 | UInt64(argument) << 27)
          continue
        case .capture(let wanted, let field?):
          // The same structure, whatever its size.
          guard
            let number = type.captures.firstIndex(where: {
              $0.kind == wanted.kind && $0.pointer == wanted.pointer && $0.lengthArgument == wanted.lengthArgument
                && $0.onSuccess == wanted.onSuccess
            })
          else { throw fail("the call captures nothing of that kind") }
          guard sizes[number] == nil || sizes[number] == wanted.size else { throw fail("sizes differ") }
          (capture, offset, size) = (number, field.offset, field.size)
          sizes[capture] = wanted.size
        default: throw fail("reads argN, a field of a structure, or same")
        }
      }
      layouts.append(
        head | 1 << 17 | UInt64(index) << 19 | UInt64(capture) << 27 | UInt64(size) << 35 | UInt64(offset) << 43)
    }
    for (capture, size) in sizes.sorted(by: { $0.key < $1.key }) {
      layouts.append(head | 2 << 17 | UInt64(capture) << 19 | UInt64(size) << 27)
    }
  }
}

/// A condition that the recorder alone keeps: `ret>0`, or `op&127=0|6|9`; `nil` for one of names.
private func captureTest(
  _ text: String, of type: EventType, place: String
) throws(SchemaGenerationError) -> CaptureCondition.Test? {
  if text == "ret>0" { return .positiveResult }
  guard text.contains("&") else { return nil }
  let parts = text.split(separator: "=").map(String.init)
  guard parts.count == 2, parts[0].hasSuffix("&127"),
    let parameter = type.parameters.first(where: { $0.name == parts[0].dropLast(4) }),
    case .argument(let argument) = parameter.source
  else { throw SchemaGenerationError(place, "a condition reads \"op&127=0|6\", op being an argument") }
  var set: UInt64 = 0
  for word in parts[1].split(separator: "|") {
    guard let value = UInt64(word), value < 64 else { throw SchemaGenerationError(place, "\(word) is not below 64") }
    set |= 1 << value
  }
  return .argument(argument, isIn: set)
}

/// The text of `Sources/EventSchema/Generated/RecorderTable.swift`.
func renderRecorderTable(_ source: RecorderSource) -> String {
  var conditions: [UInt64] = []
  for condition in source.conditions {
    var word = UInt64(condition.type.rawValue) | UInt64(condition.capture) << 16
    var values: UInt64 = 0
    if case .argument(let argument, let set) = condition.test {
      word |= UInt64(argument) << 24
      values = set
    }
    conditions += [word, values]
  }
  return """
    // Generated by SchemaGenerator from formats/events.json. Do not edit: change that file and run
    // `swift run SchemaGenerator`.

    /// What only a recorder needs, packed as `CallLayout` and `CaptureCondition` unpack it.
    enum RecorderTable {
      static let layouts: [UInt64] = [
    \(hexLines(source.layouts))
      ]

      static let conditions: [UInt64] = [
    \(hexLines(conditions))
      ]
    }

    """
}

/// Numbers in hexadecimal, in lines of a list.
func hexLines(_ values: [UInt64]) -> String {
  var lines: [String] = []
  var line = "   "
  for value in values {
    let piece = " 0x\(String(value, radix: 16)),"
    if line.count + piece.count > 116 {
      lines.append(line)
      line = "   "
    }
    line += piece
  }
  return (lines + [line]).joined(separator: "\n")
}
