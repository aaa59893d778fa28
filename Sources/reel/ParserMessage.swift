/// What the argument parser says, in the form of Reel's other errors.
enum ParserMessage {
  /// The first sentence, without its full stop, beginning with a small letter unless it is a name.
  static func oneLine(_ message: String) -> String {
    var text = message.split(whereSeparator: \.isNewline).joined(separator: " ")
    if text.hasPrefix("Error: ") { text.removeFirst("Error: ".count) }
    while text.last == "." { text.removeLast() }
    guard let first = text.first, first.isUppercase, text.dropFirst().first?.isLowercase == true else { return text }
    return first.lowercased() + text.dropFirst()
  }
}
