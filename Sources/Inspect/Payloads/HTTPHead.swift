/// The start of a request or a response of HTTP/1, as far as a payload has it.
///
///     GET /index.html HTTP/1.1            HTTP/1.1 200 OK
///     Host: example.org                   Content-Length: 648
///
/// Lines end with a carriage return and a line feed, or with the latter alone; an empty one ends the head.
enum HTTPHead: Hashable {
  case request(Request)
  case response(status: Int)

  struct Request: Hashable {
    var method: [UInt8]
    var path: [UInt8]
    /// `nil` when none is named, or the payload ends before it.
    var host: [UInt8]?
    /// Whether the payload ends within the first line.
    var isCut: Bool
  }

  private static let methods: Set<[UInt8]> = Set(
    [
      "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "PROPPATCH", "MKCOL",
      "COPY", "MOVE", "LOCK", "UNLOCK", "REPORT", "SEARCH", "PURGE", "NOTIFY", "SUBSCRIBE", "M-SEARCH",
    ].map { Array($0.utf8) })

  private static let feed = UInt8(ascii: "\n")
  private static let blank = UInt8(ascii: " ")

  /// Reads the message at the start of some bytes; `nil` when it is none.
  init?(_ bytes: ArraySlice<UInt8>) {
    if bytes.starts(with: "HTTP/1.".utf8) {
      guard let status = HTTPHead.status(bytes) else { return nil }
      self = .response(status: status)
      return
    }
    guard let request = HTTPHead.request(bytes) else { return nil }
    self = .request(request)
  }

  /// `HTTP/1.1 200`, with something else behind it.
  private static func status(_ bytes: ArraySlice<UInt8>) -> Int? {
    let line = bytes.prefix(13)
    let digits = line.dropFirst(9).prefix(3)
    guard line.count >= 12, line[line.startIndex + 8] == blank, digits.allSatisfy({ (48...57).contains($0) }) else {
      return nil
    }
    if let next = line.dropFirst(12).first, next != blank, next != 13, next != feed { return nil }
    let status = digits.reduce(0) { $0 * 10 + Int($1 - 48) }
    return (100...999).contains(status) ? status : nil
  }

  private static func request(_ bytes: ArraySlice<UInt8>) -> Request? {
    guard let end = bytes.prefix(12).firstIndex(of: blank), methods.contains(Array(bytes[..<end])) else { return nil }
    let rest = bytes[(end + 1)...]
    let lineEnd = rest.firstIndex(of: feed)
    var line = rest[..<(lineEnd ?? rest.endIndex)]
    if line.last == 13 { line = line.dropLast() }
    var isCut = lineEnd == nil
    var path = line
    if let split = line.lastIndex(of: blank), line[(split + 1)...].starts(with: "HTTP/1.".utf8) {
      path = line[..<split]
    } else if !isCut {
      // A whole line that does not end with a version is no request.
      return nil
    } else if let split = line.firstIndex(of: blank) {
      path = line[..<split]
      isCut = false
    }
    guard !path.isEmpty, !path.contains(where: { $0 < 0x21 || $0 == 0x7F }) else { return nil }
    return Request(
      method: Array(bytes[..<end]), path: Array(path), host: lineEnd.flatMap { host(bytes[($0 + 1)...]) }, isCut: isCut)
  }

  /// The value of the line `Host:`; `nil` when it is not there, or not whole.
  private static func host(_ head: ArraySlice<UInt8>) -> [UInt8]? {
    var rest = head
    while let end = rest.firstIndex(of: feed) {
      var line = rest[..<end]
      if line.last == 13 { line = line.dropLast() }
      if line.isEmpty { return nil }
      rest = rest[(end + 1)...]
      guard line.count > 5, line.prefix(5).elementsEqual("host:".utf8, by: { $0 | 0x20 == $1 || $0 == $1 }) else {
        continue
      }
      var value = line.dropFirst(5).drop { $0 == blank || $0 == 9 }
      while let last = value.last, last == blank || last == 9 { value = value.dropLast() }
      return value.isEmpty ? nil : Array(value)
    }
    return nil
  }
}
