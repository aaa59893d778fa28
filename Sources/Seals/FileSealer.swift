import CaptureFile
import CaptureFormat

#if canImport(Glibc)
import Glibc
#endif

/// Seals the files of a recording with one key.
public struct KeySealMaker: SealMaker {
  private let key: SigningKey
  private let clock: @Sendable () -> Int64

  /// Seals with a key.
  /// - Parameter clock: nanoseconds of the epoch.
  public init(_ key: SigningKey, clock: @escaping @Sendable () -> Int64 = KeySealMaker.now) {
    self.key = key
    self.clock = clock
  }

  /// A sealer of one file.
  public func sealer(fileID: [UInt8]) -> any FrameSealer { FileSealer(key, fileID: fileID, clock) }

  /// The time of the machine, in nanoseconds of the epoch.
  @Sendable public static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

/// Seals one file: about every ten seconds or 64 chunks, so that a recording that is torn can be trusted up to shortly
/// before. A signature costs about 50 µs, a digest 1 ns a byte or less.
struct FileSealer: FrameSealer {
  private let key: SigningKey
  private let keyID: [UInt8]
  private let clock: @Sendable () -> Int64
  private var chain: SealChain
  private var first: UInt64 = 0
  private var last: UInt64 = 0
  private var chunks = 0
  private var sealedAt: Int64

  static let mostChunks = 64
  static let mostTime: Int64 = 10_000_000_000

  init(_ key: SigningKey, fileID: [UInt8], _ clock: @escaping @Sendable () -> Int64) {
    self.key = key
    self.clock = clock
    keyID = key.checkingKey.id
    chain = SealChain(fileID: fileID)
    sealedAt = clock()
  }

  mutating func take(_ type: FrameType, sequence: UInt64, payload: ArraySlice<UInt8>) {
    chain.take(sequence: sequence, FrameDigest(type, payload: payload))
    last = sequence
    if type == .chunk { chunks += 1 }
  }

  var isDue: Bool { chunks >= FileSealer.mostChunks || clock() - sealedAt >= FileSealer.mostTime }

  mutating func seal(isLast: Bool) -> [UInt8] {
    let now = clock()
    var seal = Seal(
      time: now, first: first, last: last, isLast: isLast, keyID: keyID, chain: chain.value,
      signature: [UInt8](repeating: 0, count: 64))
    seal.signature = key.signature(of: seal)
    first = last + 1
    chunks = 0
    sealedAt = now
    return seal.encoded()
  }
}
