/// A place in a filter, shown as people need it: line, column, and the line with a mark under the place.
///
///     proc.nme = nginx
///     ~~~~~~~~^
///
/// Syntax errors carry one; a binder makes one from a node's range for its own errors.
public struct SourceExcerpt: Sendable, Hashable {
  /// The UTF-8 offset of the place.
  public let offset: Int
  /// The line, from 1. A line ends at LF, CR or CR LF.
  public let line: Int
  /// The column in characters (Unicode scalars), from 1.
  public let column: Int
  /// The line, or the part of it around the place if it is long. Control characters are replaced, because the text may
  /// come from a stranger and goes to a terminal.
  public let text: String
  /// A line to print under `text`: `~` under the highlighted range, `^` under the place.
  public let mark: String

  /// The most characters shown on either side of the place.
  private static let reach = 60

  /// The place at `offset` of a filter, with a range to underline. Both are clamped to the text. The cost is linear in
  /// the offset.
  public init(of text: String, at offset: Int, highlighting range: Range<Int>? = nil) {
    self.init(of: Array(text.utf8), at: offset, highlighting: range)
  }

  /// Shows a node of a parsed filter: the mark starts at its first character.
  public init(of text: String, at range: SourceRange) {
    self.init(of: text, at: range.lowerBound, highlighting: range.offsets)
  }

  init(of bytes: [UInt8], at place: Int, highlighting range: Range<Int>?) {
    let offset = min(max(0, place), bytes.count)
    var line = 1
    var lineStart = 0
    var index = 0
    while index < offset {
      let byte = bytes[index]
      index += 1
      if byte == UInt8(ascii: "\r"), index < bytes.count, bytes[index] == UInt8(ascii: "\n") { continue }
      if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
        line += 1
        lineStart = index
      }
    }
    var lineEnd = offset
    while lineEnd < bytes.count, bytes[lineEnd] != UInt8(ascii: "\n"), bytes[lineEnd] != UInt8(ascii: "\r") {
      lineEnd += 1
    }
    let shown = lineStart..<lineEnd
    self.offset = offset
    self.line = line
    self.column = 1 + SourceExcerpt.scalarCount(bytes[lineStart..<offset])
    (self.text, self.mark) = SourceExcerpt.draw(bytes, line: shown, at: offset, highlighting: range)
  }

  static func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }

  private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }

  private static func scalarCount(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.reduce(0) { isContinuation($1) ? $0 : $0 + 1 }
  }

  private static func draw(
    _ bytes: [UInt8], line: Range<Int>, at offset: Int, highlighting range: Range<Int>?
  ) -> (text: String, mark: String) {
    var start = max(line.lowerBound, offset - reach)
    while start > line.lowerBound, isContinuation(bytes[start]) { start -= 1 }
    var end = min(line.upperBound, offset + reach)
    while end < line.upperBound, isContinuation(bytes[end]) { end += 1 }

    var text = start > line.lowerBound ? "…" : ""
    var mark = start > line.lowerBound ? " " : ""
    var index = start
    for scalar in String(decoding: bytes[start..<end], as: UTF8.self).unicodeScalars {
      text.unicodeScalars.append(!isUnprintable(scalar) ? scalar : scalar == "\t" ? " " : "\u{FFFD}")
      if index == offset {
        mark += "^"
      } else {
        mark += range?.contains(index) == true ? "~" : " "
      }
      index += UTF8.width(scalar)
    }
    if offset >= end { mark += "^" }
    if end < line.upperBound { text += "…" }
    while mark.last == " " { mark.removeLast() }
    return (text, mark)
  }
}
