import CaptureFormat
import EventBatch
import EventSchema

/// Prints selected events, as lines of text or of JSON.
///
///     let printer = EventPrinter(format: try .standard(schema: schema), style: .text)
///     let lines = printer.lines(for: batch)
public struct EventPrinter: Sendable {
  /// How events are written.
  public enum Style: Sendable, Hashable {
    case text
    /// One JSON object a line; keys are the names of fields.
    case json
    /// Comma-separated values, a line an event; see `heading`.
    case csv
  }

  /// What is printed.
  public let format: LineFormat
  /// How.
  public let style: Style
  private let schema: Schema

  /// A printer for events of a schema.
  public init(format: LineFormat, style: Style, schema: Schema) {
    self.format = format
    self.style = style
    self.schema = schema
  }

  /// Which columns the format reads.
  public var columns: ColumnSelection {
    var columns = ColumnSet()
    for operand in format.operands { operand.forEachField { $0.addColumns(to: &columns, schema: schema) } }
    if format.tokens.contains(where: { if case .container = $0 { true } else { false } }) {
      columns.core.insert(.lineages)
    }
    return columns.selection
  }

  /// The names of the fields as a line of comma-separated values.
  public var heading: [UInt8] {
    var line: [UInt8] = []
    for name in format.names {
      if !line.isEmpty { line.append(UInt8(ascii: ",")) }
      appendCSV(name.utf8, to: &line)
    }
    line.append(UInt8(ascii: "\n"))
    return line
  }

  /// The lines of selected events, each with its line feed. Events that lack a value are left out, unless the format
  /// tolerates that.
  /// - Parameter limit: the most lines wanted.
  public func lines(for events: SelectedEvents, limit: Int = .max) -> PrintedLines {
    var writer = EventWriter(events.view, format, style)
    var text: [UInt8] = []
    text.reserveCapacity(min(events.rows.count, limit) * 128)
    var ends: [Int] = []
    for row in events.rows {
      if ends.count >= limit { break }
      if writer.append(Int(row), to: &text) { ends.append(text.count) }
    }
    return PrintedLines(text: text, ends: ends)
  }

  /// The lines of all events of a batch.
  public func lines(for batch: EventBatch, context: ScanContext = ScanContext()) -> PrintedLines {
    let view = BatchView(batch, context: context, previousExit: nil)
    return lines(for: SelectedEvents(view: view, rows: (0..<UInt32(batch.count)).map { $0 }))
  }
}

/// Lines of text, ready to be written.
public struct PrintedLines: Sendable {
  /// All lines, one behind the other, each with its line feed.
  public let text: [UInt8]
  /// Where each line ends.
  public let ends: [Int]

  /// How many lines there are.
  public var count: Int { ends.count }

  /// The first lines; all when there are not so many.
  public func prefix(_ count: Int) -> ArraySlice<UInt8> {
    count >= ends.count ? text[...] : count <= 0 ? text[..<0] : text[..<ends[count - 1]]
  }
}

/// One part of a line, with a place for what it looked like for each row of its dimension.
private indirect enum PrintStep {
  case text([UInt8])
  case value(Operand, Domain, name: String, width: Int, slot: Int)
  case container([PrintStep])
}

/// Writes the events of one batch. What a dimension row looks like is made once and kept.
private struct EventWriter {
  private let view: BatchView
  private let toleratesMissing: Bool
  private let style: EventPrinter.Style
  private var steps: [PrintStep] = []
  /// For each value what it looks like, by row of its dimension.
  private var caches: [[[UInt8]?]] = []
  private let missingText: [UInt8]

  init(_ view: BatchView, _ format: LineFormat, _ style: EventPrinter.Style) {
    self.view = view
    self.style = style
    toleratesMissing = format.toleratesMissing
    missingText =
      switch style {
      case .text: Array("<NA>".utf8)
      case .json: Array("null".utf8)
      case .csv: []
      }
    steps = makeSteps(format.tokens)
  }

