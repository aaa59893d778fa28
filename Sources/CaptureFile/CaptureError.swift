/// What went wrong with a capture file: what, where, and what to do about it.
public struct CaptureError: Error, Hashable, Sendable, CustomStringConvertible {
  /// How a command ends because of the error.
  public enum Kind: Sendable {
    /// Refused before anything was done: exit code 2.
    case refused
    /// Failed on the way: exit code 1.
    case failed
    /// A part of the file cannot be read, the rest can: exit code 3.
    case partlyReadable
  }

  /// How a command ends because of it.
  public let kind: Kind
  /// What happened, in a few words.
  public let what: String
  /// The file, or `standard input`, or `standard output`.
  public let path: String
  /// Where in the file, in bytes from its start.
  public let offset: UInt64?
  /// What to do.
  public let remedy: String?

  /// An error about a file.
  public init(_ kind: Kind, _ what: String, path: String, offset: UInt64? = nil, remedy: String? = nil) {
    self.kind = kind
    self.what = what
    self.path = path
    self.offset = offset
    self.remedy = remedy
  }

  /// One line: what, where, and the remedy.
  public var description: String {
    var text = "\(path): \(what)"
    if let offset { text += " (at byte \(offset))" }
    if let remedy { text += "; \(remedy)" }
    return text
  }
}
