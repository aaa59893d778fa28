import CaptureFormat

/// Checks the seals of a capture, and what it tells of the sealed capture that it was taken from.
///
/// Is fed all frames in the order of the file. Between two seals that hold, what stands there holds by itself: damage to
/// one stretch says nothing about the next. Memory: 40 bytes a frame.
public struct SealCheck {
  /// A run of frames that one seal covers.
  public struct Stretch: Hashable, Sendable {
    /// The frames, by sequence number.
    public var frames: ClosedRange<UInt64>
    /// When it was sealed, in nanoseconds of the epoch.
    public var time: Int64
    /// What was found.
    public var state: State
  }

  /// What a check of a stretch found.
  public enum State: Hashable, Sendable {
    /// Every frame is what was sealed.
    case holds
    /// The seal was not made with this key.
    case otherKey
    /// The seal was made with this key, and says something else now.
    case forged
    /// The seal is genuine, and the frames are not those that it was made for, or not all.
    case altered
  }

  private let key: CheckingKey
  private let fileID: [UInt8]
  private var chain: SealChain
  private var expected: UInt64 = 0
  private var isWhole = true
  private var digests: [UInt64: FrameDigest] = [:]
  /// The stretches, in the order of the file.
  public private(set) var stretches: [Stretch] = []
  /// Whether a seal says that the file ends with it.
  public private(set) var hasLast = false
  /// The frames behind the last seal that are not part of the tail.
  public private(set) var unsealed = 0
  /// What the capture was taken from.
  public private(set) var origins: [OriginCheck] = []
  private var custodies: [Custody] = []

  /// A check of one file with one key.
  public init(_ key: CheckingKey, fileID: [UInt8]) {
    self.key = key
    self.fileID = fileID
    chain = SealChain(fileID: fileID)
  }

  /// Takes the next frame that is what was written; those that are damaged or missing are simply left out.
  public mutating func take(_ type: FrameType, sequence: UInt64, payload: [UInt8]) {
    if type == .seal, let seal = try? payload.withUnsafeBytes({ try Seal(decoding: $0) }) { check(seal) }
    if sequence != expected { isWhole = false }
    let digest = FrameDigest(type, payload: payload[...])
    chain.take(sequence: sequence, digest)
    digests[sequence] = digest
    expected = sequence + 1
    switch type {
    case .header, .schema, .summaryPage, .summary, .footer, .rollup: break
    case .seal: unsealed = 0
    default: unsealed += 1
    }
  }

  /// Takes a custody frame that was decoded; its frames are compared by `finish`.
  public mutating func take(_ custody: Custody) { custodies.append(custody) }

  /// To be called once, behind the last frame.
  public mutating func finish() {
    origins = custodies.map { OriginCheck($0, key, digests) }
  }

  private mutating func check(_ seal: Seal) {
    let state: State
    if seal.keyID != key.id {
      state = .otherKey
    } else if !key.made(seal) {
      state = .forged
    } else {
      let begins = stretches.last.map { $0.frames.upperBound &+ 1 } ?? 0
      state =
        isWhole && seal.first == begins && seal.last &+ 1 == expected && seal.chain == chain.value
        ? .holds : .altered
      if seal.isLast { hasLast = true }
    }
    stretches.append(Stretch(frames: seal.first...max(seal.first, seal.last), time: seal.time, state: state))
    // What follows is judged from what a genuine seal says, whatever came before it.
    guard state == .holds || state == .altered else { return }
    chain = SealChain(behind: seal)
    expected = seal.last &+ 1
    isWhole = true
  }
}
