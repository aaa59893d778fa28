/// A version of the rules language: `57` or `0.57.0`.
public struct EngineVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
  /// The parts, the greatest first.
  public let parts: [Int]

  /// The version of the language that is understood here.
  public static let supported = EngineVersion(parts: [0, 63, 0])

  private init(parts: [Int]) { self.parts = parts }

  /// Reads a number or three numbers with points between them.
  public init?(_ text: String) {
    let words = text.split(separator: ".", omittingEmptySubsequences: false)
    var parts: [Int] = []
    for word in words {
      guard word.utf8.count <= 9, word.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let part = Int(word) else {
        return nil
      }
      parts.append(part)
    }
    switch parts.count {
    // Before versions had three parts, they were the second one.
    case 1: self.parts = [0, parts[0], 0]
    case 3: self.parts = parts
    default: return nil
    }
  }

  /// The version with its points.
  public var description: String { parts.map(String.init).joined(separator: ".") }

  /// Whether one is older.
  public static func < (one: EngineVersion, other: EngineVersion) -> Bool {
    one.parts.lexicographicallyPrecedes(other.parts)
  }
}
