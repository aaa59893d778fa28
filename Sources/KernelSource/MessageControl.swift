/// The control bytes of a message: `cmsghdr` after `cmsghdr`, each aligned to 8 bytes.
///
///     0   length   u64, with these 16 bytes
///     8   level    i32
///     12  type     i32
///     16  what is passed
enum MessageControl {
  /// The descriptors that a message passes (`SCM_RIGHTS`), as `3,4`; `nil` when it passes none.
  ///
  /// Lengths are the task's own and are not believed beyond the bytes that are there.
  static func descriptors(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
    var text: [UInt8] = []
    var offset = 0
    while bytes.count - offset >= headLength {
      let length = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
      guard length >= UInt64(headLength) else { break }
      let end = length > UInt64(bytes.count - offset) ? bytes.count : offset + Int(length)
      if bytes.loadUnaligned(fromByteOffset: offset + 8, as: Int32.self) == socketLevel,
        bytes.loadUnaligned(fromByteOffset: offset + 12, as: Int32.self) == rights
      {
        var position = offset + headLength
        while end - position >= 4 {
          if !text.isEmpty { text.append(UInt8(ascii: ",")) }
          text.append(contentsOf: String(bytes.loadUnaligned(fromByteOffset: position, as: Int32.self)).utf8)
          position += 4
        }
      }
      offset = (end + 7) & ~7
    }
    return text.isEmpty ? nil : text
  }

  private static let headLength = 16
  /// `SOL_SOCKET` and `SCM_RIGHTS`.
  private static let socketLevel: Int32 = 1
  private static let rights: Int32 = 1
}
