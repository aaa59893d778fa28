import EventSchema
import Filter

/// The text of one event as `-p` describes it: `%evt.num %proc.name %fd.name`.
///
/// `%field`, `%field[argument]`, `%(function(field))`, and `%20field` for a width. A format that begins with `*` shows
/// `<NA>` for a value that is missing; without it, an event with a missing value is left out. `%%` is a percent sign.
public struct LineFormat: Sendable {
  enum Token: Sendable {
    case text([UInt8])
    case value(Operand, name: String, width: Int)
    /// Shown only for events of containers.
    case container([Token])
  }

  let tokens: [Token]
  /// Whether events with missing values are shown.
  public let toleratesMissing: Bool

  private init(tokens: [Token], toleratesMissing: Bool) {
    self.tokens = tokens
    self.toleratesMissing = toleratesMissing
  }

  /// Reads a format.
  /// - Parameter time: how `evt.outputtime` is shown.
  /// - Throws: which field is wrong, and where.
  public init(_ format: String, schema: Schema, time: EventTimeStyle = .clock) throws(QueryError) {
    try self.init(format, schema: schema, time: time, isLenient: false)
  }

  /// The same where names of arguments that the schema does not have are those of another schema: they are missing.
  public init(lenient format: String, schema: Schema) throws(QueryError) {
    try self.init(format, schema: schema, time: .clock, isLenient: true)
  }

  init(_ format: String, schema: Schema, time: EventTimeStyle, isLenient: Bool) throws(QueryError) {
    let bytes = Array(format.utf8)
    let toleratesMissing = bytes.first == UInt8(ascii: "*")
    var parser = LineFormatParser(
      format: format, bytes: bytes, position: toleratesMissing ? 1 : 0, schema: schema, isLenient: isLenient)
    let tokens = try parser.parse()
    self.init(
      tokens: time == .clock ? tokens : tokens.map { $0.showing(time) }, toleratesMissing: toleratesMissing)
  }

  /// What event lists show without `-p`: number, time, CPU, process, thread, type and arguments; for events of
  /// containers the container, too.
  public static func standard(schema: Schema, time: EventTimeStyle = .clock) throws(QueryError) -> LineFormat {
    let head = try LineFormat("*%evt.num %evt.outputtime %evt.cpu ", schema: schema, time: time)
    let container = try LineFormat("*%container.name (%container.id) ", schema: schema)
    let rest = try LineFormat("*%proc.name (%thread.tid) %evt.dir %evt.type %evt.info", schema: schema)
    return LineFormat(tokens: head.tokens + [.container(container.tokens)] + rest.tokens, toleratesMissing: true)
  }

  /// The fields that event lists have as JSON without `-p`.
  public static func standardJSON(schema: Schema) throws(QueryError) -> LineFormat {
    try LineFormat(
      "*%evt.num%evt.time%evt.rawtime%evt.cpu%evt.type%evt.latency%proc.pid%thread.tid%proc.name%fd.name%container.id"
        + "%evt.res%evt.rawres%evt.args", schema: schema)
  }

  /// The fields that event lists have as comma-separated values without `-p`.
  public static func standardCSV(schema: Schema) throws(QueryError) -> LineFormat {
    try LineFormat(
      "*%evt.num%evt.rawtime%evt.cpu%evt.type%evt.latency%proc.pid%thread.tid%proc.name%fd.name%container.id%evt.res"
        + "%evt.rawres%evt.args", schema: schema)
  }

  /// The fields as they were written, in order.
  var names: [String] {
    tokens.compactMap { if case .value(_, let name, _) = $0 { name } else { nil } }
  }

  /// All operands, those of containers too.
  var operands: [Operand] {
    func operands(_ tokens: [Token]) -> [Operand] {
      tokens.flatMap { token -> [Operand] in
        switch token {
        case .text: []
        case .value(let operand, _, _): [operand]
        case .container(let inner): operands(inner)
        }
      }
    }
    return operands(tokens)
  }
}

