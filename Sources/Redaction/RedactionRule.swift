/// What is to be taken out of captures, under one name.
public struct RedactionRule: Sendable, Hashable {
  /// What the capture calls it.
  public let name: String
  /// What the secrets look like, the more special ones first.
  let patterns: [RedactionPattern]
  /// Where it looks.
  public let scope: RedactionScope
  /// What a match must be besides.
  let check: Check

  enum Check: Sendable, Hashable {
    case none
    /// The digits, 13 to 19, are a number of a payment card.
    case luhn
  }
}

extension RedactionRule.Check {
  /// The part of what a pattern found that passes; `nil` when none does.
  func passing(_ bytes: UnsafeBufferPointer<UInt8>, _ found: Range<Int>) -> Range<Int>? {
    if self == .none { return found }
    // A run of digits takes along what stands behind the number: the longest part that is a number by itself.
    var digits = found.reduce(0) { $0 + (RedactionRule.Check.isDigit(bytes[$1]) ? 1 : 0) }
    var end = found.upperBound
    while end > found.lowerBound, digits >= 13 {
      let isDigit = RedactionRule.Check.isDigit(bytes[end - 1])
      let endsHere = end == found.upperBound || !RedactionRule.Check.isDigit(bytes[end])
      if isDigit, endsHere, digits <= 19, RedactionRule.Check.holds(bytes, found.lowerBound..<end) {
        return found.lowerBound..<end
      }
      if isDigit { digits -= 1 }
      end -= 1
    }
    return nil
  }

  private static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

  /// Every second digit from the end doubled, the sum of all digits is a multiple of ten.
  private static func holds(_ bytes: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
    var sum = 0
    var isDoubled = false
    for index in range.reversed() where isDigit(bytes[index]) {
      let value = Int(bytes[index] - 0x30) * (isDoubled ? 2 : 1)
      sum += value > 9 ? value - 9 : value
      isDoubled.toggle()
    }
    return sum % 10 == 0
  }
}
