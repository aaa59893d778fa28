#if canImport(Glibc)
import Glibc
#endif

/// Cuts text of many megabytes without making characters of it, which a debug build takes microseconds for.
public enum ByteLines {
  /// Calls `body` with each line of a text, without its end.
  public static func forEach(in text: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Void) rethrows {
    try text.withUnsafeBytes { text in
      var rest = UnsafeRawBufferPointer(rebasing: text[...])
      while let start = rest.baseAddress, !rest.isEmpty {
        let end = memchr(start, 10, rest.count).map { start.distance(to: UnsafeRawPointer($0)) }
        try body(UnsafeRawBufferPointer(rebasing: rest[..<(end ?? rest.count)]))
        rest = UnsafeRawBufferPointer(rebasing: rest[min((end ?? rest.count) + 1, rest.count)...])
      }
    }
  }

  /// The parts of a line between separators; the last of `most` parts is what is left, with its separators.
  public static func parts(
    of line: UnsafeRawBufferPointer, between separator: [UInt8], most: Int = .max
  ) -> [UnsafeRawBufferPointer] {
    precondition(!separator.isEmpty && most > 0, "a separator of some bytes, and a part at least")
    var parts: [UnsafeRawBufferPointer] = []
    var rest = line
    while parts.count < most - 1, let length = place(of: separator, in: rest) {
      parts.append(UnsafeRawBufferPointer(rebasing: rest[..<length]))
      rest = UnsafeRawBufferPointer(rebasing: rest[(length + separator.count)...])
    }
    return parts + [rest]
  }

  private static func place(of separator: [UInt8], in bytes: UnsafeRawBufferPointer) -> Int? {
    guard let start = bytes.baseAddress else { return nil }
    var from = 0
    while let found = memchr(start + from, Int32(separator[0]), bytes.count - from) {
      let place = start.distance(to: UnsafeRawPointer(found))
      guard bytes.count - place >= separator.count else { return nil }
      if memcmp(found, separator, separator.count) == 0 { return place }
      from = place + 1
    }
    return nil
  }

  /// Bytes as text.
  public static func text(_ bytes: UnsafeRawBufferPointer) -> String { String(decoding: bytes, as: UTF8.self) }
}
