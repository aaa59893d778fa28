/// Unsigned numbers in a fixed number of bits each, the lowest bit first, without gaps.
///
///     width 3:   byte 0            byte 1
///                b b a a a | c … | …
///     bits of     1 0 2 1 0   (value a in bits 0–2, value b in bits 3–5 and so on through the bytes)
///
/// Widths are 0 to 56 and 64. Values wider than 56 bits would straddle nine bytes; they are stored in 64.
public enum BitPacking {
  /// How far past the last value's first byte a reader loads.
  public static let slack = 8

  /// The width that a value is stored in when it needs `bits` bits.
  @inlinable
  public static func width(forBits bits: Int) -> Int { bits > 56 ? 64 : bits }

  /// The bytes that `count` values take.
  @inlinable
  public static func byteCount(_ count: Int, width: Int) -> Int { (count * width + 7) / 8 }

  /// Packs values.
  /// - Precondition: `target` has room for `byteCount` bytes and `slack` more.
  @inlinable
  public static func pack(_ values: UnsafeBufferPointer<UInt64>, width: Int, to target: UnsafeMutableRawPointer) {
    if width == 0 { return }
    if width == 64 {
      for index in values.indices {
        target.storeBytes(of: values[index].littleEndian, toByteOffset: index * 8, as: UInt64.self)
      }
      return
    }
    var pending: UInt64 = 0
    var pendingBits = 0
    var offset = 0
    for value in values {
      pending |= value &<< UInt64(pendingBits)
      pendingBits += width
      // Flush whole bytes: at most 7 bits stay, so that 7 + 56 bits always fit.
      target.storeBytes(of: pending.littleEndian, toByteOffset: offset, as: UInt64.self)
      let whole = pendingBits &>> 3
      offset += whole
      pending = whole == 8 ? 0 : pending &>> UInt64(whole &* 8)
      pendingBits &= 7
    }
    target.storeBytes(of: pending.littleEndian, toByteOffset: offset, as: UInt64.self)
  }

  /// Unpacks values and adds `base` to each, wrapping around.
  /// - Precondition: `width` is valid, `source` holds `byteCount` bytes and `slack` more that may be anything.
  @inlinable
  public static func unpack(
    _ source: UnsafeRawPointer, width: Int, adding base: Int64, to target: UnsafeMutableBufferPointer<Int64>
  ) {
    if width == 0 {
      target.update(repeating: base)
      return
    }
    if width == 64 {
      for index in target.indices {
        let value = UInt64(littleEndian: source.loadUnaligned(fromByteOffset: index * 8, as: UInt64.self))
        target[index] = base &+ Int64(bitPattern: value)
      }
      return
    }
    let mask = (UInt64(1) &<< UInt64(width)) &- 1
    var start = 0
    if width < 8 {
      // Eight values fill `width` whole bytes: one load serves them all.
      while start &+ 8 <= target.count {
        let offset = (start &>> 3) &* width
        var word = UInt64(littleEndian: source.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        for index in 0..<8 {
          target[start &+ index] = base &+ Int64(bitPattern: word & mask)
          word = word &>> UInt64(width)
        }
        start &+= 8
      }
    }
    var position = start &* width
    for index in start..<target.count {
      let word = UInt64(littleEndian: source.loadUnaligned(fromByteOffset: position &>> 3, as: UInt64.self))
      target[index] = base &+ Int64(bitPattern: (word &>> UInt64(position & 7)) & mask)
      position &+= width
    }
  }
}
