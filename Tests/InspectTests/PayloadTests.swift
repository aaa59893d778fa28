import Query
import TestSupport
import Testing

@testable import Inspect

/// What is read from payloads, on bytes as they go over the wire.
@Suite struct PayloadTests {
  // MARK: DNS

  /// A query for the address of www.example.org, id 0x1234.
  private static let query = joined(
    [0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0], name("www", "example", "org"), [0, 1, 0, 1])

  /// Its answer: an alias that refers back into the message, and an address.
  private static let response = joined(
    [0x12, 0x34, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0], name("www", "example", "org"), [0, 1, 0, 1],
    [0xC0, 0x0C, 0, 5, 0, 1, 0, 0, 0, 60, 0, 2, 0xC0, 0x10],
    [0xC0, 0x10, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 93, 184, 216, 34])

  private static func joined(_ parts: [UInt8]...) -> [UInt8] { parts.flatMap { $0 } }

  private static func name(_ labels: String...) -> [UInt8] {
    var name: [UInt8] = []
    for label in labels {
      name.append(UInt8(label.utf8.count))
      name.append(contentsOf: label.utf8)
    }
    return joined(name, [0])
  }

  @Test func questionsAndAnswers() throws {
    let query = try #require(DNSMessage(Self.query[...]))
    #expect(query.id == 0x1234 && !query.isResponse && query.typeName == "A" && query.answerCount == 0)
    #expect(query.name == Array("www.example.org".utf8))
    let response = try #require(DNSMessage(Self.response[...]))
    #expect(response.isResponse && response.codeName == "NOERROR" && response.answerCount == 2)
    #expect(response.addresses == [[93, 184, 216, 34]])
    var refused = Self.response
    refused[3] = 0x85
    #expect(DNSMessage(refused[...])?.codeName == "REFUSED")
    // The question is there when the answers are cut off.
    #expect(DNSMessage(Self.response[..<50])?.addresses == [])
    let root: [UInt8] = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1]
    #expect(DNSMessage(root[...])?.name == Array(".".utf8))
  }

  private static let head = Array(query[..<12])
  private static let tail = Array(query[4...])

  /// What is no question: cut off, several, references and labels that are too long in a name, another class, another kind.
  private static let noQuestions: [[UInt8]] = [
    Array(query[..<20]), Array(query[..<11]), [], joined([0x12, 0x34, 1, 0, 0, 2], Array(query[6...])),
    joined(head, [0xC0, 0x0C, 0, 1, 0, 1]), joined(head, [64], [UInt8](repeating: 65, count: 70)),
    joined(Array(query.dropLast()), [7]), joined([0x12, 0x34, 0x28, 0], tail),
    joined(head, [UInt8](repeating: 1, count: 600)),
  ]

  @Test(arguments: noQuestions)
  func noQuestion(bytes: [UInt8]) { #expect(DNSMessage(bytes[...]) == nil) }

  // MARK: TLS

  private static func hello(_ extensions: [UInt8], version: [UInt8] = [3, 3]) -> [UInt8] {
    let random = [UInt8](repeating: 7, count: 32)
    let session = joined([32], [UInt8](repeating: 9, count: 32))
    let hello = joined(
      version, random, session, [0, 4, 0x13, 1, 0x13, 2], [1, 0], word(extensions.count), extensions)
    let handshake = joined([1, 0], word(hello.count), hello)
    return joined([22, 3, 1], word(handshake.count), handshake)
  }

  private static func word(_ number: Int) -> [UInt8] { [UInt8(number >> 8), UInt8(number & 255)] }

  private static func serverName(_ name: String) -> [UInt8] {
    let length = name.utf8.count
    return joined([0, 0], word(length + 5), word(length + 3), [0], word(length), Array(name.utf8))
  }

  private static let protocols = joined([0, 16, 0, 14, 0, 12, 2], Array("h2".utf8), [8], Array("http/1.1".utf8))
  private static let versions: [UInt8] = [0, 43, 0, 7, 6, 0x5A, 0x5A, 3, 4, 3, 3]

  @Test func serversThatClientsAskFor() throws {
    let bytes = Self.hello(
      Self.joined([0xAA, 0xAA, 0, 0], Self.serverName("example.org"), Self.protocols, Self.versions))
    let hello = try #require(TLSHello(bytes[...]))
    #expect(hello.serverName == Array("example.org".utf8) && !hello.isCut)
    #expect(hello.versionName == "TLS 1.3")
    #expect(hello.protocols == [Array("h2".utf8), Array("http/1.1".utf8)])
    // An old client names nobody.
    let old = try #require(TLSHello(Self.hello([], version: [3, 1])[...]))
    #expect(old.serverName == nil && old.versionName == "TLS 1.0" && old.protocols.isEmpty)
  }

  /// Each prefix of a hello is one without what comes behind, or none.
  @Test func helloThatIsCut() {
    let bytes = Self.hello(Self.joined(Self.serverName("example.org"), Self.versions))
    for length in 0..<bytes.count {
      let hello = TLSHello(bytes[..<length])
      if length < 11 { #expect(hello == nil) } else { #expect(hello?.isCut == true) }
      if length < 103 { #expect(hello?.serverName == nil) }
    }
  }

  private static let noHellos: [[UInt8]] = [
    joined([23, 3, 3, 0, 80], [UInt8](repeating: 1, count: 80)),
    joined([22, 3, 1, 0, 60, 2], [UInt8](repeating: 0, count: 60)), [22, 2, 0, 0, 60, 1, 0, 0, 56, 3, 3],
    [22, 3, 1, 0xFF, 0xFF, 1, 0, 0, 56, 3, 3], Array("GET / HTTP/1.1".utf8),
  ]

  @Test(arguments: noHellos)
  func noHello(bytes: [UInt8]) { #expect(TLSHello(bytes[...]) == nil) }

  // MARK: HTTP

  private static func request(
    _ method: String, _ path: String, host: String? = nil, isCut: Bool = false
  ) -> HTTPHead? {
    .request(
      HTTPHead.Request(
        method: Array(method.utf8), path: Array(path.utf8), host: host.map { Array($0.utf8) }, isCut: isCut))
  }

  private static let heads: [(String, HTTPHead?)] = [
    ("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n", request("GET", "/", host: "example.org")),
    ("POST /a?b=c HTTP/1.0\nhOST:  x:8080 \n\n", request("POST", "/a?b=c", host: "x:8080")),
    ("GET /a HTTP/1.1\r\nAccept: */*\r\n\r\nHost: no", request("GET", "/a")),
    ("GET /a HTTP/1.1\r\nHost: exam", request("GET", "/a")),
    ("GET /long/pa", request("GET", "/long/pa", isCut: true)),
    ("GET /a HTT", request("GET", "/a")),
    ("HTTP/1.1 200 OK\r\n", .response(status: 200)),
    ("HTTP/1.0 404", .response(status: 404)),
    ("HTTP/1.1 503\r\n", .response(status: 503)),
    ("HTTP/1.1 2000 no", nil), ("HTTP/1.1 099 no", nil), ("HTTP/1.1 20", nil), ("HTTP/2 200", nil),
    ("GOT / HTTP/1.1\r\n", nil), ("GET /a b\r\n", nil), ("GET  HTTP/1.1\r\n", nil),
    ("GET /\u{1B}[2J HTTP/1.1\r\n", nil),
    ("", nil), ("GET", nil), ("GET ", nil),
  ]

  @Test(arguments: heads)
  func headsOfMessages(text: String, expected: HTTPHead?) {
    #expect(HTTPHead(Array(text.utf8)[...]) == expected, "\(text)")
  }

  // MARK: Matching

  private static func piece(
    _ time: Int64, _ isWrite: Bool, _ payload: [UInt8], key: String = "1 a->b"
  ) -> MessageMatcher.Piece {
    MessageMatcher.Piece(time: time, isWrite: isWrite, key: key, payload: payload[...], values: [.integer(time)])
  }

  @Test func answersFindTheirQuestions() {
    var matcher = MessageMatcher(.dns)
    matcher.add(Self.piece(10, true, Self.query))
    matcher.add(Self.piece(12, true, Self.query, key: "2 c->b"))
    matcher.add(Self.piece(15, false, Self.response))
    // One over TCP, with its length in front, that nobody seems to have asked for.
    matcher.add(Self.piece(20, false, Self.joined([0, UInt8(Self.response.count)], Self.response)))
    #expect(matcher.rows.map { $0.event } == [[.integer(10)], [.integer(12)], [.integer(20)]])
    #expect(matcher.rows[0].message[5] == .integer(5) && matcher.rows[0].message[2] == .text("NOERROR"))
    #expect(matcher.rows[1].message[2] == .missing && matcher.rows[2].message[5] == .missing)
  }

  @Test func requestsFindTheirResponses() {
    var matcher = MessageMatcher(.http)
    let ok = Array("HTTP/1.1 200 OK\r\n".utf8)
    // A client that does not wait for answers, and the server at the other end.
    for (time, path) in [(1, "/a"), (2, "/b")] {
      matcher.add(Self.piece(Int64(time), true, Array("GET \(path) HTTP/1.1\r\n".utf8)))
    }
    matcher.add(Self.piece(3, false, Array("GET /a HTTP/1.1\r\n".utf8), key: "2 a->b"))
    matcher.add(Self.piece(4, true, Array("HTTP/1.1 100 Continue\r\n".utf8), key: "2 a->b"))
    matcher.add(Self.piece(5, true, ok, key: "2 a->b"))
    matcher.add(Self.piece(7, false, ok))
    matcher.add(Self.piece(9, false, Array("HTTP/1.1 500 no".utf8)))
    #expect(matcher.rows.map { $0.message[3] } == [.unsigned(200), .unsigned(500), .unsigned(200)])
    #expect(matcher.rows.map { $0.message[4] } == [.integer(6), .integer(7), .integer(2)])
  }

  @Test func headsThatAreReadByThemselves() {
    var matcher = MessageMatcher(.tls)
    let hello = Self.hello(Self.serverName("example.org"))
    matcher.add(Self.piece(1, false, Array(hello[..<5])))
    matcher.add(Self.piece(2, false, Array(hello[5...])))
    matcher.add(Self.piece(3, true, hello))
    // Without its head it is nothing.
    matcher.add(Self.piece(4, false, Array(hello[5...])))
    #expect(matcher.rows.map { $0.message[0] } == [.text("example.org"), .text("example.org")])
  }

  /// Nothing that is sent crashes anybody, whatever was changed in it.
  @Test(arguments: UInt64(1)...20)
  func changedBytes(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let whole = [
      Self.query, Self.response, Self.hello(Self.joined(Self.serverName("example.org"), Self.protocols, Self.versions)),
      Array("POST /a HTTP/1.1\r\nHost: b\r\n\r\n".utf8), Array("HTTP/1.1 200 OK".utf8),
    ]
    var matchers = PayloadProtocol.allCases.map { MessageMatcher($0) }
    for round in 0..<2000 {
      var bytes = whole[round % whole.count]
      for _ in 0...generator.below(4) { bytes[generator.below(bytes.count)] = UInt8(generator.below(256)) }
      bytes = Array(bytes.prefix(generator.below(bytes.count + 1)))
      for index in matchers.indices { matchers[index].add(Self.piece(Int64(round), round % 2 == 0, bytes)) }
    }
    #expect(matchers.allSatisfy { !$0.rows.isEmpty && $0.rows.count < 2000 })
  }
}
