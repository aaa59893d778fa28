/// Bytes that are not what they should be.
public struct MalformedBytes: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, as the predicate of a sentence: "the chunk head is shorter than its fields".
  public var reason: String
  /// Where, counted from the start of the bytes that were decoded, if that is known.
  public var offset: Int?

  /// A complaint about bytes, and where they are.
  public init(_ reason: String, at offset: Int? = nil) {
    self.reason = reason
    self.offset = offset
  }

  /// The complaint and its place.
  public var description: String {
    offset.map { "\(reason) (at byte \($0))" } ?? reason
  }
}
