/// A number that a user wrote with a unit behind it: `1.5GiB`, `250ms`. Exact: no floating point is involved.
struct NumberWithUnit {
  private let whole: UInt64
  /// The digits behind the point, and what they have to be divided by.
  private let fraction: UInt64
  private let divisor: UInt64
  let unit: Substring

  /// `nil` unless the text is digits, perhaps a point and up to nine more digits, and perhaps a unit.
  init?(_ text: String) {
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
  func scaled(by factor: UInt64) -> Int64? {
    let (product, overflow) = whole.multipliedReportingOverflow(by: factor)
    let parts = fraction.multipliedFullWidth(by: factor)
    guard !overflow, parts.high < divisor else { return nil }
    let (sum, carry) = product.addingReportingOverflow(divisor.dividingFullWidth(parts).quotient)
    return carry ? nil : Int64(exactly: sum)
  }
}
