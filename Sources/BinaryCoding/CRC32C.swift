import CChecksum

/// CRC-32C (Castagnoli): finds every single flipped bit, every burst of up to 32 bits, and misses one of 2³² of the rest.
///
/// Against accidents only; whoever wants to can make bytes that fit. About 8 GB/s with the processor's instruction.
public enum CRC32C {
  /// The checksum of `bytes` behind those that gave `previous` (0: nothing before).
  public static func checksum(_ bytes: UnsafeRawBufferPointer, after previous: UInt32 = 0) -> UInt32 {
    reel_crc32c(previous, bytes.baseAddress, bytes.count)
  }

  /// The checksum of `bytes` behind those that gave `previous` (0: nothing before).
  public static func checksum(_ bytes: [UInt8], after previous: UInt32 = 0) -> UInt32 {
    bytes.withUnsafeBytes { checksum($0, after: previous) }
  }

  /// The same without the processor's instruction, for comparison in tests.
  public static func portableChecksum(_ bytes: [UInt8], after previous: UInt32 = 0) -> UInt32 {
    bytes.withUnsafeBytes { reel_crc32c_portable(previous, $0.baseAddress, $0.count) }
  }
}
