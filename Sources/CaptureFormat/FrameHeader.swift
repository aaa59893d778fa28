import BinaryCoding

/// What a frame holds. Raw values stand in files; the top bit says that a reader that does not know the type must not go
/// on, since it could not understand what follows.
public struct FrameType: RawRepresentable, Hashable, Sendable {
  /// The number in the file.
  public let rawValue: UInt16
  /// A type by its number.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The file's header.
  public static let header = FrameType(rawValue: 0x8001)
  /// The event types and the columns of dimension tables.
  public static let schema = FrameType(rawValue: 0x8002)
  /// Events and the dimension rows that they use.
  public static let chunk = FrameType(rawValue: 0x8010)
  /// Events that were lost.
  public static let loss = FrameType(rawValue: 0x0020)
  /// What is known of containers.
  public static let container = FrameType(rawValue: 0x0021)
  /// A file that travels with the capture.
  public static let attachment = FrameType(rawValue: 0x0022)
  /// Something that was said about the capture.
  public static let annotation = FrameType(rawValue: 0x0023)
  /// A part of what was there at one moment.
  public static let state = FrameType(rawValue: 0x0030)
  /// A signature over the frames before it.
  public static let seal = FrameType(rawValue: 0x0040)
  /// What ties an export to the sealed capture that it was taken from.
  public static let custody = FrameType(rawValue: 0x0041)
  /// Some chunk heads again; part of the tail.
  public static let summaryPage = FrameType(rawValue: 0x0050)
  /// Totals; part of the tail.
  public static let summary = FrameType(rawValue: 0x0051)
  /// Counters in buckets of time; part of the tail.
  public static let rollup = FrameType(rawValue: 0x0052)
  /// The end of the file and where its tail begins.
  public static let footer = FrameType(rawValue: 0x00FF)

  /// Whether a reader must know the type.
  public var isCritical: Bool { rawValue & 0x8000 != 0 }
  /// Whether this reader knows the type.
  public var isKnown: Bool { FrameType.known.contains(self) }

  private static let known: Set<FrameType> = [
    .header, .schema, .chunk, .loss, .container, .attachment, .annotation, .state, .seal, .custody, .summaryPage,
    .summary, .rollup, .footer,
  ]

  /// Whether the summary lists the frame among the other ones: it may stand anywhere in front of the tail and is none
  /// that the summary speaks of in another way.
  public var isListed: Bool { !FrameType.unlisted.contains(self) }

  private static let unlisted: Set<FrameType> = [
    .header, .schema, .chunk, .loss, .state, .summaryPage, .summary, .rollup, .footer,
  ]
}

/// The 32 bytes in front of every frame's payload.
///
///      0  mark      C5 52 46 4D
///      4  type      u16   `FrameType`
///      6  flags     u8    0
///      7  version   u8    1: the layout of this header
///      8  length    u32   bytes of the payload, without the zeros behind it
///     12  zero      u32
///     16  sequence  u64   the frame's ordinal in the file, from 0
///     24  payload   u32   CRC-32C of the file id, the payload and its padding
///     28  check     u32   CRC-32C of the file id and of the bytes 0..<28
///
/// The payload follows, then zeros to a multiple of 8. In `header` and `footer` frames the file id is the payload's first
/// 16 bytes, so that they can be checked by themselves.
public struct FrameHeader: Hashable, Sendable {
  /// The bytes of a frame's header.
  public static let byteCount = 32
  /// The mark as it is loaded.
  static let mark: UInt32 = 0x4D46_52C5
  private static let version: UInt8 = 1

  /// What the frame holds.
  public var type: FrameType
  /// The bytes of the payload.
  public var length: Int
  /// The frame's ordinal in the file.
  public var sequence: UInt64
  /// The checksum of payload and padding.
  public var payloadCheck: UInt32

  /// The bytes of a whole frame with a payload of some length.
  public static func frameBytes(_ length: Int) -> Int { byteCount + (length + 7) / 8 * 8 }

  /// The bytes of the whole frame.
  public var frameBytes: Int { FrameHeader.frameBytes(length) }

  /// A frame, ready to be appended to a file.
  public static func frame(
    _ type: FrameType, sequence: UInt64, payload: ArraySlice<UInt8>, fileID: FileID
  ) throws(LimitExceeded) -> [UInt8] {
    guard payload.count <= CaptureLimits.frameBytes else {
      throw LimitExceeded(what: "the size of a frame", value: payload.count, limit: CaptureLimits.frameBytes)
    }
    var frame = [UInt8](repeating: 0, count: frameBytes(payload.count))
    frame.withUnsafeMutableBytes { bytes in
      payload.withUnsafeBytes { bytes[byteCount...].copyBytes(from: $0) }
      let check = fileID.check(UnsafeRawBufferPointer(rebasing: bytes[byteCount...]))
      bytes.storeBytes(of: mark.littleEndian, toByteOffset: 0, as: UInt32.self)
      bytes.storeBytes(of: type.rawValue.littleEndian, toByteOffset: 4, as: UInt16.self)
      bytes.storeBytes(of: version, toByteOffset: 7, as: UInt8.self)
      bytes.storeBytes(of: UInt32(payload.count).littleEndian, toByteOffset: 8, as: UInt32.self)
      bytes.storeBytes(of: sequence.littleEndian, toByteOffset: 16, as: UInt64.self)
      bytes.storeBytes(of: check.littleEndian, toByteOffset: 24, as: UInt32.self)
      let headerCheck = fileID.check(UnsafeRawBufferPointer(rebasing: bytes[..<28]))
      bytes.storeBytes(of: headerCheck.littleEndian, toByteOffset: 28, as: UInt32.self)
    }
    return frame
  }

  /// The header in the first 32 bytes, `nil` unless they are one of this file's.
  public init?(_ bytes: UnsafeRawBufferPointer, fileID: FileID) {
    guard bytes.count >= FrameHeader.byteCount else { return nil }
    func load<Value: FixedWidthInteger>(_ offset: Int, _ type: Value.Type) -> Value {
      Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
    }
    guard load(0, UInt32.self) == FrameHeader.mark,
      load(28, UInt32.self) == fileID.check(UnsafeRawBufferPointer(rebasing: bytes[..<28])),
      load(7, UInt8.self) == FrameHeader.version
    else { return nil }
    type = FrameType(rawValue: load(4, UInt16.self))
    length = Int(load(8, UInt32.self))
    sequence = load(16, UInt64.self)
    payloadCheck = load(24, UInt32.self)
    // The greatest number has no successor: whoever counts on would stumble over it.
    guard length <= CaptureLimits.frameBytes, sequence < UInt64.max else { return nil }
  }

  /// Whether bytes begin with the mark of a frame: a first look before the checksum.
  public static func hasMark(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Bool {
    offset + 4 <= bytes.count
      && UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) == mark
  }

  /// Whether a payload and the zeros behind it are what was written.
  public func matches(payloadAndPadding bytes: UnsafeRawBufferPointer, fileID: FileID) -> Bool {
    bytes.count == frameBytes - FrameHeader.byteCount && fileID.check(bytes) == payloadCheck
  }

  /// The file id that a header or footer frame carries, if its first bytes are sound: 48 bytes are needed.
  public static func selfDescribed(_ bytes: UnsafeRawBufferPointer, _ type: FrameType) -> (FrameHeader, FileID)? {
    guard bytes.count >= byteCount + 16, hasMark(bytes, at: 0),
      let fileID = FileID(Array(bytes[byteCount..<byteCount + 16])),
      let header = FrameHeader(bytes, fileID: fileID), header.type == type
    else { return nil }
    return (header, fileID)
  }
}
