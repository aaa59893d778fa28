import EventBatch
import EventSchema

/// Writes the events of one batch as lines.
///
/// A format is cut into steps. Neighbouring steps that show properties of the same dimension row, with the text between
/// them, are one: what it looks like is made once for each row, and copied for each event. Numbers and times are written
/// straight into the line, and so are arguments (`ArgumentWriter`). What is left is made into a value first.
struct EventWriter: ~Copyable {
  private let view: BatchView
  private let toleratesMissing: Bool
  private let style: EventPrinter.Style
  private var steps: [Step] = []
  /// What steps with a number show.
  private var parts: [[LineFormat.Token]] = []
  /// The pieces of all steps that show dimension rows, step by step.
  private var pieces: [TextPiece] = []
  /// Texts that stand between values, and those that were made of dimension rows.
  private var heap = TextBuffer()
  private var arguments: ArgumentWriter
  /// The whole second that was written last, and its text.
  private var second = Int64.min
  private var secondText: [UInt8] = []
  private let missingText: [UInt8]

  /// What is remembered is bounded; beyond it everything is made anew.
  private static let mostHeap = 16 << 20

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
    arguments = ArgumentWriter(view)
    switch style {
    case .text: cut(format.tokens)
    case .json: cut(EventWriter.objectTokens(format.tokens))
    case .csv: cut(EventWriter.recordTokens(format.tokens))
    }
  }

  /// Appends an event.
  /// - Returns: false, with nothing appended, when a value is missing that must not be.
  mutating func append(_ row: Int, to text: inout TextBuffer) -> Bool {
    let start = text.count
    var isComplete = true
    for index in steps.indices {
      let step = steps[index]
      let begin = text.count
      switch step.kind {
      case .text: text.append(TextPiece(start: step.start, count: step.count, isComplete: true), of: heap)
      case .number: text.append(decimal: view.batch.numbers[row])
      case .cpu: text.append(decimal: UInt64(view.batch.cpus[row]))
      case .rawTime: text.append(decimal: view.batch.exitTimes[row])
      case .timeOfDay: appendTime(view.batch.exitTimes[row], to: &text)
      case .arguments: arguments.append(row, to: &text)
      case .piece(let domain): if !appendPiece(step, domain, row, to: &text) { isComplete = false }
      case .values: if !appendValues(step, row, to: &text) { isComplete = false }
      }
      if step.width > 0 { text.fit(from: begin, width: Int(step.width)) }
    }
    if !isComplete, !toleratesMissing {
      text.truncate(to: start)
      return false
    }
    text.append(UInt8(ascii: "\n"))
    return true
  }

  // MARK: Steps

  private struct Step {
    enum Kind {
      case text, number, cpu, rawTime, timeOfDay, arguments
      /// A property of a dimension row, made once for each.
      case piece(Domain)
      /// Anything else, made for each event.
      case values
    }

    var kind: Kind
    var width: UInt16 = 0
    /// Of a text where it stands; of values which part they are; of pieces which part, and where theirs begin.
    var start: UInt32 = 0
    var count: Int32 = 0
    var part = 0
  }

  /// The same tokens with names and punctuation of a JSON object between them.
  private static func objectTokens(_ tokens: [LineFormat.Token]) -> [LineFormat.Token] {
    var object: [LineFormat.Token] = []
    for token in tokens {
      guard case .value(let operand, let name, _) = token else { continue }
      var text: [UInt8] = [object.isEmpty ? UInt8(ascii: "{") : UInt8(ascii: ",")]
      appendJSON(name, to: &text)
      text.append(UInt8(ascii: ":"))
      object.append(.text(text))
      object.append(.value(operand, name: name, width: 0))
    }
    object.append(.text(Array((object.isEmpty ? "{}" : "}").utf8)))
    return object
  }

  /// The values alone, with a comma between them.
  private static func recordTokens(_ tokens: [LineFormat.Token]) -> [LineFormat.Token] {
    var record: [LineFormat.Token] = []
    for token in tokens {
      guard case .value(let operand, let name, _) = token else { continue }
      if !record.isEmpty { record.append(.text([UInt8(ascii: ",")])) }
      record.append(.value(operand, name: name, width: 0))
    }
    return record
  }

  /// Cuts tokens into steps.
  private mutating func cut(_ tokens: [LineFormat.Token]) {
    var run: [LineFormat.Token] = []
    var domain: Domain?
    var index = 0
    while index < tokens.count {
      let token = tokens[index]
      index += 1
      let own = EventWriter.domain(of: token)
      if let own, own != .event {
        // A constant goes with everything; another dimension begins another piece.
        if let known = domain, known.joined(with: own) == .event {
          addPiece(&run, &domain)
        }
        domain = domain.map { $0.joined(with: own) } ?? own
        run.append(token)
        continue
      }
      if own == nil {
        run.append(token)
        continue
      }
      addPiece(&run, &domain)
      addEventStep(token)
    }
    addPiece(&run, &domain)
  }

  /// Of what a token is a property; `nil` for plain text.
  private static func domain(of token: LineFormat.Token) -> Domain? {
    switch token {
    case .text: return nil
    case .value(let operand, _, _): return operand.domain
    case .container(let inner):
      return inner.reduce(Domain.lineage) { domain, token in
        EventWriter.domain(of: token).map { domain.joined(with: $0) } ?? domain
      }
    }
  }

  private mutating func addPiece(_ run: inout [LineFormat.Token], _ domain: inout Domain?) {
    defer {
      run = []
      domain = nil
    }
    if run.isEmpty { return }
    guard let domain else {
      for case .text(let bytes) in run { addText(bytes) }
      return
    }
    let rows: Int =
      switch domain {
      case .event, .constant: 0
      case .type: (view.schema.types.last.map { Int($0.id.rawValue) } ?? 0) + 1
      case .lineage: view.batch.dimensions.lineages.count
      case .object: view.batch.dimensions.objects.count
      }
    var step = Step(kind: .piece(domain))
    step.start = UInt32(pieces.count)
    step.count = Int32(rows)
    step.part = parts.count
    steps.append(step)
    parts.append(run)
    // One more for "no row".
    pieces.append(contentsOf: repeatElement(.unknown, count: rows + 1))
  }

  private mutating func addText(_ bytes: [UInt8]) {
    var step = Step(kind: .text)
    step.start = UInt32(heap.count)
    step.count = Int32(bytes.count)
    heap.append(bytes)
    steps.append(step)
  }

  private mutating func addEventStep(_ token: LineFormat.Token) {
    var step = Step(kind: .values)
    if case .value(let operand, _, let width) = token {
      step.kind = directKind(of: operand) ?? .values
      step.width = UInt16(clamping: width)
    }
    step.part = parts.count
    parts.append([token])
    steps.append(step)
  }

  /// How an operand is written without making a value of it.
  private func directKind(of operand: Operand) -> Step.Kind? {
    guard case .field(let field) = operand, field.field.style == .plain, case .event(let property) = field.field.source
    else { return nil }
    switch (property, style) {
    case (.number, _): return .number
    case (.cpu, _): return .cpu
    case (.time, _), (.timeOfDay, .json), (.timeOfDay, .csv), (.outputTime, .json), (.outputTime, .csv):
      return .rawTime
    case (.timeOfDay, .text), (.outputTime, .text): return .timeOfDay
    case (.arguments, .text): return .arguments
    default: return nil
    }
  }

  // MARK: Values

  /// Appends what a dimension row looks like.
  /// - Returns: whether everything in it was there.
  private mutating func appendPiece(_ step: Step, _ domain: Domain, _ row: Int, to text: inout TextBuffer) -> Bool {
    let reference: Int
    let position: Position
    switch domain {
    case .type:
      reference = Int(view.batch.types[row])
      position = .type(view.batch.types[row])
    case .lineage:
      reference = Int(view.batch.lineages[row])
      position = .lineage(reference)
    case .object:
      reference = Int(view.batch.objects[row])
      position = .object(reference)
    case .constant, .event: (reference, position) = (0, .event(row))
    }
    let index = Int(step.start) + min(reference, Int(step.count))
    let known = pieces[index]
    if known.isKnown {
      text.append(known, of: heap)
      return known.isComplete
    }
    var made: [UInt8] = []
    let isComplete = appendTokens(parts[step.part], at: position, row, to: &made)
    text.append(made)
    if heap.count + made.count < EventWriter.mostHeap {
      pieces[index] = TextPiece(start: UInt32(heap.count), count: Int32(made.count), isComplete: isComplete)
      heap.append(made)
    }
    return isComplete
  }

  private mutating func appendValues(_ step: Step, _ row: Int, to text: inout TextBuffer) -> Bool {
    var made: [UInt8] = []
    let isComplete = appendTokens(parts[step.part], at: .event(row), row, to: &made)
    text.append(made)
    return isComplete
  }

  private mutating func appendTokens(
    _ tokens: [LineFormat.Token], at position: Position, _ row: Int, to text: inout [UInt8]
  ) -> Bool {
    var isComplete = true
    for token in tokens {
      switch token {
      case .text(let bytes): text.append(contentsOf: bytes)
      case .container(let inner):
        if view.value(.fullID, argument: .none, lineage: Int(view.batch.lineages[row])) != .missing {
          _ = appendTokens(inner, at: position, row, to: &text)
        }
      case .value(let operand, _, let width):
        let start = text.count
        if !appendValue(operand, at: position, to: &text) { isComplete = false }
        if style == .csv { quote(&text, from: start) }
        if width > 0, style == .text { fit(&text, from: start, width: width) }
      }
    }
    return isComplete
  }

  /// Puts a value in quotes where comma-separated values need them.
  private func quote(_ text: inout [UInt8], from start: Int) {
    let value = Array(text[start...])
    text.removeSubrange(start...)
    appendCSV(value, to: &text)
  }

  /// Makes a value as wide as wanted.
  private func fit(_ text: inout [UInt8], from start: Int, width: Int) {
    while text.count - start < width { text.append(UInt8(ascii: " ")) }
    if text.count - start > width { text.removeSubrange((start + width)...) }
  }

  private func appendValue(_ operand: Operand, at position: Position, to text: inout [UInt8]) -> Bool {
    if case .field(let field) = operand, field.field.source == .event(.arguments), style == .json,
      case .event(let row) = position
    {
      view.appendArgumentsJSON(row: row, to: &text)
      return true
    }
    let value = view.value(operand, at: position)
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

  /// Appends `12:03:04.000000000`: the text of a second serves all events in it.
  private mutating func appendTime(_ time: Int64, to text: inout TextBuffer) {
    let seconds = floorDivide(time, 1_000_000_000)
    if seconds != second {
      second = seconds
      secondText.removeAll(keepingCapacity: true)
      view.clock.appendTime(time, fraction: false, to: &secondText)
      secondText.append(UInt8(ascii: "."))
    }
    text.append(secondText)
    text.append(decimal: UInt64(bitPattern: time &- seconds &* 1_000_000_000), width: 9)
  }
}
