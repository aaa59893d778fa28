/// The beginning of a call: a copy of its event's parameters, since the block is gone when the call returns.
///
///     memory  | where each value begins, and where the last one ends, u32 … | values … |
struct ScapEnter: ~Copyable {
  /// The code of the event, `none` when there is no call.
  var code = ScapEnter.none
  var time: Int64 = 0
  var cpu: UInt16 = 0
  /// The event is not to be shown.
  var isHidden = false
  private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  private var count = 0

  static let none = UInt16.max
  /// The code of the beginning of `execveat`.
  static let executionBelow: UInt16 = 330

  deinit { memory.deallocate() }

  private var placesSize: Int { 4 * (count + 1) }

  /// The parameters: valid until the thread begins another call.
  var parameters: ScapParameters {
    guard let base = memory.baseAddress else { return .none }
    return ScapParameters(
      places: base.assumingMemoryBound(to: UInt32.self), base: UnsafeRawPointer(base + placesSize), count: count)
  }

  /// Remembers the parameters of an event. Memory is kept for the next one.
  mutating func set(_ event: borrowing ScapEventBytes) {
    let values = event.values
    count = event.count
    let size = placesSize + values.count
    if size > memory.count {
      memory.deallocate()
      memory = .allocate(byteCount: max(256, 2 * size), alignment: 16)
    }
    let places = memory.bindMemory(to: UInt32.self)
    for index in 0...count { places[index] = event.place(index) }
    UnsafeMutableRawBufferPointer(rebasing: memory[placesSize...]).copyMemory(from: values)
  }
}

/// Parameters of an event, where they stand: in its block or in what a thread remembers. Valid as long as these are.
struct ScapParameters {
  /// Where each value begins, and where the last one ends, from `base` on: `count` + 1 of them, which were checked.
  private let places: UnsafePointer<UInt32>?
  private let base: UnsafeRawPointer?
  private let count: Int

  /// None.
  static var none: ScapParameters { ScapParameters(places: nil, base: nil, count: 0) }

  init(places: UnsafePointer<UInt32>?, base: UnsafeRawPointer?, count: Int) {
    self.places = places
    self.base = base
    self.count = count
  }

  /// The bytes of a value, `nil` when there are not so many.
  @inline(__always)
  subscript(index: Int) -> UnsafeRawBufferPointer? {
    guard index >= 0, index < count, let places, let base else { return nil }
    let start = Int(places[index])
    return UnsafeRawBufferPointer(start: base + start, count: Int(places[index + 1]) - start)
  }
}
