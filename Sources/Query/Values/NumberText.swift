/// Appends a number in decimal.
func appendDecimal(_ value: Int64, to text: inout [UInt8]) {
  if value < 0 { text.append(UInt8(ascii: "-")) }
  appendDecimal(value.magnitude, to: &text)
}

/// Appends a number in decimal, with zeros in front up to a width.
func appendDecimal(_ value: UInt64, width: Int = 1, to text: inout [UInt8]) {
  // Twenty digits hold every value.
  var digits: (UInt64, UInt64, UInt64) = (0, 0, 0)
  withUnsafeMutableBytes(of: &digits) { buffer in
    var rest = value
    var start = 24
    repeat {
      start -= 1
      buffer[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest != 0
    while start > max(24 - width, 0) {
      start -= 1
      buffer[start] = UInt8(ascii: "0")
    }
    text.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[start...]))
  }
}

/// Appends a number in hexadecimal, in capital letters.
func appendHexadecimal(_ value: UInt64, to text: inout [UInt8]) {
  text.append(contentsOf: String(value, radix: 16, uppercase: true).utf8)
}
