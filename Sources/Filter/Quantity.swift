/// A number that a user wrote with a unit behind it: `1.5GiB`, `250ms`. Exact: no floating point is involved.
public struct NumberWithUnit: Sendable {
  private let whole: UInt64
  /// The digits behind the point, and what they have to be divided by.
  private let fraction: UInt64
  private let divisor: UInt64
  /// What stands behind the number.
  public let unit: Substring

  /// `nil` unless the text is digits, perhaps a point and up to nine more digits, and perhaps a unit.
  public init?(_ text: String) {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let whole = UInt64(digits) else { return nil }
    self.whole = whole
    var rest = text[digits.endIndex...]
    var divisor: UInt64 = 1
    var fraction: UInt64 = 0
    if rest.first == "." {
      let digits = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
      guard digits.count <= 9, let value = UInt64(digits) else { return nil }
      fraction = value
      for _ in 0..<digits.count { divisor *= 10 }
      rest = rest[digits.endIndex...]
    }
    self.fraction = fraction
    self.divisor = divisor
    // A blank between number and unit is allowed where it is quoted.
    unit = rest.drop { $0 == " " }
    guard unit.allSatisfy({ $0.isLetter }) else { return nil }
  }

  /// The number times what its unit stands for; `nil` when that does not fit.
  public func scaled(by factor: UInt64) -> Int64? {
    let (product, overflow) = whole.multipliedReportingOverflow(by: factor)
    let parts = fraction.multipliedFullWidth(by: factor)
    guard !overflow, parts.high < divisor else { return nil }
    let (sum, carry) = product.addingReportingOverflow(divisor.dividingFullWidth(parts).quotient)
    return carry ? nil : Int64(exactly: sum)
  }
}

/// Sizes and durations as people write them, on the command line and in files.
public enum Quantity {
  /// SIZE in bytes: `512KiB`, `1GiB`, `1.5M`, `4096`; `nil` when it is none.
  ///
  /// Units of 1024 have an `i` or are a letter alone, as elsewhere; those of 1000 are `kB`, `MB`, `GB`, `TB`.
  public static func bytes(_ text: String) -> Int64? {
    guard let number = NumberWithUnit(text) else { return nil }
    let factor: UInt64? =
      switch number.unit.lowercased() {
      case "", "b": 1
      case "k", "kib": 1 << 10
      case "m", "mib": 1 << 20
      case "g", "gib": 1 << 30
      case "t", "tib": 1 << 40
      case "kb": 1000
      case "mb": 1_000_000
      case "gb": 1_000_000_000
      case "tb": 1_000_000_000_000
      default: nil
      }
    return factor.flatMap { number.scaled(by: $0) }
  }

  /// DURATION in nanoseconds: `250ms`, `10s`, `1.5h`; `nil` when it is none, and for a number alone: it could mean anything.
  public static func nanoseconds(_ text: String) -> Int64? {
    guard let number = NumberWithUnit(text) else { return nil }
    let factor: UInt64? =
      switch number.unit {
      case "ns": 1
      case "us", "µs", "μs": 1000
      case "ms": 1_000_000
      case "s": 1_000_000_000
      case "m", "min": 60_000_000_000
      case "h": 3_600_000_000_000
      case "d": 86_400_000_000_000
      default: nil
      }
    return factor.flatMap { number.scaled(by: $0) }
  }
}
