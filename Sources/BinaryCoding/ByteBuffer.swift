/// A growing run of bytes to write into: raw memory, owned, without the checks that an array makes at each append.
public struct ByteBuffer: ~Copyable {
  @usableFromInline var base: UnsafeMutableRawPointer
  @usableFromInline var capacity: Int
  @usableFromInline var used = 0

  /// How many bytes were written.
  @inlinable public var count: Int { used }

  /// An empty buffer with room for some bytes.
  public init(capacity: Int = 256) {
    self.capacity = max(capacity, 16)
    base = .allocate(byteCount: self.capacity, alignment: 8)
  }

  deinit { base.deallocate() }

  /// What was written so far; not to be kept.
  public var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  /// What was written so far, copied.
  public func array() -> [UInt8] { Array(bytes) }

  /// Forgets all bytes behind the first `count`; keeps the memory.
  public mutating func truncate(to count: Int) {
    precondition(count <= self.count)
    used = count
  }

  /// Room for `needed` more bytes. Whoever writes there says how many with `advance`.
  @inlinable
  public mutating func reserve(_ needed: Int) -> UnsafeMutableRawPointer {
    if count + needed > capacity { grow(needed) }
    return base + count
  }

  /// Takes bytes that were written into reserved room.
  @inlinable
  public mutating func advance(_ written: Int) {
    precondition(count + written <= capacity)
    used += written
  }

  /// Appends an integer in little-endian order.
  @inlinable
  public mutating func append<Value: FixedWidthInteger>(_ value: Value) {
    let size = MemoryLayout<Value>.size
    reserve(size).storeBytes(of: value.littleEndian, as: Value.self)
    used += size
  }

  /// Appends bytes as they are.
  @inlinable
  public mutating func append(contentsOf bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress, !bytes.isEmpty else { return }
    reserve(bytes.count).copyMemory(from: source, byteCount: bytes.count)
    used += bytes.count
  }

  /// Appends bytes as they are.
  public mutating func append(contentsOf bytes: [UInt8]) { bytes.withUnsafeBytes { append(contentsOf: $0) } }

  /// Appends an unsigned number, seven bits a byte, the lowest first; the top bit of a byte says that more follow.
  @inlinable
  public mutating func append(varint value: UInt64) {
    used += VariableLength.write(value, to: reserve(VariableLength.longest))
  }

  /// Appends a signed number, small magnitudes short.
  @inlinable
  public mutating func append(zigzag value: Int64) { append(varint: VariableLength.zigzag(value)) }

  /// Appends the length of some bytes and the bytes.
  public mutating func append(counted bytes: UnsafeRawBufferPointer) {
    append(varint: UInt64(bytes.count))
    append(contentsOf: bytes)
  }

  /// Appends the length of a text in UTF-8 and the text.
  public mutating func append(counted text: String) {
    var text = text
    text.withUTF8 { append(counted: UnsafeRawBufferPointer($0)) }
  }

  /// Appends zeros up to a multiple of `alignment`.
  public mutating func pad(to alignment: Int) {
    while count % alignment != 0 { append(UInt8(0)) }
  }

  /// Replaces an integer that was written before.
  @inlinable
  public mutating func replace<Value: FixedWidthInteger>(at offset: Int, with value: Value) {
    precondition(offset >= 0 && offset + MemoryLayout<Value>.size <= count)
    base.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
  }

  /// Copies bytes that were written to a place where others were; the two may overlap.
  public mutating func move(_ length: Int, from source: Int, to target: Int) {
    precondition(length >= 0 && source >= 0 && target >= 0 && max(source, target) + length <= count)
    (base + target).copyMemory(from: base + source, byteCount: length)
  }

  @usableFromInline
  mutating func grow(_ needed: Int) {
    let larger = max(count + needed, capacity * 2)
    let moved = UnsafeMutableRawPointer.allocate(byteCount: larger, alignment: 8)
    moved.copyMemory(from: base, byteCount: count)
    base.deallocate()
    base = moved
    capacity = larger
  }
}
