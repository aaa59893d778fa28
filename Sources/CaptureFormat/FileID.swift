import BinaryCoding

/// The sixteen random bytes of a file with which all of its checksums begin, so that stale blocks of a disk, and captures
/// inside payloads, never pass for frames of this file.
public struct FileID: Hashable, Sendable {
  /// The bytes as they stand in the header.
  public let bytes: [UInt8]
  private let seed: UInt32

  /// - Returns: `nil` unless there are 16 bytes.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == 16 else { return nil }
    self.bytes = bytes
    seed = CRC32C.checksum(bytes)
  }

  /// The CRC-32C of the file id followed by some bytes.
  func check(_ bytes: UnsafeRawBufferPointer) -> UInt32 { CRC32C.checksum(bytes, after: seed) }
}
