/// One side of a check, or an argument of a transformer.
public enum FilterOperand: Sendable, Hashable {
  /// `proc.name`, `evt.arg[0]`.
  indirect case field(FilterField)
  /// `tolower(proc.name)`, `val(proc.pname)`.
  indirect case transformer(FilterTransformer)
  /// A constant.
  case literal(FilterLiteral)
  /// Values in parentheses. On the right side of a check they are constants; in a transformer, fields and transformers
  /// too.
  case list([FilterOperand], SourceRange)
  /// A lone word where a list belongs: the name of a list that is defined elsewhere.
  case listName(String, SourceRange)

  /// Where the operand stands.
  public var range: SourceRange {
    switch self {
    case .field(let field): field.range
    case .transformer(let transformer): transformer.range
    case .literal(let literal): literal.range
    case .list(_, let range), .listName(_, let range): range
    }
  }
}

/// A field and its bracket argument, if any.
public struct FilterField: Sendable, Hashable {
  /// The dotted name: `evt.arg`.
  public var name: String
  /// What stands in brackets: `0` of `evt.arg[0]`. An empty quoted argument is not the same as none.
  public var argument: FilterLiteral?
  /// From the name's first letter to the bracket's end.
  public var range: SourceRange

  /// A field; `argument` is what stands in brackets.
  public init(name: String, argument: FilterLiteral? = nil, range: SourceRange = .none) {
    self.name = name
    self.argument = argument
    self.range = range
  }
}

/// A function applied to its arguments.
public struct FilterTransformer: Sendable, Hashable {
  /// Which function.
  public var function: FilterFunction
  /// One or more. The parser does not check how many the function takes.
  public var arguments: [FilterOperand]
  /// What stands in brackets behind: `n` of `getopt(proc.args, "n:t")[n]`. The parser accepts it behind every function.
  public var argument: FilterLiteral?
  /// From the name's first letter to the parenthesis or bracket that ends it.
  public var range: SourceRange

  /// A function applied to arguments.
  public init(
    function: FilterFunction, arguments: [FilterOperand], argument: FilterLiteral? = nil, range: SourceRange = .none
  ) {
    self.function = function
    self.arguments = arguments
    self.argument = argument
    self.range = range
  }
}

/// A constant. It is bytes, not text: an escape such as `\xff` makes values that are no valid UTF-8, as file names are.
///
/// Two literals are equal when their bytes are: how one was written (`style`) is no part of its value.
public struct FilterLiteral: Sendable, Hashable {
  /// How a constant was written. Only a bare word can be the name of a list.
  public enum Style: Sendable, Hashable {
    case bare, quoted, number
  }

  /// The value, with escapes resolved. A number is its text.
  public var bytes: [UInt8]
  /// How it was written.
  public var style: Style
  /// Where it stands, with its quotes.
  public var range: SourceRange

  /// A constant of bytes.
  public init(bytes: [UInt8], style: Style = .quoted, range: SourceRange = .none) {
    self.bytes = bytes
    self.style = style
    self.range = range
  }

  /// A constant of text.
  public init(_ text: String, style: Style = .quoted, range: SourceRange = .none) {
    self.init(bytes: Array(text.utf8), style: style, range: range)
  }

  /// The value as text; bytes that are no UTF-8 are replaced.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The value as a number, if the whole of it is one.
  public var number: NumberLiteral? { NumberLiteral(bytes) }

  /// Whether the values are the same.
  public static func == (left: FilterLiteral, right: FilterLiteral) -> Bool { left.bytes == right.bytes }

  /// Hashes the value.
  public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}
