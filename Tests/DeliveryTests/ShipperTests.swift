import Delivery
import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// How finished captures leave the machine.
struct ShipperTests {
  private func capture(_ folder: String, size: Int = 1000) throws -> ShippedCapture {
    var random = SeededGenerator(seed: UInt64(size))
    var bytes = [UInt8](repeating: 0, count: size)
    for index in stride(from: 0, to: size, by: 97) { bytes[index] = UInt8.random(in: 0...255, using: &random) }
    try writeFile(folder + "/a capture+ä.reel", bytes)
    var capture = ShippedCapture(path: folder + "/a capture+ä.reel")
    capture.id = "20261128-1"
    capture.policy = "Shells"
    capture.rule = "Rule <A> ä"
    capture.container = "abc"
    return capture
  }

  @Test("A command gets the path as its last argument and the facts in its environment")
  func command() async throws {
    try await withTemporaryDirectory { folder in
      let capture = try capture(folder)
      let script =
        "cp \"$1\" '\(folder)/copy'; echo \"$REEL_CAPTURE_ID $REEL_POLICY $REEL_RULE $REEL_CONTAINER_ID\" >'\(folder)/facts'; pwd"
      let place = try Shipper(.command(["/bin/sh", "-c", script, "ship"])).ship(capture)
      #expect(place == "/bin/sh")
      #expect(try readFile(folder + "/copy") == readFile(capture.path))
      #expect(try String(contentsOfFile: folder + "/facts", encoding: .utf8) == "20261128-1 Shells Rule <A> ä abc\n")
    }
  }

  static let failures: [([String], String)] = [
    (["/no/such/program"], "/no/such/program cannot be started: No such file or directory"),
    (["/bin/sh", "-c", "echo one >&2; echo 'it is full' >&2; exit 3"], "/bin/sh ended with 3: one / it is full"),
    (["/bin/sh", "-c", "kill -9 $$"], "/bin/sh was ended by signal 9"),
    (["/bin/sh", "-c", "echo slow >&2; sleep 60"], "/bin/sh did not end within 1 s and was killed: slow"),
    (["/bin/sh", "-c", "yes >&2 & sleep 60"], "/bin/sh did not end within 1 s and was killed: y / y / y"),
  ]