  private mutating func makeSteps(_ tokens: [LineFormat.Token]) -> [PrintStep] {
    var steps: [PrintStep] = []
    for token in tokens {
      switch token {
      case .text(let bytes): steps.append(.text(bytes))
      case .container(let inner): steps.append(.container(makeSteps(inner)))
      case .value(let operand, let name, let width):
        let rows: Int =
          switch operand.domain {
          case .event: 0
          case .constant: 1
          case .type: (view.schema.types.last.map { Int($0.id.rawValue) } ?? 0) + 1
          case .lineage: view.batch.dimensions.lineages.count
          case .object: view.batch.dimensions.objects.count
          }
        steps.append(.value(operand, operand.domain, name: name, width: width, slot: caches.count))
        caches.append([[UInt8]?](repeating: nil, count: rows))
      }
    }
    return steps
  }

  /// Appends an event.
  /// - Returns: false, with nothing appended, when a value is missing that must not be.
  mutating func append(_ row: Int, to text: inout [UInt8]) -> Bool {
    let start = text.count
    let isComplete =
      switch style {
      case .text: appendText(steps, row, to: &text)
      case .json: appendObject(row, to: &text)
      case .csv: appendValues(row, to: &text)
      }
    if !isComplete, !toleratesMissing {
      text.removeSubrange(start...)
      return false
    }
    text.append(UInt8(ascii: "\n"))
    return true
  }

  private mutating func appendText(_ steps: [PrintStep], _ row: Int, to text: inout [UInt8]) -> Bool {
    var isComplete = true
    for step in steps {
      switch step {
      case .text(let bytes): text.append(contentsOf: bytes)
      case .container(let inner):
        if view.value(.fullID, argument: .none, lineage: Int(view.batch.lineages[row])) != .missing {
          _ = appendText(inner, row, to: &text)
        }
      case .value(let operand, let domain, _, let width, let slot):
        let start = text.count
        if !append(operand, domain, slot, row, to: &text) { isComplete = false }
        if width > 0 { fit(&text, from: start, width: width) }
      }
    }
    return isComplete
  }

  /// Makes a value as wide as wanted.
  private func fit(_ text: inout [UInt8], from start: Int, width: Int) {
    while text.count - start < width { text.append(UInt8(ascii: " ")) }
    if text.count - start > width { text.removeSubrange((start + width)...) }
  }

  private mutating func appendObject(_ row: Int, to text: inout [UInt8]) -> Bool {
    var isComplete = true
    var object = JSONObjectWriter(&text)
    for step in steps {
      guard case .value(let operand, let domain, let name, _, let slot) = step else { continue }
      object.name(name, to: &text)
      if !append(operand, domain, slot, row, to: &text) { isComplete = false }
    }
    object.end(&text)
    return isComplete
  }

  private mutating func appendValues(_ row: Int, to text: inout [UInt8]) -> Bool {
    var isComplete = true
    var isFirst = true
    var cell: [UInt8] = []
    for step in steps {
      guard case .value(let operand, let domain, _, _, let slot) = step else { continue }
      if !isFirst { text.append(UInt8(ascii: ",")) }
      isFirst = false
      cell.removeAll(keepingCapacity: true)
      if !append(operand, domain, slot, row, to: &cell) { isComplete = false }
      appendCSV(cell, to: &text)
    }
    return isComplete
  }

  /// Appends the value of an operand; from the cache when it belongs to a dimension row.
  private mutating func append(
    _ operand: Operand, _ domain: Domain, _ slot: Int, _ row: Int, to text: inout [UInt8]
  ) -> Bool {
    let index: Int
    let position: Position
    switch domain {
    case .event: return appendEventValue(operand, row, to: &text)
    case .constant: (index, position) = (0, .event(row))
    case .type: (index, position) = (Int(view.batch.types[row]), .type(view.batch.types[row]))
    case .lineage:
      index = Int(view.batch.lineages[row])
      position = .lineage(index)
    case .object:
      index = Int(view.batch.objects[row])
      position = .object(index)
    }
    guard index < caches[slot].count else { return appendValue(.missing, operand, to: &text) }
    if let known = caches[slot][index] {
      text.append(contentsOf: known)
      // A missing value is remembered as nothing at all.
      if !known.isEmpty { return true }
      return appendValue(view.value(operand, at: position), operand, to: &text)
    }
    var made: [UInt8] = []
    let isThere = appendValue(view.value(operand, at: position), operand, to: &made)
    caches[slot][index] = isThere ? made : []
    text.append(contentsOf: made)
    return isThere
  }

