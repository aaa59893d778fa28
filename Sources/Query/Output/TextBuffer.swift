/// Bytes that are being put together: lines of events, and pieces of them that are used again.
///
/// Memory is raw and owned by the buffer: each append to an `Array` asks whether the array is shared, which costs more than
/// the few bytes that most appends bring.
struct TextBuffer: ~Copyable {
  private var base: UnsafeMutablePointer<UInt8>
  private var capacity: Int
  private(set) var count = 0

  init(capacity: Int = 4096) {
    self.capacity = max(capacity, 64)
    base = UnsafeMutablePointer<UInt8>.allocate(capacity: self.capacity)
  }

  deinit { base.deallocate() }

  @inline(__always)
  mutating func append(_ byte: UInt8) {
    if count == capacity { grow(by: 1) }
    base[count] = byte
    count &+= 1
  }

  @inline(__always)
  mutating func append(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let source = bytes.baseAddress else { return }
    if bytes.count > capacity &- count { grow(by: bytes.count) }
    (base + count).update(from: source, count: bytes.count)
    count &+= bytes.count
  }

  mutating func append(_ bytes: [UInt8]) { bytes.withUnsafeBufferPointer { append($0) } }

  mutating func append(_ bytes: ArraySlice<UInt8>) { bytes.withUnsafeBufferPointer { append($0) } }

  /// Appends a piece of another buffer.
  @inline(__always)
  mutating func append(_ piece: TextPiece, of other: borrowing TextBuffer) {
    precondition(Int(piece.start) + Int(piece.count) <= other.count)
    append(UnsafeBufferPointer(start: other.base + Int(piece.start), count: Int(piece.count)))
  }

  /// Appends bytes with a dot for each that cannot be shown.
  mutating func append(printable bytes: ArraySlice<UInt8>) {
    if bytes.count > capacity &- count { grow(by: bytes.count) }
    let target = base + count
    bytes.withUnsafeBufferPointer { bytes in
      for index in 0..<bytes.count {
        let byte = bytes[index]
        target[index] = byte >= 0x20 && byte < 0x7F ? byte : UInt8(ascii: ".")
      }
    }
    count &+= bytes.count
  }

  /// Appends a number in decimal, with zeros in front up to a width of at most 20.
  mutating func append(decimal value: UInt64, width: Int = 1) {
    if capacity &- count < 24 { grow(by: 24) }
    var digits = 1
    var bound: UInt64 = 10
    while digits < 20, value >= bound {
      digits &+= 1
      bound = bound &* 10
      if digits == 20 { break }
    }
    digits = max(digits, width)
    var place = base + (count &+ digits &- 1)
    var rest = value
    for _ in 0..<digits {
      let next = rest / 10
      place.pointee = UInt8(ascii: "0") &+ UInt8(truncatingIfNeeded: rest &- next &* 10)
      place -= 1
      rest = next
    }
    count &+= digits
  }

  mutating func append(decimal value: Int64) {
    if value < 0 { append(UInt8(ascii: "-")) }
    append(decimal: value.magnitude)
  }

  /// Appends a number in hexadecimal, in capital letters.
  mutating func append(hexadecimal value: UInt64) {
    if capacity &- count < 16 { grow(by: 16) }
    let digits = max((67 - value.leadingZeroBitCount) / 4, 1)
    for index in 0..<digits {
      let digit = UInt8(truncatingIfNeeded: value >> UInt64(4 * (digits - 1 - index))) & 15
      base[count &+ index] = digit < 10 ? UInt8(ascii: "0") &+ digit : UInt8(ascii: "A") &+ digit &- 10
    }
    count &+= digits
  }

  /// Forgets everything from a place on.
  mutating func truncate(to count: Int) {
    precondition(count <= self.count)
    self.count = count
  }

  /// Makes what begins at a place as wide as wanted.
  mutating func fit(from start: Int, width: Int) {
    while count - start < width { append(UInt8(ascii: " ")) }
    if count - start > width { truncate(to: start + width) }
  }

  /// The bytes as an array; the buffer keeps its memory for the next ones.
  mutating func take() -> [UInt8] {
    defer { count = 0 }
    return Array(UnsafeBufferPointer(start: base, count: count))
  }

  @inline(never)
  private mutating func grow(by needed: Int) {
    let larger = max(count + needed, capacity * 2)
    let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
    moved.update(from: base, count: count)
    base.deallocate()
    base = moved
    capacity = larger
  }
}

/// Where a piece of text stands in a buffer that is used again and again.
struct TextPiece {
  var start: UInt32
  var count: Int32
  /// Whether everything that the piece shows was there.
  var isComplete: Bool

  /// Not made yet.
  static let unknown = TextPiece(start: 0, count: -1, isComplete: false)

  var isKnown: Bool { count >= 0 }
}
