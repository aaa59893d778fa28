/// Memory for plain values that is kept from use to use: nothing is checked or set to zero when it is used again.
struct Scratch<Element: BitwiseCopyable>: ~Copyable {
  private var base: UnsafeMutablePointer<Element>
  private var capacity: Int

  init(capacity: Int = 0) {
    self.capacity = max(capacity, 16)
    base = .allocate(capacity: self.capacity)
  }

  deinit { base.deallocate() }

  /// Room for some values, which hold anything. What was there is lost when the room grows.
  mutating func room(_ count: Int) -> UnsafeMutableBufferPointer<Element> {
    if count > capacity {
      base.deallocate()
      capacity = max(count, capacity * 2)
      base = .allocate(capacity: capacity)
    }
    return UnsafeMutableBufferPointer(start: base, count: count)
  }
}
