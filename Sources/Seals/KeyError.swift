/// A key that cannot be used.
public struct KeyError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file.
  public let path: String
  /// What is wrong with it.
  public let what: String
  /// What to do.
  public let remedy: String

  /// The file, what is wrong with it, and what to do.
  public var description: String { "\(path): \(what); \(remedy)" }
}
