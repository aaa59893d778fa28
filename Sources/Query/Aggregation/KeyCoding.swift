// Keys of groups as bytes: equal keys have equal bytes, so that groups are found by comparing memory and hold one copy of
// what they are named by.
//
//     kind  1 byte   0 missing, 1 false, 2 true, 3 integer, 4 unsigned, 5 decimal, 6 text, 7 bytes, 8 address, 9 list
//     then  8 bytes for a number; 4 bytes of length and the bytes; 4 bytes of count and the elements

extension FieldValue {
  /// Appends the value as a part of a key.
  func appendKey(to key: inout [UInt8]) {
    switch self {
    case .missing: key.append(0)
    case .boolean(let value): key.append(value ? 2 : 1)
    case .integer(let value): FieldValue.append(3, UInt64(bitPattern: value), to: &key)
    case .unsigned(let value): FieldValue.append(4, value, to: &key)
    case .decimal(let value): FieldValue.append(5, value.bitPattern, to: &key)
    case .text(let bytes): FieldValue.append(6, bytes, to: &key)
    case .bytes(let bytes): FieldValue.append(7, bytes, to: &key)
    case .address(let bytes): FieldValue.append(8, bytes, to: &key)
    case .list(let values):
      key.append(9)
      withUnsafeBytes(of: UInt32(truncatingIfNeeded: values.count)) { key.append(contentsOf: $0) }
      for value in values { value.appendKey(to: &key) }
    }
  }

  private static func append(_ kind: UInt8, _ number: UInt64, to key: inout [UInt8]) {
    key.append(kind)
    withUnsafeBytes(of: number) { key.append(contentsOf: $0) }
  }

  private static func append(_ kind: UInt8, _ bytes: ArraySlice<UInt8>, to key: inout [UInt8]) {
    key.append(kind)
    withUnsafeBytes(of: UInt32(truncatingIfNeeded: bytes.count)) { key.append(contentsOf: $0) }
    key.append(contentsOf: bytes)
  }

  /// Whether the values in one key come before those in another, as comparing them one by one says. Texts are not copied.
  static func isKey(_ one: ArraySlice<UInt8>, before other: ArraySlice<UInt8>) -> Bool {
    var (one, other) = (one, other)
    while let kind = one.first, let otherKind = other.first {
      if kind == otherKind, 6...8 ~= kind, one.count >= 5, other.count >= 5 {
        let (a, b) = (takeBytes(&one), takeBytes(&other))
        if a.lexicographicallyPrecedes(b) { return true }
        if !equal(a, b) { return false }
      } else {
        let (a, b) = (takeKey(&one), takeKey(&other))
        if a < b { return true }
        if b < a { return false }
      }
    }
    return one.isEmpty && !other.isEmpty
  }

  /// Takes a text, bytes or an address off the front of a key, as a part of it.
  private static func takeBytes(_ key: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let count = key.dropFirst().prefix(4).withUnsafeBytes { Int($0.loadUnaligned(as: UInt32.self)) }
    let bytes = key.dropFirst(5).prefix(count)
    key = key.dropFirst(5 + count)
    return bytes
  }

  /// Takes one part off the front of a key that was made by `appendKey`.
  static func takeKey(_ key: inout ArraySlice<UInt8>) -> FieldValue {
    func take<Number: FixedWidthInteger>(_ type: Number.Type) -> Number {
      let size = MemoryLayout<Number>.size
      defer { key = key.dropFirst(size) }
      return key.prefix(size).withUnsafeBytes { $0.count == size ? $0.loadUnaligned(as: Number.self) : 0 }
    }
    func takeBytes() -> ArraySlice<UInt8> {
      let count = Int(take(UInt32.self))
      defer { key = key.dropFirst(count) }
      return ArraySlice(Array(key.prefix(count)))
    }
    guard let kind = key.popFirst() else { return .missing }
    switch kind {
    case 1: return .boolean(false)
    case 2: return .boolean(true)
    case 3: return .integer(take(Int64.self))
    case 4: return .unsigned(take(UInt64.self))
    case 5: return .decimal(Double(bitPattern: take(UInt64.self)))
    case 6: return .text(takeBytes())
    case 7: return .bytes(takeBytes())
    case 8: return .address(takeBytes())
    case 9: return .list((0..<Int(take(UInt32.self))).map { _ in takeKey(&key) })
    default: return .missing
    }
  }
}
