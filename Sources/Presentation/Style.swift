/// How a piece of text looks on a terminal. Meaning is never in the colour alone: it is also in the words.
public enum Style: Sendable, Hashable {
  case plain
  /// Headings.
  case bold
  /// What matters less.
  case dim
  /// What is well.
  case good
  /// What needs a look.
  case warning
  /// What went wrong.
  case bad

  /// The text with the sequences that make it look so, or as it is where colour is not allowed.
  public func apply(to text: String, colour: Bool) -> String {
    guard colour, let code else { return text }
    return "\u{1B}[\(code)m\(text)\u{1B}[0m"
  }

  private var code: String? {
    switch self {
    case .plain: nil
    case .bold: "1"
    case .dim: "2"
    case .good: "32"
    case .warning: "33"
    case .bad: "1;31"
    }
  }
}