extension LineFormat.Token {
  /// The same with `evt.outputtime` in another form.
  fileprivate func showing(_ style: EventTimeStyle) -> LineFormat.Token {
    switch self {
    case .text: return self
    case .container(let inner): return .container(inner.map { $0.showing(style) })
    case .value(.field(let bound), let name, let width) where bound.field.source == .event(.outputTime):
      let field = Field(
        bound.field.name, .text, .event(.shownTime(style)), bound.field.description, bound.field.example)
      let other = BoundField(field: field, argument: .none, type: .text, multiplicity: .single)
      return .value(.field(other), name: name, width: width)
    case .value: return self
    }
  }
}

private struct LineFormatParser {
  let format: String
  let bytes: [UInt8]
  var position: Int
  let schema: Schema
  let isLenient: Bool

  mutating func parse() throws(QueryError) -> [LineFormat.Token] {
    var tokens: [LineFormat.Token] = []
    var text: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      guard byte == UInt8(ascii: "%") else {
        text.append(byte)
        position += 1
        continue
      }
      position += 1
      if position < bytes.count, bytes[position] == UInt8(ascii: "%") {
        text.append(byte)
        position += 1
        continue
      }
      if !text.isEmpty { tokens.append(.text(text)) }
      text = []
      tokens.append(try value())
    }
    if !text.isEmpty { tokens.append(.text(text)) }
    return tokens
  }

  private func error(_ message: String, at offset: Int) -> QueryError {
    QueryError(message, at: SourceExcerpt(of: format, at: offset))
  }

  private mutating func value() throws(QueryError) -> LineFormat.Token {
    var width = 0
    while position < bytes.count, bytes[position] >= 0x30, bytes[position] <= 0x39, width < 1000 {
      width = width * 10 + Int(bytes[position] - 0x30)
      position += 1
    }
    let start = position
    let text = position < bytes.count && bytes[position] == UInt8(ascii: "(") ? try parenthesised() : try fieldName()
    // A filter that asks whether the operand exists has exactly the operand in it.
    let parsed: FilterExpression
    do throws(FilterSyntaxError) {
      parsed = try parseFilter(text + " exists")
    } catch {
      throw self.error("'\(text)' is no field or function: \(error.message)", at: start)
    }
    var binder = FilterBinder(schema: schema, source: text, isLenient: isLenient)
    do throws(QueryError) {
      guard case .predicate(let predicate) = try binder.bind(parsed) else {
        throw QueryError("'\(text)' is no field or function")
      }
      return .value(predicate.operand, name: text, width: width)
    } catch {
      throw self.error(error.message, at: start)
    }
  }

  /// `(function(field))`, without the outer parentheses.
  private mutating func parenthesised() throws(QueryError) -> String {
    let start = position
    var depth = 0
    while position < bytes.count {
      if bytes[position] == UInt8(ascii: "(") { depth += 1 }
      if bytes[position] == UInt8(ascii: ")") { depth -= 1 }
      position += 1
      if depth == 0 { return String(decoding: bytes[(start + 1)..<(position - 1)], as: UTF8.self) }
    }
    throw error("a parenthesis is not closed", at: start)
  }

  /// The longest name from here on that is a field, with its bracket.
  private mutating func fieldName() throws(QueryError) -> String {
    let start = position
    while position < bytes.count, isNameByte(bytes[position]) { position += 1 }
    let whole = String(decoding: bytes[start..<position], as: UTF8.self)
    while position > start {
      let name = String(decoding: bytes[start..<position], as: UTF8.self)
      if let (field, dotted) = FieldTable.resolve(name), dotted?.isEmpty != true {
        guard position < bytes.count, bytes[position] == UInt8(ascii: "["), field.argument != .none,
          let end = bytes[position...].firstIndex(of: UInt8(ascii: "]"))
        else { return name }
        position = end + 1
        return String(decoding: bytes[start..<position], as: UTF8.self)
      }
      position -= 1
    }
    if whole.isEmpty { throw error("a field's name belongs behind '%'; '%%' is a percent sign", at: start) }
    let near = FieldTable.suggestions(for: whole).map { "'\($0)'" }
    throw error(
      "there is no field '\(whole)'" + (near.isEmpty ? "" : "; did you mean \(near.joined(separator: " or "))?"),
      at: start)
  }

  private func isNameByte(_ byte: UInt8) -> Bool {
    let lower = byte | 0x20
    return (lower >= 0x61 && lower <= 0x7A) || (byte >= 0x30 && byte <= 0x39) || byte == 0x2E || byte == 0x5F
  }
}
