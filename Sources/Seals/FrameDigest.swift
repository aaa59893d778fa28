import CaptureFormat
import Crypto

/// What stands for a frame in a chain of seals: SHA-256 over its type and its payload.
///
///     0   type      u16, little-endian
///     2   payload   without what a copy of the frame in another file has of its own: bytes 4 to 7 (the check of the
///                   head) and 56 to 71 (the losses before) of a chunk's head are taken as zeros; in a state frame the
///                   head begins at 16
///
/// A frame that an export takes over unchanged thus has the digest that it has in the original.
public struct FrameDigest: Hashable, Sendable {
  /// The 32 bytes.
  public let bytes: [UInt8]

  /// The digest that somebody says a frame has.
  init(bytes: [UInt8]) { self.bytes = bytes }

  /// The digest of a frame.
  public init(_ type: FrameType, payload: ArraySlice<UInt8>) {
    var hash = SHA256()
    withUnsafeBytes(of: type.rawValue.littleEndian) { hash.update(bufferPointer: $0) }
    payload.withUnsafeBytes { payload in
      var position = 0
      for ownBytes in FrameDigest.ownRanges(of: type) {
        let start = min(ownBytes.lowerBound, payload.count)
        let end = min(ownBytes.upperBound, payload.count)
        hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: payload[position..<start]))
        hash.update(data: [UInt8](repeating: 0, count: end - start))
        position = end
      }
      hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: payload[position...]))
    }
    bytes = Array(hash.finalize())
  }

  private static func ownRanges(of type: FrameType) -> [Range<Int>] {
    switch type {
    case .chunk: [4..<8, 56..<72]
    case .state: [20..<24, 72..<88]
    default: []
    }
  }
}
