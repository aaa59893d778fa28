/// Where a node stands in the text that it was parsed from: UTF-8 offsets, the end excluded.
///
/// A range is no part of what a node means, so all ranges are equal and hash alike. Two checks that say the same at
/// different places are therefore the same key of a dictionary, which is how a rule set shares predicates. To compare
/// places, compare `lowerBound` and `upperBound`.
public struct SourceRange: Sendable, Hashable, CustomStringConvertible {
  private let lower: UInt32
  private let upper: UInt32

  /// The range of a node that no text stands for, made by a program.
  public static let none = SourceRange(0, 0)

  /// A range from offset `lower` up to, not including, `upper`. Offsets beyond 4 GiB are clamped; filters are shorter.
  public init(_ lower: Int, _ upper: Int) {
    self.lower = UInt32(clamping: lower)
    self.upper = UInt32(clamping: max(lower, upper))
  }

  /// The offset of the first byte.
  public var lowerBound: Int { Int(lower) }

  /// The offset behind the last byte.
  public var upperBound: Int { Int(upper) }

  /// The same as a standard range, to cut the text with.
  public var offsets: Range<Int> { lowerBound..<upperBound }

  /// The smallest range that holds this one and another.
  public func union(_ other: SourceRange) -> SourceRange {
    SourceRange(min(lowerBound, other.lowerBound), max(upperBound, other.upperBound))
  }

  /// The offsets, for debugging.
  public var description: String { "\(lower)..<\(upper)" }

  /// Always true; see the type.
  public static func == (_: SourceRange, _: SourceRange) -> Bool { true }

  /// Adds nothing; see the type.
  public func hash(into _: inout Hasher) {}
}
