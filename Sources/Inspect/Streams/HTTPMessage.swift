import Compression

/// One HTTP/1 message with its body as it was meant, whatever it was wrapped in for the way.
///
/// Reads bytes that nobody vouches for: every length is compared with what is there, and what is unpacked is bounded.
struct HTTPMessage: Sendable {
  /// Request or status line, headers and the blank line, as they were.
  var head: ArraySlice<UInt8>
  /// The body without chunks and compression.
  var body: [UInt8]
  /// How many bytes of the input it took.
  var size: Int
  /// Why the body is not whole or not unpacked; `nil` when all is well.
  var note: String?

  /// The most that a body becomes.
  static let mostUnpacked = 64 << 20
  private static let mostHead = 256 << 10

  /// Reads a message at the front of some bytes; `nil` when there is none.
  init?(_ bytes: ArraySlice<UInt8>) {
    guard HTTPMessage.begins(bytes), let end = HTTPMessage.headEnd(bytes) else { return nil }
    head = bytes[bytes.startIndex..<end]
    let headers = HTTPMessage.headers(head)
    let rest = bytes[end...]
    var packed: [UInt8]
    var isWhole = true
    if headers["transfer-encoding"]?.hasSuffix("chunked") ?? false {
      let chunks = HTTPMessage.chunks(rest)
      (packed, isWhole) = (chunks.bytes, chunks.isWhole)
      size = end - bytes.startIndex + chunks.size
    } else if let length = headers["content-length"].flatMap({ Int($0) }), length >= 0 {
      // An answer to HEAD has a length and no body.
      let taken = HTTPMessage.begins(rest) ? 0 : min(length, rest.count)
      packed = Array(rest.prefix(taken))
      isWhole = taken == length || taken == 0
      size = end - bytes.startIndex + taken
    } else if head.starts(with: "HTTP/".utf8), !HTTPMessage.hasNoBody(head) {
      // The end of the connection is the end of the body.
      packed = Array(rest)
      size = bytes.count
    } else {
      packed = []
      size = end - bytes.startIndex
    }
    note = isWhole ? nil : "the body is cut off"
    switch headers["content-encoding"] {
    case "gzip", "x-gzip":
      let unpacked = HTTPMessage.gunzip(packed)
      body = unpacked.bytes
      if let trouble = unpacked.trouble { note = trouble }
    case nil, "identity": body = packed
    case let other?:
      body = packed
      note = "the body is encoded as \(other.prefix(20)), which is not undone"
    }
  }

  /// Whether bytes look like the front of a message.
  static func begins(_ bytes: ArraySlice<UInt8>) -> Bool {
    if bytes.starts(with: "HTTP/1.".utf8) { return true }
    guard let blank = bytes.prefix(16).firstIndex(of: UInt8(ascii: " ")), blank > bytes.startIndex else { return false }
    guard bytes[..<blank].allSatisfy({ $0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z") }) else { return false }
    guard let line = bytes.prefix(16 << 10).firstIndex(of: UInt8(ascii: "\n")) else { return false }
    let words = bytes[bytes.startIndex..<line].split(separator: UInt8(ascii: " "))
    return words.count == 3 && words[2].starts(with: "HTTP/1.".utf8)
  }

  private static func headEnd(_ bytes: ArraySlice<UInt8>) -> Int? {
    var index = bytes.startIndex
    let limit = min(bytes.endIndex, bytes.startIndex + mostHead)
    while index < limit {
      guard let line = bytes[index..<limit].firstIndex(of: UInt8(ascii: "\n")) else { return nil }
      let isBlank = line == index || (line == index + 1 && bytes[index] == UInt8(ascii: "\r"))
      index = line + 1
      if isBlank { return index }
    }
    return nil
  }

  /// The last value of each header, in small letters.
  private static func headers(_ head: ArraySlice<UInt8>) -> [String: String] {
    var headers: [String: String] = [:]
    for line in head.split(separator: UInt8(ascii: "\n")).dropFirst() {
      guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
      let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
      let value = String(decoding: line[(colon + 1)...].filter { $0 > 0x20 && $0 < 0x7F }, as: UTF8.self)
      headers[name] = value.lowercased()
    }
    return headers
  }

  /// Answers that never have a body: 1xx, 204, 304.
  private static func hasNoBody(_ head: ArraySlice<UInt8>) -> Bool {
    let words = head.prefix(32).split(separator: UInt8(ascii: " "))
    guard words.count > 1, words[1].count == 3 else { return false }
    return words[1].first == UInt8(ascii: "1") || words[1].elementsEqual("204".utf8)
      || words[1].elementsEqual("304".utf8)
  }

  private static func chunks(_ bytes: ArraySlice<UInt8>) -> (bytes: [UInt8], size: Int, isWhole: Bool) {
    var joined: [UInt8] = []
    var index = bytes.startIndex
    while index < bytes.endIndex {
      guard let line = bytes[index...].prefix(1024).firstIndex(of: UInt8(ascii: "\n")),
        let length = chunkLength(bytes[index..<line])
      else { return (joined, index - bytes.startIndex, false) }
      index = line + 1
      if length == 0 {
        // Trailers, up to a blank line.
        while let end = bytes[index...].firstIndex(of: UInt8(ascii: "\n")) {
          let isBlank = end - index <= 1
          index = end + 1
          if isBlank { break }
        }
        return (joined, index - bytes.startIndex, true)
      }
      let taken = min(length, bytes.endIndex - index)
      joined.append(contentsOf: bytes[index..<(index + taken)])
      index += taken
      if taken < length { return (joined, bytes.count, false) }
      if index < bytes.endIndex, bytes[index] == UInt8(ascii: "\r") { index += 1 }
      if index < bytes.endIndex, bytes[index] == UInt8(ascii: "\n") { index += 1 }
    }
    return (joined, bytes.count, false)
  }

  /// The hexadecimal number at the front of a line, which extensions may follow.
  private static func chunkLength(_ line: ArraySlice<UInt8>) -> Int? {
    let digits = line.prefix { byte in
      (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "f") || (byte >= 0x30 && byte <= 0x39)
    }
    guard !digits.isEmpty, digits.count <= 8 else { return nil }
    return Int(String(decoding: digits, as: UTF8.self), radix: 16)
  }

  private static func gunzip(_ packed: [UInt8]) -> (bytes: [UInt8], trouble: String?) {
    if packed.isEmpty { return ([], nil) }
    guard var stream = StreamDecompressor(.gzip) else { return (packed, "there is no memory to unpack the body") }
    var unpacked: [UInt8] = []
    var room = [UInt8](repeating: 0, count: 64 << 10)
    var used = 0
    while unpacked.count < mostUnpacked {
      let step = packed.withUnsafeBytes { source in
        room.withUnsafeMutableBytes { target in
          stream.step(UnsafeRawBufferPointer(rebasing: source[used...]), into: target)
        }
      }
      unpacked.append(contentsOf: room[..<step.produced])
      used += step.consumed
      if step.isDamaged {
        return unpacked.isEmpty ? (packed, "the body is no gzip") : (unpacked, "the body is damaged gzip")
      }
      if step.produced == 0, step.consumed == 0 || used == packed.count {
        return (unpacked, stream.isAtEndOfMember ? nil : "the body is cut off")
      }
    }
    return (unpacked, "only \(mostUnpacked >> 20) MiB of the body were unpacked")
  }
}
