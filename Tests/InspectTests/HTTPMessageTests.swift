import Compression
import Testing

@testable import Inspect

struct HTTPMessageTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var input: String
    var body: String?
    var size: Int?
    var note: String?
    var testDescription: String { name }
  }

  private static let cases = [
    Case(name: "a request", input: "GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET", body: "", size: 28),
    Case(name: "a length", input: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1", body: "hello", size: 43),
    Case(
      name: "a length that is not there", input: "HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\nhello", body: "hello",
      size: 44, note: "the body is cut off"),
    Case(
      name: "an answer to HEAD", input: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/1.1 204 No\r\n\r\n", body: "",
      size: 38),
    Case(name: "up to the end", input: "HTTP/1.0 200 OK\r\n\r\nall that follows", body: "all that follows", size: 35),
    Case(name: "no body", input: "HTTP/1.1 304 Not Modified\r\n\r\nHTTP/1.1", body: "", size: 29),
    Case(
      name: "chunks",
      input: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4;x=y\r\nwiki\r\n3\r\nped\r\n0\r\nT: 1\r\n\r\nrest",
      body: "wikiped", size: 79),
    Case(
      name: "chunks that end too early", input: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nwiki",
      body: "wiki", size: 55, note: "the body is cut off"),
    Case(
      name: "a chunk without a length", input: "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nwiki",
      body: "", size: 47, note: "the body is cut off"),
    Case(
      name: "an encoding that is not known",
      input: "HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 2\r\n\r\nxy",
      body: "xy", size: 62, note: "the body is encoded as br, which is not undone"),
    Case(
      name: "no gzip", input: "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\nxy", body: "xy",
      size: 64, note: "the body is no gzip"),
    Case(name: "no message", input: "SSH-2.0-OpenSSH_9.2\r\n"),
    Case(name: "a head without an end", input: "GET / HTTP/1.1\r\nHost: x\r\n"),
    Case(name: "nothing", input: ""),
  ]

  @Test("a message's body is what it was before it was wrapped", arguments: cases)
  func body(one: Case) throws {
    let message = HTTPMessage(Array(one.input.utf8)[...])
    #expect(message.map { String(decoding: $0.body, as: UTF8.self) } == one.body)
    #expect(message?.size == one.size)
    #expect(message?.note == one.note)
  }

  /// `gzip` of "hello, hello, hello\n".
  private static let zipped: [UInt8] = [
    0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 3, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 0xD7, 0x51, 0xC8, 0x40, 0xA2, 0xB8, 0, 0xE7,
    0x42, 0x6E, 0x52, 0x14, 0, 0, 0,
  ]

  @Test("every front of a packed body gives a front of the body", arguments: 0...zipped.count)
  func cutOff(length: Int) throws {
    let head = Array("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 30\r\n\r\n".utf8)
    let message = try #require(HTTPMessage((head + HTTPMessageTests.zipped.prefix(length))[...]))
    let whole = "hello, hello, hello\n"
    let body = String(decoding: message.body, as: UTF8.self)
    #expect(whole.hasPrefix(body) || message.body == Array(HTTPMessageTests.zipped.prefix(length)))
    #expect((message.note == nil) == (length == HTTPMessageTests.zipped.count || length == 0))
    if length == HTTPMessageTests.zipped.count { #expect(body == whole) }
  }
}
