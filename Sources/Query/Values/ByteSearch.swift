#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Whether two runs of bytes are the same.
func equal(_ one: ArraySlice<UInt8>, _ other: ArraySlice<UInt8>) -> Bool {
  guard one.count == other.count else { return false }
  return one.withUnsafeBytes { one in
    other.withUnsafeBytes { other in
      guard let a = one.baseAddress, let b = other.baseAddress else { return true }
      return memcmp(a, b, one.count) == 0
    }
  }
}

/// Whether bytes stand somewhere in others. Nothing stands everywhere.
func find(_ wanted: [UInt8], in bytes: ArraySlice<UInt8>, ignoringCase: Bool) -> Bool {
  if wanted.isEmpty { return true }
  if wanted.count > bytes.count { return false }
  if ignoringCase { return find(wanted.map(folded), in: bytes.map(folded)[...], ignoringCase: false) }
  return bytes.withUnsafeBytes { bytes in
    wanted.withUnsafeBytes { wanted in
      guard let text = bytes.baseAddress, let part = wanted.baseAddress else { return false }
      let first = Int32(wanted[0])
      var offset = 0
      let last = bytes.count - wanted.count
      while offset <= last, let hit = memchr(text + offset, first, last - offset + 1) {
        if memcmp(hit, part, wanted.count) == 0 { return true }
        offset = hit - UnsafeMutableRawPointer(mutating: text) + 1
      }
      return false
    }
  }
}

/// A byte with the capital letters of ASCII made small.
private func folded(_ byte: UInt8) -> UInt8 {
  byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
}
