/// A growing column of plain values.
///
/// Memory is raw and owned by the buffer: appending to an `Array` costs three times as much per value here, since each
/// append checks that the array is not shared.
struct ColumnBuffer<Element: BitwiseCopyable>: ~Copyable {
  private var base: UnsafeMutablePointer<Element>
  private var capacity: Int
  private(set) var count = 0

  init() {
    capacity = 0
    base = UnsafeMutablePointer<Element>.allocate(capacity: 1)
  }

  deinit { base.deallocate() }

  subscript(index: Int) -> Element {
    get {
      precondition(index < count)
      return base[index]
    }
    set {
      precondition(index < count)
      base[index] = newValue
    }
  }

  @inline(__always)
  mutating func append(_ value: Element) {
    if count == capacity { reserve(count + 1) }
    base[count] = value
    count += 1
  }

  @inline(__always)
  mutating func append(_ bytes: UnsafeRawBufferPointer) where Element == UInt8 {
    guard let source = bytes.baseAddress else { return }
    if count + bytes.count > capacity { reserve(count + bytes.count) }
    UnsafeMutableRawPointer(base + count).copyMemory(from: source, byteCount: bytes.count)
    count += bytes.count
  }

  /// The values as an array; the buffer keeps its memory for the next ones.
  mutating func take() -> [Element] {
    defer { count = 0 }
    return Array(UnsafeBufferPointer(start: base, count: count))
  }

  @inline(never)
  private mutating func reserve(_ needed: Int) {
    let larger = max(needed, capacity * 2, 64)
    let moved = UnsafeMutablePointer<Element>.allocate(capacity: larger)
    moved.update(from: base, count: count)
    base.deallocate()
    base = moved
    capacity = larger
  }
}
