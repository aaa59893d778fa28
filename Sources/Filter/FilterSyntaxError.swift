/// Why a text is no filter, and where.
///
///     line 1, column 13: expected a string behind 'startswith', found '('
///       fd.name startswith (/etc)
///                          ^
public struct FilterSyntaxError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What was wrong, for programs.
  public enum Reason: Sendable, Hashable {
    /// The text is empty.
    case empty
    /// The text is longer than `maximumFilterLength`.
    case tooLong
    /// Parentheses or transformers nest deeper than the limit.
    case tooDeep
    /// A check, a macro's name, `not` or a parenthesis belongs here.
    case expectedExpression
    /// `and`, `or`, or the end belongs here.
    case expectedConnective
    /// A keyword has neither a blank nor a parenthesis behind it.
    case expectedBlank
    /// A parenthesis is not closed.
    case expectedClosingParenthesis
    /// A field's or transformer's bracket is empty or holds what it must not.
    case expectedFieldArgument
    /// A bracket is not closed.
    case expectedClosingBracket
    /// An operator belongs behind the field or transformer.
    case expectedOperator
    /// The operator wants a number.
    case expectedNumber
    /// The operator, or the list, wants a string.
    case expectedString
    /// The operator wants a list.
    case expectedList
    /// `val` wants a field.
    case expectedField
    /// A transformer wants an argument.
    case expectedTransformerArgument
    /// A quoted string has no end.
    case unterminatedString
    /// A backslash in a quoted string is followed by something that has no meaning.
    case invalidEscape
  }

  /// What was wrong, for programs.
  public let reason: Reason
  /// One line for people: what was expected and what was found.
  public let message: String
  /// Where reading stopped, and the line that it stands on. For an invalid escape that is behind the whole string; the
  /// escape itself is underlined.
  public let excerpt: SourceExcerpt

  /// The UTF-8 offset where reading stopped.
  public var offset: Int { excerpt.offset }
  /// The line where reading stopped, from 1.
  public var line: Int { excerpt.line }
  /// The column, in characters, where reading stopped, from 1.
  public var column: Int { excerpt.column }

  /// One line: position and message.
  public var description: String { "line \(line), column \(column): \(message)" }

  /// Three lines: position and message, the offending line, and a mark under the place.
  public var rendering: String { "\(description)\n  \(excerpt.text)\n  \(excerpt.mark)" }
}
