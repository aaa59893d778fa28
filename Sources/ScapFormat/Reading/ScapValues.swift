/// The values of a call: of its return, and of its beginning where that is known.
///
/// Places in the block and in what the thread remembers, no more: made for each event, and valid as long as these.
struct ScapValues {
  private let exit: ScapParameters
  private let enter: ScapParameters
  private let plan: UnsafePointer<ScapPlan>

  init(_ event: borrowing ScapEventBytes, _ enter: ScapParameters, _ plan: UnsafePointer<ScapPlan>) {
    exit = event.parameters
    self.enter = enter
    self.plan = plan
  }

  /// The values of a beginning by itself.
  init(_ enter: ScapParameters, _ plan: UnsafePointer<ScapPlan>) {
    exit = enter
    self.enter = .none
    self.plan = plan
  }

  /// A parameter of the return, `nil` when it is not there.
  @inline(__always)
  func exitBytes(_ index: Int16) -> UnsafeRawBufferPointer? {
    guard let bytes = exit[Int(index)], !bytes.isEmpty else { return nil }
    return bytes
  }

  /// A parameter of the return that is empty, `nil` when the event has not so many.
  func emptyExit(_ index: Int16) -> UnsafeRawBufferPointer? { exit[Int(index)] }

  /// A number among the parameters of the return.
  @inline(__always)
  func exit(_ index: Int16) -> Int64? { exitBytes(index).map { scapInteger($0, isSigned: true) } }

  /// A parameter of the beginning.
  @inline(__always)
  func enterBytes(_ index: Int16) -> UnsafeRawBufferPointer? { enter[Int(index)] }

  func bytes(_ reference: ScapReference) -> UnsafeRawBufferPointer? {
    guard let place = plan.pointee.references?[reference.rawValue] else { return nil }
    if let bytes = exitBytes(place.exit) { return bytes }
    guard let bytes = enterBytes(place.enter), !bytes.isEmpty else { return nil }
    return bytes
  }

  /// A number; unsigned ones by their bits.
  func integer(_ reference: ScapReference, isSigned: Bool = true) -> Int64? {
    bytes(reference).map { scapInteger($0, isSigned: isSigned) }
  }

  /// A text without its NUL.
  func text(_ reference: ScapReference) -> [UInt8]? {
    bytes(reference).map { $0.last == 0 ? Array($0.dropLast()) : Array($0) }
  }

  /// Texts, each with its NUL.
  func texts(_ reference: ScapReference) -> [UInt8]? { bytes(reference).map { Array($0) } }

  /// The descriptor that the event is about.
  var descriptor: Int64? {
    if let bytes = exitBytes(plan.pointee.descriptor.exit) { return scapInteger(bytes, isSigned: true) }
    guard let bytes = enterBytes(plan.pointee.descriptor.enter), !bytes.isEmpty else { return nil }
    return scapInteger(bytes, isSigned: true)
  }
}
