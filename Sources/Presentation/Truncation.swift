/// Which end of a text matters when there is no room for all of it.
public enum Truncation: Sendable, Hashable {
  /// Never shortened.
  case never
  /// Commands: `dd if=/dev/zero of=/de…`.
  case keepsStart
  /// Paths and connections: `…/lib/x86_64-linux-gnu/libc.so.6`.
  case keepsEnd

  /// The text in at most `width` columns, with `…` where something is left out. A character is never cut in two.
  public func fit(_ text: String, width: Int) -> String {
    if self == .never || DisplayWidth.of(text) <= width { return text }
    if width <= 0 { return "" }
    if width == 1 { return "…" }
    if self == .keepsStart { return Truncation.start(of: text, width: width - 1) + "…" }
    let end = String(Truncation.start(of: text.reversed(), width: width - 1).reversed())
    // A path reads best from a separator on, if that costs little of the room.
    if let slash = end.firstIndex(of: "/"), end.distance(from: end.startIndex, to: slash) <= width / 4 {
      return "…" + end[slash...]
    }
    return "…" + end
  }

  private static func start(of text: some Sequence<Character>, width: Int) -> String {
    var taken = ""
    var left = width
    for character in text {
      left -= DisplayWidth.of(character)
      if left < 0 { break }
      taken.append(character)
    }
    return taken
  }
}
