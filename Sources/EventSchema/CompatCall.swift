/// A system call of the 32-bit entry of x86 (`int 0x80` and 32-bit programs), which has numbers of its own.
///
/// The table belongs to the recorder, not to captures: their events have the type and a flag that says how they came.
public struct CompatCall: Hashable, Sendable {
  /// The number of the call, or for `isSocketCall` the first argument of `socketcall`.
  public let number: UInt16
  /// What its events are.
  public let type: EventTypeID
  /// A bit for each argument that takes two registers, counted as in the 64-bit call.
  public let wideArguments: UInt8
  /// Whether what its arguments point to is laid out as for the 64-bit call.
  public let hasSameStructures: Bool
  /// Whether its structures are laid out as a `CallLayout` of the 32-bit entry says.
  public let isNarrow: Bool
  /// Whether it is one of those that `socketcall` stands for.
  public let isSocketCall: Bool

  init(packed: UInt64) {
    number = UInt16(truncatingIfNeeded: packed)
    type = EventTypeID(rawValue: UInt16(truncatingIfNeeded: packed >> 16))
    wideArguments = UInt8(truncatingIfNeeded: packed >> 32)
    hasSameStructures = packed >> 40 & 1 == 1
    isSocketCall = packed >> 41 & 1 == 1
    isNarrow = packed >> 42 & 1 == 1
  }

  /// All of them, by number, those of `socketcall` last. Made anew each time.
  public static var all: [CompatCall] { CompatTable.packed.map { CompatCall(packed: $0) } }
}
