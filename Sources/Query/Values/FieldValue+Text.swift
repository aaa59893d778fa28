import EventBatch

extension FieldValue {
  /// Appends the value as text; nothing for a missing one. Texts are appended byte for byte.
  func append(to text: inout [UInt8], style: ValueStyle = .plain) {
    switch self {
    case .missing: break
    case .boolean(let value): text.append(contentsOf: (value ? "true" : "false").utf8)
    case .integer(let value):
      if style == .nineDigits, value >= 0 {
        appendDecimal(UInt64(value), width: 9, to: &text)
      } else {
        appendDecimal(value, to: &text)
      }
    case .unsigned(let value):
      if style == .hexadecimal { appendHexadecimal(value, to: &text) } else { appendDecimal(value, to: &text) }
    case .decimal(let value): text.append(contentsOf: decimalText(value).utf8)
    case .text(let bytes): text.append(contentsOf: bytes)
    case .bytes(let bytes):
      for byte in bytes { text.append(byte >= 0x20 && byte < 0x7F ? byte : UInt8(ascii: ".")) }
    case .address(let bytes): appendIP(bytes, to: &text)
    case .list(let values):
      for (index, value) in values.enumerated() {
        if index > 0 { text.append(UInt8(ascii: ",")) }
        value.append(to: &text, style: style)
      }
    }
  }

  /// The value as text for people: `<NA>` when it is missing, invalid UTF-8 replaced.
  public var text: String {
    if self == .missing { return "<NA>" }
    var bytes: [UInt8] = []
    append(to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }
}

/// A number with at most three digits behind the point.
func decimalText(_ value: Double) -> String {
  guard value.isFinite, value.magnitude < 1e15 else { return "\(value)" }
  let rounded = (value * 1000).rounded() / 1000
  return rounded == rounded.rounded() ? "\(Int64(rounded))" : "\(rounded)"
}
