/// What a check does with its two operands.
///
/// The raw value is the spelling. `==` is another spelling of `=`; a check remembers which one was used.
public enum FilterOperator: String, CaseIterable, Sendable, Hashable {
  case equal = "="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  /// The right text stands somewhere in the left one.
  case contains
  /// `contains` for any case of the ASCII letters.
  case containsIgnoringCase = "icontains"
  /// The right side, hexadecimal digits, stands for bytes that are somewhere in the left ones.
  case containsBytes = "bcontains"
  case startsWith = "startswith"
  /// The right side, hexadecimal digits, stands for the bytes that the left ones begin with.
  case startsWithBytes = "bstartswith"
  case endsWith = "endswith"
  /// The right side is a shell pattern; see `GlobPattern`.
  case glob
  /// `glob` for any case of the ASCII letters.
  case globIgnoringCase = "iglob"
  /// The right side is a regular expression that the whole left side must match.
  case regex
  /// The left value is an element of the list; a left list is a subset of it.
  case `in`
  /// The left list and the right one share an element.
  case intersects
  /// One of the right paths is the left path or a directory above it.
  case pathMatches = "pmatch"

  /// What may stand on the right side.
  public enum RightSide: Sendable, Hashable {
    /// A number.
    case number
    /// One string, or behind a quantifier a list.
    case string
    /// A list in parentheses or the name of one.
    case list
  }

  /// What may stand on the right side. A transformer or `val(field)` may always stand there, except behind a quantifier.
  public var rightSide: RightSide {
    switch self {
    case .less, .lessOrEqual, .greater, .greaterOrEqual: .number
    case .in, .intersects, .pathMatches: .list
    default: .string
    }
  }
}

/// How many elements of the list behind a string operator have to match: `proc.name startswith anyof (py, ruby)`.
public enum FilterQuantifier: String, CaseIterable, Sendable, Hashable {
  /// Exactly one element matches.
  case one = "oneof"
  /// At least one element matches.
  case any = "anyof"
  /// Every element matches.
  case all = "allof"
}

/// A function that makes a new value from fields and constants.
public enum FilterFunction: String, CaseIterable, Sendable, Hashable {
  /// Nothing but its argument, a field. It stands only on the right side, where a bare field name would be a string.
  case val
  case tolower
  case toupper
  /// Decodes base64.
  case b64
  /// What follows the last slash.
  case basename
  /// The length of a text, or the number of a list's elements.
  case len
  /// A list's elements with a separator between them: `join(",", (proc.name, proc.pid))`.
  case join
  case concat
  /// The options of an argument list; the bracket selects one: `getopt(proc.args, "n:t")[n]`.
  case getopt
}
