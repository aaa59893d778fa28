/// Comma-separated values as RFC 4180 has them, with line feeds at the ends of lines.
public enum CSV {
  /// Appends one line. A field that holds a comma, a quote or an end of line is quoted; bytes stay as they are.
  public static func appendLine(_ fields: some Sequence<some Collection<UInt8>>, to text: inout [UInt8]) {
    var isFirst = true
    for field in fields {
      if !isFirst { text.append(UInt8(ascii: ",")) }
      isFirst = false
      append(field, to: &text)
    }
    text.append(UInt8(ascii: "\n"))
  }

  private static func append(_ field: some Collection<UInt8>, to text: inout [UInt8]) {
    let special: [UInt8] = [UInt8(ascii: ","), UInt8(ascii: "\""), 0x0A, 0x0D]
    guard field.contains(where: { special.contains($0) }) else {
      text.append(contentsOf: field)
      return
    }
    text.append(UInt8(ascii: "\""))
    for byte in field {
      if byte == UInt8(ascii: "\"") { text.append(byte) }
      text.append(byte)
    }
    text.append(UInt8(ascii: "\""))
  }
}
