/// Why a `.scap` file, or the rest of one, cannot be read.
public struct ScapError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What kind of failure.
  public enum Kind: Sendable, Hashable {
    /// This is no such file, or one that this program cannot read: nothing was read.
    case refused
    /// What stands in front of the place was read.
    case damaged
    /// The system would not read it.
    case failed
  }

  /// What kind of failure.
  public let kind: Kind
  /// What is wrong, in words.
  public let problem: String
  /// Where, in bytes of the decompressed stream.
  public let offset: UInt64

  /// What is wrong, and where.
  public init(_ kind: Kind, _ problem: String, offset: UInt64) {
    self.kind = kind
    self.problem = problem
    self.offset = offset
  }

  /// One line.
  public var description: String { "\(problem) (at byte \(offset))" }
}
