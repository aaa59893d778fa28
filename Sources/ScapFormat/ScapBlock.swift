/// The blocks of a `.scap` file: a stream of bytes, plain, gzip or zstd, in the manner of pcapng.
///
///     offset  0      4        8                                     length - 4
///     block   | type | length | body … | up to 3 bytes of padding   | length |
///
/// All numbers are little-endian; the length counts everything and is a multiple of 4. The first block of each section is
///
///     section | 0x0A0D0D0A | length | 0x1A2B3C4D | major u16 = 1 | minor u16 | section length i64, -1 | options … | length |
///
/// The numbers of blocks are not contiguous: what looks like decimal counting is hexadecimal.
public enum ScapBlock: UInt32, CaseIterable, Sendable {
  case section = 0x0A0D_0D0A
  case machine = 0x201
  case processesV1 = 0x202
  case descriptors = 0x203
  case event = 0x204
  case interfaces = 0x205
  case users = 0x206
  case processesV2 = 0x207
  case eventWithFlags = 0x208
  case processesV3 = 0x209
  case processesV4 = 0x210
  case processesV5 = 0x211
  case processesV6 = 0x212
  case processesV7 = 0x213
  case processesV8 = 0x214
  case processesV9 = 0x215
  case eventV2 = 0x216
  case eventV2WithFlags = 0x217
  case descriptorsV2 = 0x218
  case interfacesV2 = 0x219
  case usersV2 = 0x220
  case eventV2Large = 0x221
  case eventV2LargeWithFlags = 0x222

  /// The block of a number, of which the first versions of the format had others.
  public init?(number: UInt32) {
    switch number {
    case 0x8000_ABCD: self = .processesV1
    case 0x8001_ABCD: self = .descriptors
    case 0x8002_ABCD: self = .machine
    case 0x8010_ABCD: self = .event
    case 0x8011_ABCD: self = .interfaces
    case 0x8012_ABCD: self = .users
    case 0x8013_ABCD: self = .processesV2
    case 0x8014_ABCD: self = .processesV3
    default:
      guard let block = ScapBlock(rawValue: number) else { return nil }
      self = block
    }
  }

  /// The version of a list of processes, 1 to 9; 0 for other blocks.
  public var processListVersion: Int {
    switch self {
    case .processesV1: 1
    case .processesV2: 2
    case .processesV3: 3
    case .processesV4: 4
    case .processesV5: 5
    case .processesV6: 6
    case .processesV7: 7
    case .processesV8: 8
    case .processesV9: 9
    default: 0
    }
  }

  /// How the events of a block are laid out, `nil` for other blocks.
  ///
  ///     body    | cpu u16 | flags u32, if the block has them | event … | padding, options |
  ///     event   | time u64 | thread u64 | length u32 | type u16 | parameters u32 | sizes … | values … |
  ///
  /// Times are nanoseconds of the epoch; the greatest one stands for "none". The length counts the event from its time to
  /// its last value, and only it says where the event ends. The number of parameters is not in blocks of the first
  /// version: there it is the greatest one for which sizes and values fill the event. Sizes are u16, in large blocks u32.
  public var eventLayout: ScapEventLayout? {
    switch self {
    case .event: ScapEventLayout(hasFlags: false, hasCount: false, isLarge: false)
    case .eventWithFlags: ScapEventLayout(hasFlags: true, hasCount: false, isLarge: false)
    case .eventV2: ScapEventLayout(hasFlags: false, hasCount: true, isLarge: false)
    case .eventV2WithFlags: ScapEventLayout(hasFlags: true, hasCount: true, isLarge: false)
    case .eventV2Large: ScapEventLayout(hasFlags: false, hasCount: true, isLarge: true)
    case .eventV2LargeWithFlags: ScapEventLayout(hasFlags: true, hasCount: true, isLarge: true)
    default: nil
    }
  }

  /// What stands behind the length of a section's first block.
  public static let byteOrderMagic: UInt32 = 0x1A2B_3C4D
}

/// Which parts the events of a block have; see `ScapBlock.eventLayout`.
public struct ScapEventLayout: Hashable, Sendable {
  /// Flags stand behind the number of the processor.
  public let hasFlags: Bool
  /// The header says how many parameters there are.
  public let hasCount: Bool
  /// Sizes take four bytes each.
  public let isLarge: Bool

  /// The bytes of an event's header.
  public var headerSize: Int { hasCount ? 26 : 22 }
  /// The bytes of a parameter's size.
  public var sizeOfSize: Int { isLarge ? 4 : 2 }
}
