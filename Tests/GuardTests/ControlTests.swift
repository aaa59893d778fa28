import Foundation
import TestSupport
import Testing

@testable import Guard

#if canImport(Glibc)
import Glibc
#endif

/// Orders by a socket.
struct ControlTests {
  private func withServer(_ body: (FakeGuard, String) async throws -> Void) async throws {
    try await withTemporaryDirectory { folder in
      let fake = FakeGuard(folder: folder)
      defer { fake.end() }
      var configuration = ControlConfiguration()
      configuration.socket = folder + "/guard.sock"
      let server = try ControlServer(configuration, GuardFacts(orders: fake.orders, board: fake.board))
      do {
        try await body(fake, configuration.socket)
        server.close()
      } catch {
        server.close()
        throw error
      }
      #expect(!FileManager.default.fileExists(atPath: configuration.socket))
    }
  }

  @Test("A capture is started, listed, fetched, stopped and deleted by commands")
  func life() async throws {
    try await withServer { fake, socket in
      let at = ["--socket", socket]
      let started = try CommandRun(
        [
          "capture", "start", "--container", "web", "--before", "10s", "--duration", "5s", "--filter",
          "evt.type = open",
        ]
          + at)
      #expect(started.error.isEmpty)
      #expect(started.status == 0 && started.output == "20261128120001-ab\n")
      let request = fake.requests.withLock { $0[0] }
      #expect(request.container == "web" && request.before == 10_000_000_000 && request.duration == 5_000_000_000)
      #expect(request.filter == "evt.type = open" && request.author.contains("uid \(getuid())"))
      let record = try #require(try CommandRun(["capture", "list", "--json"] + at).objects().first)
      #expect(
        Set(record.keys) == [
          "id", "state", "container", "policy", "rule", "started", "ended", "path", "events", "bytes", "triggers",
          "shipped", "message",
        ])
      #expect(record["state"] as? String == "capturing" && record["policy"] is NSNull && record["ended"] is NSNull)
      let table = try CommandRun(["capture", "list"] + at)
      #expect(table.lines.count == 2 && table.lines[1].contains("by hand"))
      let bytes = (0..<1_000_003).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 3) }
      try writeFile(try #require(record["path"] as? String), bytes)
      let file = socket + ".out"
      let got = try CommandRun(["capture", "get", "2026", "-o", file] + at)
      #expect(got.status == 0, "\(got.error)")
      #expect(try readFile(file) == bytes)
      #expect(try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int == 0o600)
      let again = try CommandRun(["capture", "get", "2026", "-o", file] + at)
      #expect(again.status == 2 && again.error.contains("--force"))
      #expect(try CommandRun(["capture", "get", "2026", "-o", file, "--force"] + at).status == 0)
      #expect(try CommandRun(["capture", "stop", "2026"] + at).output.contains("done"))
      #expect(try CommandRun(["capture", "delete", "2026"] + at).status == 0)
      #expect(try CommandRun(["capture", "list"] + at).output == "there is no capture\n")
      let names = try FileManager.default.contentsOfDirectory(atPath: (file as NSString).deletingLastPathComponent)
      #expect(!names.contains { $0.contains(".part-") })
    }
  }

  @Test("Waiting ends when the capture is finished, and tells when it failed")
  func wait() async throws {
    try await withServer { fake, socket in
      let running = try Command(
        try builtProgram("reel"), "capture", "start", "--host", "--wait", "--socket", socket
      ).start()
      for _ in 0..<2000 where fake.orders.list().isEmpty { try await Task.sleep(for: .milliseconds(5)) }
      _ = fake.change("2026") { record in
        record.state = .error
        record.message = "the disk is full"
      }
      let result = try await running.result()
      #expect(result.status == 1)
      #expect(result.errorText.contains("the capture ended early: the disk is full"))
    }
  }

  /// What is asked, and what is said.
  static let refusals: [([String], Int32, String)] = [
    (["capture", "start", "--container", "nonesuch"], 2, "there is no container 'nonesuch'"),
    (["capture", "start", "--host", "--filter", "proc.nme = x"], 2, "did you mean 'proc.name'"),
    (["capture", "start"], 2, "name a container with --container"),
    (["capture", "stop", "7"], 2, "there is no capture '7'"),
    (["capture", "get", "7", "-o", "/tmp/never-made"], 2, "there is no capture '7'"),
    (["capture", "list", "--state", "ready"], 2, "'ready' is no state"),
  ]

  @Test("What is refused is one line", arguments: refusals)
  func refused(arguments: [String], status: Int32, words: String) async throws {
    try await withServer { _, socket in
      let run = try CommandRun(arguments + ["--socket", socket])
      #expect(run.status == status)
      #expect(run.error.contains(words) && run.error.split(separator: "\n").count == 1, "\(run.error)")
    }
  }

  @Test(
    "Without a guard it is said what to start",
    arguments: [["capture", "list"], ["guard", "status"], ["guard", "reload"]])
  func nobody(arguments: [String]) async throws {
    try await withTemporaryDirectory { folder in
      let run = try CommandRun(arguments + ["--socket", folder + "/none"])
      #expect(run.status == 2)
      #expect(run.error.contains("no guard runs here") && run.error.contains("reel guard --config"))
    }
  }

  @Test("The configuration is checked by the command, and what it would do is shown")
  func check() async throws {
    try await withTemporaryDirectory { folder in
      let file = folder + "/guard.yaml"
      try writeFile(file, Array("notify: {out: {stdout: json}}\nspool: {keep_bytes: 1MiB}\n".utf8))
      chmod(file, 0o600)
      let right = try CommandRun(["guard", "check", "--config", file])
      #expect(right.status == 0 && right.output.contains("standard output"), "\(right.error)")
      let json = try CommandRun(["guard", "check", "--config", file, "--json"]).objects()
      #expect(json.count == 1 && json[0]["errors"] as? Int == 0)
      try writeFile(file, Array("polices: []\n".utf8))
      let wrong = try CommandRun(["guard", "check", "--config", file])
      #expect(wrong.status == 2 && wrong.output.contains("guard.yaml:1:1: error: 'polices' is no key"))
      #expect(wrong.output.contains("did you mean 'policies'?"))
      // The daemon itself refuses it, too, with the first mistake.
      let refused = try CommandRun(["guard", "--config", file])
      #expect(refused.status == 2 && refused.error.contains("did you mean 'policies'?"), "\(refused.error)")
    }
  }

  @Test("Status and reload")
  func status() async throws {
    try await withServer { fake, socket in
      let status = try CommandRun(["guard", "status", "--socket", socket])
      #expect(status.status == 0 && status.output.contains("node1"), "\(status.error)")
      let json = try CommandRun(["guard", "status", "--json", "--socket", socket]).objects()
      #expect(json[0]["status"] as? String == "ok")
      #expect(
        try CommandRun(["guard", "status", "--metrics", "--socket", socket]).output.contains("reel_guard_up 1\n"))
      let reload = try CommandRun(["guard", "reload", "--socket", socket])
      #expect(reload.status == 0 && reload.output.hasPrefix("the configuration is in use"), "\(reload.error)")
      fake.board.update { $0.isRunning = false }
      #expect(try CommandRun(["guard", "status", "--socket", socket]).status == 1)
      #expect(try CommandRun(["guard", "status", "--alive", "--socket", socket]).status == 1)
    }
  }

  @Test("A socket that is served is left alone, one that is not is replaced, and another file stays")
  func sockets() async throws {
    try await withTemporaryDirectory { folder in
      let fake = FakeGuard(folder: folder)
      defer { fake.end() }
      let facts = GuardFacts(orders: fake.orders, board: fake.board)
      var configuration = ControlConfiguration()
      configuration.socket = folder + "/new/guard.sock"
      let first = try ControlServer(configuration, facts)
      var status = stat()
      #expect(stat(configuration.socket, &status) == 0 && status.st_mode & 0o777 == 0o600)
      #expect(throws: ControlError.self) { try ControlServer(configuration, facts) }
      first.close()
      // What a guard that was killed leaves.
      let left = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      _ = withUnixAddressForTest(configuration.socket) { bind(left, $0, $1) }
      close(left)
      let second = try ControlServer(configuration, facts)
      second.close()
      try writeFile(configuration.socket, [1])
      #expect(throws: ControlError.self) { try ControlServer(configuration, facts) }
      #expect(try readFile(configuration.socket) == [1])
    }
  }

  /// Bytes that no client of ours sends, and whether they are answered.
  static let nonsense: [([UInt8], Bool)] = [
    (Array("\n".utf8), true), (Array("nonsense\n".utf8), true), (Array("{}\n".utf8), true),
    (Array("{\"command\":7}\n".utf8), true),
    (Array("{\"command\":\"start\",\"before\":-9223372036854775808}\n".utf8), true),
    (Array("{\"command\":\"stop\",\"id\":null}\n".utf8), true),
    ([UInt8](repeating: 0x5B, count: 60_000) + [0x0A], true),
    ([UInt8](repeating: 0x20, count: 1 << 20), false), ([0xFF, 0x00, 0x0A], true),
  ]

  @Test("Whatever is sent, the guard goes on", arguments: nonsense)
  func strange(bytes: [UInt8], isAnswered: Bool) async throws {
    try await withServer { _, path in
      let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      defer { close(descriptor) }
      #expect(withUnixAddressForTest(path) { connect(descriptor, $0, $1) } == 0)
      // A read that is never answered fails rather than hangs.
      var limit = timeval(tv_sec: 20, tv_usec: 0)
      setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
      setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
      _ = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      shutdown(descriptor, Int32(SHUT_WR))
      var answer = [UInt8](repeating: 0, count: 4096)
      let count = recv(descriptor, &answer, answer.count, 0)
      #expect((count > 0) == isAnswered)
      let run = try CommandRun(["capture", "list", "--socket", path])
      #expect(run.status == 0)
    }
  }

  @Test("Clients that say nothing do not keep others out for ever, and no more than sixteen are served")
  func crowd() async throws {
    try await withServer { _, path in
      var all: [Int32] = []
      defer { for descriptor in all { close(descriptor) } }
      for _ in 0..<40 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        all.append(descriptor)
        #expect(withUnixAddressForTest(path) { connect(descriptor, $0, $1) } == 0)
      }
      let run = try CommandRun(["capture", "list", "--socket", path])
      #expect(run.status == 1 && run.error.contains("it may have too many"), "\(run.error)")
      for descriptor in all { shutdown(descriptor, Int32(SHUT_RDWR)) }
      var status: Int32 = 1
      for _ in 0..<100 where status != 0 {
        try await Task.sleep(for: .milliseconds(20))
        status = try CommandRun(["capture", "list", "--socket", path]).status
      }
      #expect(status == 0)
    }
  }

  @Test("Who is neither root nor of the group is refused", .enabled(if: getuid() == 0, "needs root"))
  func peers() async throws {
    try await withTemporaryDirectory { folder in
      let fake = FakeGuard(folder: folder)
      defer { fake.end() }
      var configuration = ControlConfiguration()
      configuration.socket = folder + "/guard.sock"
      configuration.group = "games"
      let server = try ControlServer(configuration, GuardFacts(orders: fake.orders, board: fake.board))
      defer { server.close() }
      var status = stat()
      #expect(stat(configuration.socket, &status) == 0 && status.st_mode & 0o777 == 0o660)
      // Also where the file lets everybody in, the kernel's word counts.
      chmod(configuration.socket, 0o666)
      let ask =
        "import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
        + "s.sendall(b'{\"command\":\"list\"}\\n'); print(s.makefile().readline())"
      for (groups, isServed) in [("--clear-groups", false), ("--groups=games", true)] {
        let run = try await Command(
          "setpriv", "--reuid=65534", "--regid=65534", groups, "/usr/bin/python3", "-I", "-c", ask, configuration.socket
        ).run()
        #expect(run.status == 0, "\(run.errorText)")
        #expect(run.text.contains("\"ok\":true") == isServed, "\(run.text)")
      }
    }
  }
}

private func withUnixAddressForTest(_ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
  return withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
  }
}
