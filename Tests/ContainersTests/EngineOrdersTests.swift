import Containers
import Foundation
import Synchronization
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// Orders to engines: which request they are, and what becomes of the answers.
@Suite struct EngineOrdersTests {
  private static let id = String(repeating: "0f", count: 32)

  @Test(
    "An answer of success, or that it is so already, is done; one that knows no such container leaves it to others",
    arguments: [
      (EngineOrders.Order.kill, "204 No Content", EngineOrders.Outcome.done, "kill"),
      (.pause, "409 Conflict", .done, "pause"), (.stop(seconds: 7), "304 Not Modified", .done, "stop?t=7"),
      (.pause, "404 Not Found", .unknown, "pause"),
    ])
  func answers(order: EngineOrders.Order, status: String, outcome: EngineOrders.Outcome, target: String) async throws {
    try await withTemporaryDirectory { folder in
      let engine = try FakeEngine("\(folder)/engine.sock", status: status)
      defer { engine.stop() }
      #expect(try orders(folder).give(order, to: Self.id) == outcome)
      #expect(engine.requests == ["POST /containers/\(Self.id)/\(target) HTTP/1.1"])
    }
  }

  @Test("An engine that says no is a failure; what is no id is never asked for")
  func refusals() async throws {
    try await withTemporaryDirectory { folder in
      let engine = try FakeEngine("\(folder)/engine.sock", status: "500 Server Error")
      defer { engine.stop() }
      guard case .failed = try orders(folder).give(.kill, to: Self.id) else {
        Issue.record("500 is no failure")
        return
      }
      for id in ["", "abc", String(repeating: "/", count: 64), Self.id + "0"] {
        #expect(try orders(folder).give(.kill, to: id) == .unknown)
      }
      #expect(engine.requests.count == 1)
    }
  }

  @Test("Without an engine nobody knows the container")
  func absent() async throws {
    try await withTemporaryDirectory { folder in
      let outcome = try orders(folder).give(.kill, to: Self.id)
      #expect(outcome == .unknown)
    }
  }

  private func orders(_ folder: String) throws -> EngineOrders {
    EngineOrders(try EngineAddresses(named: ["unix://\(folder)/engine.sock"]) { _ in nil })
  }
}

/// Answers each request with the same status, and keeps the first lines.
private final class FakeEngine: Sendable {
  private let lines = Mutex<[String]>([])
  private let socket: Int32

  init(_ path: String, status: String) throws {
    socket = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = Array(path.utf8)
    try #require(name.count < MemoryLayout.size(ofValue: address.sun_path))
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    let socket = socket
    let bound = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(bound == 0 && listen(socket, 8) == 0)
    Thread.detachNewThread { [self] in
      while true {
        let connection = accept(socket, nil, nil)
        if connection < 0 { return }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = read(connection, &bytes, bytes.count)
        let text = String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
        lines.withLock { $0.append(String(text.prefix { $0 != "\r\n" })) }
        let answer = Array("HTTP/1.1 \(status)\r\nContent-Length: 0\r\n\r\n".utf8)
        _ = write(connection, answer, answer.count)
        close(connection)
      }
    }
  }

  var requests: [String] { lines.withLock { $0 } }

  func stop() {
    shutdown(socket, Int32(SHUT_RDWR))
    close(socket)
  }
}
