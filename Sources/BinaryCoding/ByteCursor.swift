/// Reads through bytes that nobody vouches for: every read is checked against the end.
///
/// The bytes must outlive the cursor; it is for use inside `withUnsafeBytes`.
public struct ByteCursor {
  /// All the bytes, those already read too.
  public let bytes: UnsafeRawBufferPointer
  /// Where the next read starts.
  @inlinable public var offset: Int { position }
  @usableFromInline var position: Int

  /// A cursor at the start of some bytes.
  @inlinable
  public init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    position = 0
  }

  /// How many bytes are left.
  @inlinable public var remaining: Int { bytes.count - offset }

  /// Reads a little-endian integer.
  @inlinable
  public mutating func integer<Value: FixedWidthInteger>(_ type: Value.Type) throws(MalformedBytes) -> Value {
    let size = MemoryLayout<Value>.size
    guard size <= remaining else { throw MalformedBytes("the bytes end inside a number", at: offset) }
    let value = bytes.loadUnaligned(fromByteOffset: offset, as: Value.self)
    position += size
    return Value(littleEndian: value)
  }

  /// Reads an unsigned number of variable length.
  @inlinable
  public mutating func varint() throws(MalformedBytes) -> UInt64 {
    guard let (value, length) = VariableLength.read(bytes, at: offset) else {
      throw MalformedBytes("a number of variable length does not end or is too long", at: offset)
    }
    position += length
    return value
  }

  /// Reads a signed number of variable length.
  @inlinable
  public mutating func zigzag() throws(MalformedBytes) -> Int64 {
    VariableLength.unzigzag(try varint())
  }

  /// Reads an unsigned number of variable length that must not exceed a limit.
  @inlinable
  public mutating func count(upTo limit: Int, _ what: String) throws(MalformedBytes) -> Int {
    let start = offset
    let value = try varint()
    guard value <= UInt64(limit) else {
      throw MalformedBytes("\(what) is \(value), more than the limit of \(limit)", at: start)
    }
    return Int(value)
  }

  /// The next `count` bytes.
  @inlinable
  public mutating func take(_ count: Int) throws(MalformedBytes) -> UnsafeRawBufferPointer {
    guard count >= 0, count <= remaining else {
      throw MalformedBytes("\(count) bytes are announced, \(remaining) are left", at: offset)
    }
    defer { position += count }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
  }

  /// Bytes behind their length.
  @inlinable
  public mutating func counted(upTo limit: Int, _ what: String) throws(MalformedBytes) -> UnsafeRawBufferPointer {
    try take(try count(upTo: min(limit, remaining), what))
  }

  /// A text behind its length; invalid UTF-8 is replaced.
  @inlinable
  public mutating func text(upTo limit: Int, _ what: String) throws(MalformedBytes) -> String {
    String(decoding: try counted(upTo: limit, what), as: UTF8.self)
  }
}
