import CaptureFormat
import Crypto

/// The value that stands for all frames of a file up to one of them.
///
///     c(0)     = SHA-256("reel seal" | file id)
///     c(n + 1) = SHA-256(c(n) | sequence u64 | digest of the frame)
public struct SealChain: Hashable, Sendable {
  /// 32 bytes.
  public private(set) var value: [UInt8]

  /// The chain of a file, without any frame.
  public init(fileID: [UInt8]) { value = Array(SHA256.hash(data: Array("reel seal".utf8) + fileID)) }

  /// A chain that goes on behind a seal.
  public init(behind seal: Seal) { value = seal.chain }

  /// Takes the next frame.
  public mutating func take(sequence: UInt64, _ digest: FrameDigest) {
    var hash = SHA256()
    hash.update(data: value)
    withUnsafeBytes(of: sequence.littleEndian) { hash.update(bufferPointer: $0) }
    hash.update(data: digest.bytes)
    value = Array(hash.finalize())
  }
}
