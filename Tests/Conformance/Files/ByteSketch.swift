// Bytes written the plain way: these files must not come from the code that reads and writes captures alone.

extension [UInt8] {
  mutating func append(integer value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  mutating func append(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(rest & 0x7F) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  mutating func append(zigzag value: Int64) { append(varint: UInt64(bitPattern: value << 1 ^ value >> 63)) }

  mutating func append(counted bytes: some Collection<UInt8>) {
    append(varint: UInt64(bytes.count))
    append(contentsOf: bytes)
  }

  mutating func append(counted text: String) { append(counted: Array(text.utf8)) }

  mutating func pad(to alignment: Int) {
    while count % alignment != 0 { append(0) }
  }

  /// Writes an integer over what is there.
  mutating func put(_ value: some FixedWidthInteger, at offset: Int) {
    var bytes: [UInt8] = []
    bytes.append(integer: value)
    replaceSubrange(offset..<offset + bytes.count, with: bytes)
  }
}
