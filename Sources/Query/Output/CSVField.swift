/// Appends one value of a line of comma-separated values: quoted when it holds a comma, a quote or an end of line. Bytes
/// stay as they are.
func appendCSV(_ value: some Collection<UInt8>, to line: inout [UInt8]) {
  let quote = UInt8(ascii: "\"")
  guard value.contains(where: { $0 == quote || $0 == UInt8(ascii: ",") || $0 == 0x0A || $0 == 0x0D }) else {
    line.append(contentsOf: value)
    return
  }
  line.append(quote)
  for byte in value {
    if byte == quote { line.append(quote) }
    line.append(byte)
  }
  line.append(quote)
}
