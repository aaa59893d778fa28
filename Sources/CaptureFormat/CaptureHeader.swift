import BinaryCoding

/// How latencies were measured.
public enum LatencyMode: UInt8, CaseIterable, Sendable {
  /// Each call's own time.
  case exact = 0
  /// An upper bound, flagged, while a thread is in a tight loop.
  case adaptive = 1
  /// Not at all.
  case none = 2
}

/// What stands at the front of a capture file: where, when and how it was made.
public struct CaptureHeader: Hashable, Sendable {
  /// The eight bytes with which every capture file begins.
  public static let magic: [UInt8] = [0x89, 0x52, 0x45, 0x45, 0x4C, 0x0D, 0x0A, 0x1A]
  /// The version of the format that this program writes, and the newest that it reads.
  public static let formatVersion: UInt16 = 1

  /// Sixteen random bytes of this file.
  public var fileID: [UInt8]
  /// Sixteen random bytes of the recording: the files of a rotation share them.
  public var sessionID: [UInt8]
  /// The file's place in its rotation, from 0.
  public var fileIndex: UInt32
  /// The machine's name.
  public var hostname: String
  /// As `uname -r` says.
  public var kernelRelease: String
  /// `x86_64` or `aarch64`.
  public var architecture: String
  /// The program and its version.
  public var writer: String
  /// When the recording started, in nanoseconds of the epoch.
  public var started: Int64
  /// When the machine booted, in nanoseconds of the epoch: what was added to the kernel's clock.
  public var bootTime: Int64
  /// The CPUs of the machine.
  public var cpuCount: UInt32
  /// The most payload bytes that are kept of a call.
  public var snapLength: UInt32
  /// How latencies were measured.
  public var latencyMode: LatencyMode
  /// The filter that chose what was recorded.
  public var filter: String?
  /// The command that was recorded.
  public var command: String?

  /// A header. Ids that are not 16 bytes long are refused when a file is made.
  public init(
    fileID: [UInt8], sessionID: [UInt8], fileIndex: UInt32 = 0, hostname: String, kernelRelease: String,
    architecture: String, writer: String, started: Int64, bootTime: Int64, cpuCount: UInt32, snapLength: UInt32,
    latencyMode: LatencyMode, filter: String? = nil, command: String? = nil
  ) {
    self.fileID = fileID
    self.sessionID = sessionID
    self.fileIndex = fileIndex
    self.hostname = hostname
    self.kernelRelease = kernelRelease
    self.architecture = architecture
    self.writer = writer
    self.started = started
    self.bootTime = bootTime
    self.cpuCount = cpuCount
    self.snapLength = snapLength
    self.latencyMode = latencyMode
    self.filter = filter
    self.command = command
  }
}

// The payload of a header frame:
//
//      0  fileID       16 bytes
//     16  sessionID    16 bytes
//     32  version      u16   of the format
//     34  latencyMode  u8
//     35  zero         u8
//     36  fileIndex    u32
//     40  started      i64
//     48  bootTime     i64
//     56  cpuCount     u32
//     60  snapLength   u32
//     64  texts        number of texts, each: tag, length, UTF-8 (numbers of variable length)
extension CaptureHeader {
  private enum TextTag: UInt64 {
    case hostname = 1
    case kernelRelease = 2
    case architecture = 3
    case writer = 4
    case filter = 5
    case command = 6
  }

  /// The payload of a header frame.
  public func encoded() -> [UInt8] {
    var output = ByteBuffer()
    output.append(contentsOf: fileID)
    output.append(contentsOf: sessionID)
    output.append(CaptureHeader.formatVersion)
    output.append(latencyMode.rawValue)
    output.append(UInt8(0))
    output.append(fileIndex)
    output.append(started)
    output.append(bootTime)
    output.append(cpuCount)
    output.append(snapLength)
    var texts: [(TextTag, String)] = [
      (.hostname, hostname), (.kernelRelease, kernelRelease), (.architecture, architecture), (.writer, writer),
    ]
    if let filter { texts.append((.filter, filter)) }
    if let command { texts.append((.command, command)) }
    output.append(varint: UInt64(texts.count))
    for (tag, text) in texts {
      output.append(varint: tag.rawValue)
      output.append(counted: String(decoding: text.utf8.prefix(CaptureLimits.textBytes - 3), as: UTF8.self))
    }
    return output.array()
  }

  /// The header in the payload of a header frame.
  public init(decoding bytes: UnsafeRawBufferPointer) throws(MalformedBytes) {
    var cursor = ByteCursor(bytes)
    fileID = Array(try cursor.take(16))
    sessionID = Array(try cursor.take(16))
    let version = try cursor.integer(UInt16.self)
    guard version == CaptureHeader.formatVersion else {
      throw MalformedBytes(
        "the file has version \(version) of the format, this program reads \(CaptureHeader.formatVersion)", at: 32)
    }
    // A mode that a newer program knows says nothing that could be relied on here.
    latencyMode = LatencyMode(rawValue: try cursor.integer(UInt8.self)) ?? .none
    _ = try cursor.integer(UInt8.self)
    fileIndex = try cursor.integer(UInt32.self)
    started = try cursor.integer(Int64.self)
    bootTime = try cursor.integer(Int64.self)
    cpuCount = try cursor.integer(UInt32.self)
    snapLength = try cursor.integer(UInt32.self)
    (hostname, kernelRelease, architecture, writer) = ("", "", "", "")
    let count = try cursor.count(upTo: cursor.remaining, "the number of texts in the header")
    for _ in 0..<count {
      let tag = TextTag(rawValue: try cursor.varint())
      let text = try cursor.text(upTo: CaptureLimits.textBytes, "the length of a text in the header")
      switch tag {
      case .hostname: hostname = text
      case .kernelRelease: kernelRelease = text
      case .architecture: architecture = text
      case .writer: writer = text
      case .filter: filter = text
      case .command: command = text
      case nil: continue
      }
    }
  }
}
