import Crypto

/// SHA-256 over bytes that come piece by piece: what says that two files are the same.
public struct ContentDigest: Sendable {
  private var hash = SHA256()

  /// Of nothing yet.
  public init() {}

  /// Adds bytes.
  public mutating func update(_ bytes: UnsafeRawBufferPointer) { hash.update(bufferPointer: bytes) }

  /// The digest in hexadecimal, as `sha256sum` prints it.
  public var text: String {
    hash.finalize().map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
  }
}
