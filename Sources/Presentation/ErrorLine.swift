/// An error as one line: what went wrong, where, and what to do about it.
///
///     reel: the file exists, host.reel: choose another name or replace it with --force
public struct ErrorLine: Sendable, Hashable {
  /// What went wrong, in a few words, without a full stop.
  public var what: String
  /// The file, and the place in it.
  public var place: String?
  /// What to do.
  public var remedy: String?
  /// Lines below: the text of a filter with a mark under the place.
  public var excerpt: [String]

  /// An error with its parts.
  public init(_ what: String, place: String? = nil, remedy: String? = nil, excerpt: [String] = []) {
    self.what = what
    self.place = place
    self.remedy = remedy
    self.excerpt = excerpt
  }

  /// The line, and those of the excerpt, each with its line feed. Nothing in it can act upon a terminal.
  public func rendered(colour: Bool) -> String {
    var text = Style.bad.apply(to: "reel:", colour: colour) + " " + ErrorLine.oneLine(what)
    if let place { text += ", " + ErrorLine.oneLine(place) }
    if let remedy { text += ": " + ErrorLine.oneLine(remedy) }
    text += "\n"
    for line in excerpt { text += "  " + VisibleText.of(line) + "\n" }
    return text
  }

  /// Line feeds become blanks, everything else that a terminal obeys becomes visible.
  private static func oneLine(_ text: String) -> String {
    VisibleText.of(text.split(whereSeparator: \.isNewline).joined(separator: " "))
  }
}
