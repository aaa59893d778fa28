/// Numbers in as many bytes as they need.
///
/// Unsigned: seven bits a byte, the lowest first; the top bit of a byte says that more follow (LEB128). A number takes at
/// most ten bytes, and the tenth is 0 or 1. Signed numbers are folded first: 0, -1, 1, -2 … become 0, 1, 2, 3 …
public enum VariableLength {
  /// The most bytes that a number takes.
  public static let longest = 10

  /// Folds a signed number into an unsigned one, small magnitudes small.
  @inlinable
  public static func zigzag(_ value: Int64) -> UInt64 {
    UInt64(bitPattern: value &<< 1) ^ UInt64(bitPattern: value &>> 63)
  }

  /// The signed number that was folded.
  @inlinable
  public static func unzigzag(_ value: UInt64) -> Int64 {
    Int64(bitPattern: value &>> 1) ^ -Int64(bitPattern: value & 1)
  }

  /// How many bytes a number takes.
  @inlinable
  public static func length(_ value: UInt64) -> Int {
    (70 - (value | 1).leadingZeroBitCount) / 7
  }

  /// Writes a number where there is room for the longest one.
  /// - Returns: how many bytes it took.
  @inlinable
  public static func write(_ value: UInt64, to target: UnsafeMutableRawPointer) -> Int {
    var value = value
    var length = 0
    while value >= 0x80 {
      target.storeBytes(of: UInt8(truncatingIfNeeded: value) | 0x80, toByteOffset: length, as: UInt8.self)
      value &>>= 7
      length += 1
    }
    target.storeBytes(of: UInt8(truncatingIfNeeded: value), toByteOffset: length, as: UInt8.self)
    return length + 1
  }

  /// Reads a number; `nil` when the bytes end inside it or it does not fit 64 bits.
  @inlinable
  public static func read(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> (value: UInt64, length: Int)? {
    var value: UInt64 = 0
    var length = 0
    while offset + length < bytes.count {
      let byte = UInt64(bytes[offset + length])
      if length == 9, byte > 1 { return nil }
      value |= (byte & 0x7F) &<< UInt64(7 * length)
      length += 1
      if byte < 0x80 { return (value, length) }
      if length == longest { return nil }
    }
    return nil
  }
}
