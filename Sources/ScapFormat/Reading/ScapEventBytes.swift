/// One event of a file where it stands in its block, and where its values are. All that is read is checked here; what reads
/// values goes by these places.
///
/// The bytes belong to the block: they are there until the next one is read. What is found stands in memory of its own, so that
/// functions which look at the event are given an address, not a copy of fields that were just written one by one.
struct ScapEventBytes: ~Copyable {
  /// At most as many parameters are looked at; the widest type has 32.
  static let mostParameters = 64

  private struct Fields {
    var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    var time: UInt64 = 0
    var tid: Int64 = 0
    var count = 0
    var cpu: UInt16 = 0
    var code: UInt16 = 0
    var isHidden = false
  }

  private let fields: UnsafeMutablePointer<Fields>
  /// Where each value begins in `bytes`; one more where the last one ends.
  private let places: UnsafeMutablePointer<UInt32>

  init() {
    fields = .allocate(capacity: 1)
    fields.initialize(to: Fields())
    places = .allocate(capacity: ScapEventBytes.mostParameters + 1)
    places.initialize(repeating: 0, count: ScapEventBytes.mostParameters + 1)
  }

  deinit {
    fields.deallocate()
    places.deallocate()
  }

  private(set) var bytes: UnsafeRawBufferPointer {
    @inline(__always) get { fields.pointee.bytes }
    @inline(__always) nonmutating set { fields.pointee.bytes = newValue }
  }
  private(set) var cpu: UInt16 {
    @inline(__always) get { fields.pointee.cpu }
    @inline(__always) nonmutating set { fields.pointee.cpu = newValue }
  }
  private(set) var time: UInt64 {
    @inline(__always) get { fields.pointee.time }
    @inline(__always) nonmutating set { fields.pointee.time = newValue }
  }
  private(set) var tid: Int64 {
    @inline(__always) get { fields.pointee.tid }
    @inline(__always) nonmutating set { fields.pointee.tid = newValue }
  }
  private(set) var code: UInt16 {
    @inline(__always) get { fields.pointee.code }
    @inline(__always) nonmutating set { fields.pointee.code = newValue }
  }
  /// Says what happened to threads and descriptors, and is not to be shown: what a filter left out.
  private(set) var isHidden: Bool {
    @inline(__always) get { fields.pointee.isHidden }
    @inline(__always) nonmutating set { fields.pointee.isHidden = newValue }
  }
  /// How many parameters are looked at.
  private(set) var count: Int {
    @inline(__always) get { fields.pointee.count }
    @inline(__always) nonmutating set { fields.pointee.count = newValue }
  }

  /// Looks at the event in the body of a block.
  ///
  /// - Parameter plans: say how many parameters events with a code have at most, for files that do not say.
  /// - Returns: what is wrong with it, `nil` when nothing is.
  func read(
    _ body: UnsafeRawBufferPointer, _ layout: ScapEventLayout, _ plans: borrowing ScapPlans
  ) -> String? {
    let start = layout.hasFlags ? 6 : 2
    guard body.count >= start + layout.headerSize else { return "a block is too short for an event" }
    cpu = body.loadUnaligned(as: UInt16.self)
    isHidden = layout.hasFlags && body.loadUnaligned(fromByteOffset: 2, as: UInt32.self) & 1 != 0
    time = body.loadUnaligned(fromByteOffset: start, as: UInt64.self)
    tid = body.loadUnaligned(fromByteOffset: start + 8, as: Int64.self)
    var length = Int(body.loadUnaligned(fromByteOffset: start + 16, as: UInt32.self))
    code = body.loadUnaligned(fromByteOffset: start + 20, as: UInt16.self)
    guard length >= layout.headerSize, length <= body.count - start else {
      return "an event says that it is \(length) bytes long"
    }
    bytes = UnsafeRawBufferPointer(rebasing: body[start..<start + length])
    if layout.hasCount {
      let announced = Int(bytes.loadUnaligned(fromByteOffset: 22, as: UInt32.self))
      guard announced <= (length - layout.headerSize) / layout.sizeOfSize else {
        return "an event says that it has \(announced) parameters"
      }
      return place(announced, layout, length)
        ? nil : "the sizes of an event's parameters are more than the event"
    }
    // Two types of the first version count bytes that are not there.
    if code == 280 || code == 286, length >= layout.headerSize + 3 { length -= 3 }
    var guess = plans[code].pointee.parameterCount
    while guess >= 0 {
      if fits(guess, layout, length), place(guess, layout, length) { return nil }
      guess -= 1
    }
    return "the sizes of an event's parameters are not those of the event"
  }

  /// Whether sizes and values of so many parameters are exactly the event.
  private func fits(_ count: Int, _ layout: ScapEventLayout, _ length: Int) -> Bool {
    let values = layout.headerSize + count * layout.sizeOfSize
    guard values <= length else { return false }
    var end = values
    for index in 0..<count {
      end += size(index, layout)
      if end > length { return false }
    }
    return end == length
  }

  private func size(_ index: Int, _ layout: ScapEventLayout) -> Int {
    let place = layout.headerSize + index * layout.sizeOfSize
    return layout.isLarge
      ? Int(bytes.loadUnaligned(fromByteOffset: place, as: UInt32.self))
      : Int(bytes.loadUnaligned(fromByteOffset: place, as: UInt16.self))
  }

  /// Notes where the values stand. The sizes stand in the event, which was checked.
  private func place(_ announced: Int, _ layout: ScapEventLayout, _ length: Int) -> Bool {
    count = min(announced, ScapEventBytes.mostParameters)
    var end = layout.headerSize + announced * layout.sizeOfSize
    for index in 0..<count {
      places[index] = UInt32(truncatingIfNeeded: end)
      end += size(index, layout)
      if end > length { return false }
    }
    places[count] = UInt32(truncatingIfNeeded: end)
    return true
  }

  /// The parameters that are looked at.
  var parameters: ScapParameters { ScapParameters(places: places, base: bytes.baseAddress, count: count) }

  /// The bytes of a parameter, `nil` when the event has not so many; empty when the parameter is not there.
  @inline(__always)
  subscript(index: Int) -> UnsafeRawBufferPointer? { parameters[index] }

  /// All values, behind each other.
  var values: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: bytes[Int(places[0])..<Int(places[count])])
  }

  /// Where a parameter begins in `values`; of `count` where the last one ends.
  @inline(__always)
  func place(_ index: Int) -> UInt32 { places[index] - places[0] }
}

/// A little-endian number of one to eight bytes.
@inline(__always)
func scapInteger(_ bytes: UnsafeRawBufferPointer, isSigned: Bool) -> Int64 {
  switch bytes.count {
  case 8: return bytes.loadUnaligned(as: Int64.self)
  case 4:
    return isSigned
      ? Int64(bytes.loadUnaligned(as: Int32.self)) : Int64(bytes.loadUnaligned(as: UInt32.self))
  case 2:
    return isSigned
      ? Int64(bytes.loadUnaligned(as: Int16.self)) : Int64(bytes.loadUnaligned(as: UInt16.self))
  case 1: return isSigned ? Int64(bytes.loadUnaligned(as: Int8.self)) : Int64(bytes[0])
  default:
    var value: UInt64 = 0
    for (index, byte) in bytes.prefix(8).enumerated() { value |= UInt64(byte) << UInt64(8 * index) }
    return Int64(bitPattern: value)
  }
}