  @Test("A command that fails says why", arguments: failures)
  func commandFails(words: [String], message: String) async throws {
    try await withTemporaryDirectory { folder in
      let capture = try capture(folder)
      let shipper = Shipper(.command(words, timeout: 1_000_000_000))
      #expect(throws: ShipError.self) { try shipper.ship(capture) }
      do { _ = try shipper.ship(capture) } catch { #expect("\(error)".hasPrefix(message), "\(error)") }
    }
  }

  @Test("What a command left running does not hold anybody up")
  func background() async throws {
    try await withTemporaryDirectory { folder in
      let capture = try capture(folder)
      let time = try ContinuousClock().measure {
        _ = try Shipper(.command(["/bin/sh", "-c", "sleep 5 & exit 0"])).ship(capture)
      }
      #expect(time < .seconds(3))
    }
  }

  private func place(_ port: Int) -> ObjectStore {
    var store = ObjectStore(endpoint: "http://127.0.0.1:\(port)", bucket: "captures")
    store.prefix = "node 1/"
    store.region = "eu-west-1"
    store.accessKey = Secret("key")
    store.secretKey = Secret("hunter2")
    return store
  }

  @Test("Objects arrive whole and signed, in one piece and in parts", arguments: [0, 1000, (16 << 20) + 5, 40 << 20])
  func store(size: Int) async throws {
    try await withTemporaryDirectory { folder in
      let server = try await TestStore(in: folder)
      defer { server.stop() }
      let capture = try capture(folder, size: size)
      let place = try Shipper(.s3(place(server.port))).ship(capture)
      #expect(place == "s3://captures/node 1/a capture+ä.reel")
      #expect(try readFile(folder + "/store/captures/node 1/a capture+ä.reel") == readFile(capture.path))
      let requests = try server.requests()
      #expect(requests.allSatisfy { $0.hasSuffix(" 200") }, "\(requests)")
      #expect(requests.count == (size <= 16 << 20 ? 2 : 3 + (size + (16 << 20) - 1) >> 24))
    }
  }

  @Test("A part that fails is sent again", arguments: ["503", "close", "reset"])
  func retried(trouble: String) async throws {
    try await withTemporaryDirectory { folder in
      let server = try await TestStore(in: folder, "--trouble", "partNumber=2:\(trouble):2")
      defer { server.stop() }
      let capture = try capture(folder, size: 33 << 20)
      _ = try Shipper(.s3(place(server.port))).ship(capture)
      #expect(try readFile(folder + "/store/captures/node 1/a capture+ä.reel") == readFile(capture.path))
    }
  }

  static let refusals: [(String, String, Bool)] = [
    ("partNumber=2:403:9", "answers status 403 (Refused, because)", true),
    ("partNumber=3:503:9", "answers status 503 (Refused, because), 5 times", true),
    ("partNumber=2:corrupt:9", "part 2 that arrived has another", true),
    ("complete:error:9", "answers status 200 (InternalError", true),
    ("HEAD:short:9", "bytes, and the capture", false),
    ("uploads:403:9", "answers status 403", false),
  ]

  @Test("What is refused or changed on its way is an error, and leaves no parts behind", arguments: refusals)
  func refused(trouble: String, message: String, isAborted: Bool) async throws {
    try await withTemporaryDirectory { folder in
      let server = try await TestStore(in: folder, "--trouble", trouble)
      defer { server.stop() }
      let capture = try capture(folder, size: 33 << 20)
      let shipper = Shipper(.s3(place(server.port)))
      do {
        _ = try shipper.ship(capture)
        Issue.record("it is no error")
      } catch {
        #expect("\(error)".contains(message), "\(error)")
        #expect(!"\(error)".contains("hunter2"))
      }
      #expect(try server.requests().contains { $0.hasPrefix("DELETE") } == isAborted)
    }
  }

  @Test("Wrong keys are told as the store tells them")
  func wrongKeys() async throws {
    try await withTemporaryDirectory { folder in
      let server = try await TestStore(in: folder)
      defer { server.stop() }
      var store = place(server.port)
      store.secretKey = Secret("other")
      let capture = try capture(folder)
      do {
        _ = try Shipper(.s3(store)).ship(capture)
        Issue.record("it is no error")
      } catch { #expect("\(error)".contains("SignatureDoesNotMatch")) }
    }
  }

  @Test("A store that hangs is given up when the guard ends")
  func cancelled() async throws {
    try await withTemporaryDirectory { folder in
      let server = try await TestStore(in: folder, "--trouble", "PUT:hang:9")
      defer { server.stop() }
      let capture = try capture(folder)
      let end = ContinuousClock.now + .seconds(1)
      let shipper = Shipper(.s3(place(server.port))) { ContinuousClock.now > end }
      let time = ContinuousClock().measure { #expect(throws: ShipError.self) { try shipper.ship(capture) } }
      #expect(time < .seconds(5))
    }
  }

  /// `scripts/setup --test-store` installs it.
  static let moto = ProcessInfo.processInfo.environment["REEL_TEST_STORE"] ?? ""

  @Test(
    "A store by others takes captures", .enabled(if: !moto.isEmpty, "REEL_TEST_STORE names no moto_server"),
    arguments: [1000, 40 << 20])
  func otherStore(size: Int) async throws {
    try await withTemporaryDirectory { folder in
      let server = try Command(Self.moto, "-p", "0").start()
      defer { server.killGroup() }
      var found: Int?
      let start = "Running on http://127.0.0.1:"
      try await eventually(within: .seconds(60), "the store listens: \(server.errorText)") {
        found = server.errorText.split(separator: start).dropFirst().first.flatMap { Int($0.prefix { $0.isNumber }) }
        return found != nil
      }
      let port = try #require(found)
      let bucket = try await Command("curl", "-fsS", "-X", "PUT", "http://127.0.0.1:\(port)/captures").run()
      try #require(bucket.status == 0, "\(bucket.errorText)")
      let capture = try capture(folder, size: size)
      _ = try Shipper(.s3(place(port))).ship(capture)
      let back = folder + "/back"
      let got = try await Command(
        "curl", "-fsS", "--aws-sigv4", "aws:amz:eu-west-1:s3", "-u", "key:hunter2", "-o", back,
        "http://127.0.0.1:\(port)/captures/node%201/a%20capture%2B%C3%A4.reel"
      ).run()
      #expect(got.status == 0, "\(got.errorText)")
      #expect(try readFile(back) == readFile(capture.path))
      // In parts what is large, and what is small in one piece.
      #expect(server.errorText.contains("?uploads") == (size > 1000), "\(server.errorText)")
    }
  }
}

/// A store of `servers/store.py`, which checks signatures and digests.
struct TestStore {
  private let command: RunningCommand
  private let log: String
  let port: Int

  init(in folder: String, _ more: String...) async throws {
    log = folder + "/store.log"
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("servers/store.py")
    command = try Command(["/usr/bin/python3", "-I", script.path, folder + "/store", log] + more).start()
    var port: Int?
    for _ in 0..<600 where port == nil {
      try await Task.sleep(for: .milliseconds(20))
      port = command.errorText.split(separator: "\n").first { $0.hasPrefix("port ") }.flatMap { Int($0.dropFirst(5)) }
    }
    self.port = try #require(port, "the store does not start: \(command.errorText)")
  }

  /// `METHOD PATH STATUS` of each request.
  func requests() throws -> [String] {
    try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").map(String.init)
  }

  func stop() { command.killGroup() }
}
