/// A number as filters write it: `42`, `-7`, `+1`, `0x1F`, `1.5`, `-0.12e+10`.
///
/// Integers are kept exactly while they fit into 64 bits and a sign; all others are `Double`.
public enum NumberLiteral: Sendable, Hashable {
  /// A sign and a magnitude. Zero is never negative.
  case integer(isNegative: Bool, magnitude: UInt64)
  /// A number with a point or an exponent, or one too large for the other case. It is finite.
  case real(Double)

  /// Reads a number that is the whole of the bytes; nil if they are anything else. Linear in their count.
  public init?(_ bytes: [UInt8]) {
    guard let length = NumberLiteral.length(in: bytes, at: 0), length == bytes.count else { return nil }
    if length > 2, bytes[0] == UInt8(ascii: "0"), bytes[1] | 0x20 == UInt8(ascii: "x") {
      var magnitude: UInt64 = 0
      for byte in bytes[2...] {
        guard let digit = hexDigit(byte), magnitude >> 60 == 0 else { return nil }
        magnitude = magnitude << 4 | UInt64(digit)
      }
      self = .integer(isNegative: false, magnitude: magnitude)
      return
    }
    let isSigned = bytes[0] == UInt8(ascii: "-") || bytes[0] == UInt8(ascii: "+")
    if let magnitude = NumberLiteral.decimal(bytes[(isSigned ? 1 : 0)...]) {
      self = .integer(isNegative: bytes[0] == UInt8(ascii: "-") && magnitude != 0, magnitude: magnitude)
      return
    }
    guard let value = Double(String(decoding: bytes, as: UTF8.self)), value.isFinite else { return nil }
    self = .real(value)
  }

  /// Reads a number that is the whole of a text.
  public init?(_ text: String) { self.init(Array(text.utf8)) }

  /// The number as `Int64`, if it is exactly one.
  public var int64: Int64? {
    switch self {
    case .integer(false, let magnitude): Int64(exactly: magnitude)
    case .integer(true, let magnitude): magnitude == 1 << 63 ? .min : Int64(exactly: magnitude).map { -$0 }
    case .real(let value): Int64(exactly: value)
    }
  }

  /// The number as `UInt64`, if it is exactly one.
  public var uint64: UInt64? {
    switch self {
    case .integer(let isNegative, let magnitude): isNegative ? nil : magnitude
    case .real(let value): UInt64(exactly: value)
    }
  }

  /// The nearest `Double`.
  public var double: Double {
    switch self {
    case .integer(let isNegative, let magnitude): isNegative ? -Double(magnitude) : Double(magnitude)
    case .real(let value): value
    }
  }

  private static func decimal(_ digits: ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for byte in digits {
      guard isDigit(byte) else { return nil }
      let (product, overflowed) = value.multipliedReportingOverflow(by: 10)
      let (sum, carried) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
      if overflowed || carried { return nil }
      value = sum
    }
    return value
  }

  /// The length of the number that starts at an offset; nil if none does. A hexadecimal number takes all letters and
  /// digits behind its prefix, so that a mistyped digit is a mistake and not the start of the next word.
  static func length(in bytes: [UInt8], at start: Int) -> Int? {
    func byte(_ index: Int) -> UInt8 { index < bytes.count ? bytes[index] : 0 }
    var index = start
    if byte(index) == UInt8(ascii: "0"), byte(index + 1) | 0x20 == UInt8(ascii: "x"), isWordByte(byte(index + 2)) {
      index += 2
      while isLetter(byte(index)) || isDigit(byte(index)) { index += 1 }
      if index > start + 2 { return index - start }
      index = start
    }
    if byte(index) == UInt8(ascii: "+") || byte(index) == UInt8(ascii: "-") { index += 1 }
    guard isDigit(byte(index)) else { return nil }
    while isDigit(byte(index)) { index += 1 }
    if byte(index) == UInt8(ascii: ".") { index += 1 }
    while isDigit(byte(index)) { index += 1 }
    if byte(index) | 0x20 == UInt8(ascii: "e") {
      var exponent = index + 1
      if byte(exponent) == UInt8(ascii: "+") || byte(exponent) == UInt8(ascii: "-") { exponent += 1 }
      if isDigit(byte(exponent)) {
        while isDigit(byte(exponent)) { exponent += 1 }
        index = exponent
      }
    }
    return index - start
  }
}
