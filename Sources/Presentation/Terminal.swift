#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Whether a descriptor is a terminal, and what may be sent to it.
public struct Terminal: Sendable, Hashable {
  /// Whether somebody looks at it directly.
  public let isTerminal: Bool
  /// How many columns it has; `nil` when it is no terminal: whatever reads it gets whole texts.
  public let width: Int?
  /// Whether colour may be used: on a terminal, unless `NO_COLOR` is set or the terminal is a dumb one.
  public let allowsColour: Bool

  /// What is known of standard output.
  public static let standardOutput = Terminal(descriptor: STDOUT_FILENO)
  /// What is known of standard error.
  public static let standardError = Terminal(descriptor: STDERR_FILENO)

  /// How many lines a terminal has now; `nil` when that is not known.
  public static func height(descriptor: Int32 = STDOUT_FILENO) -> Int? {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_row > 0 else { return nil }
    return Int(size.ws_row)
  }

  /// Asks the system about a descriptor.
  public init(descriptor: Int32) {
    guard isatty(descriptor) == 1 else {
      self.init(isTerminal: false, width: nil, allowsColour: false)
      return
    }
    var size = winsize()
    let isKnown = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    self.init(
      isTerminal: true, width: isKnown ? Int(size.ws_col) : 80,
      allowsColour: Terminal.allowsColour(noColour: variable("NO_COLOR"), term: variable("TERM")))
  }

  /// A terminal with known properties.
  public init(isTerminal: Bool, width: Int?, allowsColour: Bool) {
    self.isTerminal = isTerminal
    self.width = width
    self.allowsColour = allowsColour
  }

  /// Whether a terminal may be coloured, from the values of `NO_COLOR` and `TERM`. An empty `NO_COLOR` does not count,
  /// as its convention says.
  static func allowsColour(noColour: String?, term: String?) -> Bool {
    (noColour ?? "").isEmpty && term != "dumb" && !(term ?? "").isEmpty
  }
}

private func variable(_ name: String) -> String? {
  getenv(name).map { String(cString: $0) }
}
