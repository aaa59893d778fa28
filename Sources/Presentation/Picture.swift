/// A picture in SVG that stands by itself: shapes, texts and titles; no scripts, no references to anything else.
///
/// What a capture says gets in as text only, escaped, and without control characters.
public struct Picture: Sendable {
  private var body = ""
  private let width: Int
  private let height: Int

  /// An empty picture.
  public init(width: Int, height: Int) { (self.width, self.height) = (width, height) }

  /// A rectangle.
  /// - Parameter title: what is shown when one points at it.
  public mutating func rectangle(
    x: Double, y: Double, width: Double, height: Double, fill: String, title: String? = nil
  ) {
    body += "<rect x=\"\(Picture.number(x))\" y=\"\(Picture.number(y))\" width=\"\(Picture.number(width))\""
    body += " height=\"\(Picture.number(height))\" fill=\"\(Picture.escaped(fill))\""
    if let title { body += "><title>\(Picture.escaped(title))</title></rect>\n" } else { body += "/>\n" }
  }

  /// Where a text stands beside its place.
  public enum Anchor: String, Sendable {
    case start, middle, end
  }

  /// A text.
  public mutating func text(
    _ text: String, x: Double, y: Double, size: Int = 12, anchor: Anchor = .start, isBold: Bool = false
  ) {
    body += "<text x=\"\(Picture.number(x))\" y=\"\(Picture.number(y))\" font-size=\"\(size)\""
    if anchor != .start { body += " text-anchor=\"\(anchor.rawValue)\"" }
    if isBold { body += " font-weight=\"bold\"" }
    body += ">\(Picture.escaped(text))</text>\n"
  }

  /// The file.
  public var svg: String {
    """
    <?xml version="1.0" encoding="UTF-8"?>
    <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)" \
    font-family="ui-monospace, Menlo, Consolas, monospace" fill="#202020">
    <rect width="\(width)" height="\(height)" fill="#ffffff"/>
    \(body)</svg>

    """
  }

  /// A text as it stands in XML, between tags or in quotes.
  static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "&": escaped += "&amp;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      // Not allowed in XML, not even escaped.
      case "\u{0}"..."\u{8}", "\u{B}", "\u{C}", "\u{E}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{FFFE}", "\u{FFFF}":
        escaped += "\u{FFFD}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  private static func number(_ value: Double) -> String { Units.fixed(value, digits: 2) }
}