  private func appendValue(_ value: FieldValue, _ operand: Operand, to text: inout [UInt8]) -> Bool {
    if value == .missing {
      text.append(contentsOf: missingText)
      return false
    }
    if style == .json {
      value.appendJSON(to: &text)
    } else if case .field(let field) = operand {
      appendShown(value, field, to: &text)
    } else {
      value.append(to: &text)
    }
    return true
  }

  private func appendShown(_ value: FieldValue, _ field: BoundField, to text: inout [UInt8]) {
    // All ancestors are shown as a chain.
    guard field.multiplicity == .anyAncestor, case .list(let values) = value else {
      value.append(to: &text, style: field.field.style)
      return
    }
    for (index, value) in values.enumerated() {
      if index > 0 { text.append(contentsOf: "->".utf8) }
      value.append(to: &text, style: field.field.style)
    }
  }

  private func appendEventValue(_ operand: Operand, _ row: Int, to text: inout [UInt8]) -> Bool {
    if case .field(let field) = operand, case .event(let property) = field.field.source {
      switch (property, style) {
      case (.arguments, .json):
        view.appendArgumentsJSON(row: row, to: &text)
        return true
      case (.arguments, .text), (.arguments, .csv):
        view.appendArguments(row: row, to: &text)
        return true
      case (.timeOfDay, .json), (.outputTime, .json):
        appendDecimal(view.batch.exitTimes[row], to: &text)
        return true
      case (.timeOfDay, _), (.outputTime, _):
        view.clock.appendTime(view.batch.exitTimes[row], fraction: true, to: &text)
        return true
      default: break
      }
    }
    return appendValue(view.value(operand, at: .event(row)), operand, to: &text)
  }
}

extension BatchView {
  /// Appends all arguments as a JSON object: numbers as numbers, everything that has a name as its name.
  func appendArgumentsJSON(row: Int, to json: inout [UInt8]) {
    var object = JSONObjectWriter(&json)
    if let layout = layout(ofType: batch.types[row]) {
      for index in layout.type.parameters.indices {
        let parameter = layout.type.parameters[index]
        object.name(parameter.name, to: &json)
        argumentJSON(layout, index, parameter, row: row, to: &json)
      }
    }
    object.end(&json)
  }

  private func argumentJSON(
    _ layout: TypeLayout, _ index: Int, _ parameter: Parameter, row: Int, to json: inout [UInt8]
  ) {
    switch raw(layout, index, row: row) {
    case .missing: json.append(contentsOf: "null".utf8)
    case .bytes where parameter.isPollList: appendShownArgument(layout, index, row: row, to: &json)
    case .bytes(let bytes): Query.appendJSON(bytes, to: &json)
    case .integer(let value):
      switch parameter.type {
      case .errno, .fd, .pid, .int8, .int16, .int32, .int64:
        appendDecimal(parameter.type == .fd ? Int64(Int32(truncatingIfNeeded: value)) : value, to: &json)
      case .uint8, .uint16, .uint32, .uint64, .uid, .gid, .port, .relativeTime, .absoluteTime:
        appendDecimal(parameter.type.unsignedValue(value), to: &json)
      case .boolean: json.append(contentsOf: (value != 0 ? "true" : "false").utf8)
      default: appendShownArgument(layout, index, row: row, to: &json)
      }
    case .text: appendShownArgument(layout, index, row: row, to: &json)
    }
  }

  private func appendShownArgument(_ layout: TypeLayout, _ index: Int, row: Int, to json: inout [UInt8]) {
    guard let text = argumentText(layout, index, row: row) else {
      json.append(contentsOf: "null".utf8)
      return
    }
    Query.appendJSON((text.meaning ?? text.plain)[...], to: &json)
  }
}
