import Filter

/// Why a question cannot be asked: the filter, format, or aggregate says something that does not fit.
///
///     line 1, column 1: there is no field 'proc.nme'; did you mean 'proc.name'?
///       proc.nme = nginx
///       ^~~~~~~~
public struct QueryError: Error, Sendable, Hashable, CustomStringConvertible {
  /// One line for people: what is wrong and what to do.
  public let message: String
  /// Where in the text, when there is a text.
  public let excerpt: SourceExcerpt?

  /// An error with a message, and a place if there is one.
  public init(_ message: String, at excerpt: SourceExcerpt? = nil) {
    self.message = message
    self.excerpt = excerpt
  }

  /// The same as an error of the parser.
  public init(_ error: FilterSyntaxError) {
    message = error.message
    excerpt = error.excerpt
  }

  /// One line: position and message.
  public var description: String {
    guard let excerpt else { return message }
    return "line \(excerpt.line), column \(excerpt.column): \(message)"
  }

  /// Three lines: position and message, the text, and a mark under the place. One line without a place.
  public var rendering: String {
    guard let excerpt else { return message }
    return "\(description)\n  \(excerpt.text)\n  \(excerpt.mark)"
  }
}
