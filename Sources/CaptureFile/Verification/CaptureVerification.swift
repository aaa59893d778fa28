/// What a complete check of a capture found.
public struct CaptureVerification: Sendable {
  /// Something that is wrong, and where.
  public struct Finding: Sendable, Hashable {
    /// Where in the file, in bytes from its start.
    public let offset: UInt64
    /// The bytes that cannot be read because of it; 0 where all can be read and something wrong is said.
    public let length: UInt64
    /// What is wrong.
    public let what: String
  }

  /// The first things that are wrong, in the order of the file.
  public private(set) var findings: [Finding] = []
  /// How many things are wrong; of more than `mostFindings` the first are listed.
  public private(set) var findingCount = 0
  /// How many findings are listed at most: each byte of a file may be wrong in its own way.
  public static let mostFindings = 1000
  /// The bytes of damaged frames, and those between frames.
  public private(set) var damagedBytes: UInt64 = 0
  /// The frames that are what was written.
  public internal(set) var frames = 0
  /// The chunks of events among them that decoded.
  public internal(set) var soundChunks = 0
  /// The events of these.
  public internal(set) var events: UInt64 = 0
  /// The parts of states that decoded.
  public internal(set) var soundStates = 0
  /// The events that losses speak of.
  public internal(set) var lost: UInt64 = 0
  /// Whether the file has its footer.
  public internal(set) var isComplete = false

  /// Whether the file is complete and nothing is wrong with it.
  public var isWhole: Bool { isComplete && findingCount == 0 }

  mutating func note(_ what: String, at offset: UInt64, bytes: UInt64 = 0) {
    findingCount += 1
    damagedBytes += bytes
    if findings.count < CaptureVerification.mostFindings {
      findings.append(Finding(offset: offset, length: bytes, what: what))
    }
  }
}
