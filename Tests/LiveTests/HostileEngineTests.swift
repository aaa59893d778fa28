import Foundation
import TestSupport
import Testing

extension Live {
  /// Sockets of engines behind which nobody, or nobody honest, answers. A control group stands for the container, so that no
  /// engine is needed.
  @Suite struct HostileEngineTests {
    enum Behaviour: String, CaseIterable, CustomTestStringConvertible {
      case absent, hangs, drips, floods, lies, babbles, closes

      var testDescription: String { rawValue }
    }

    @Test("recording goes on with one warning and the right id", arguments: Behaviour.allCases)
    func hostile(behaviour: Behaviour) async throws {
      try await withTemporaryDirectory { directory in
        let socket = "\(directory)/engine.sock"
        let server = try Command("python3", "-I", "-c", Self.server, socket, behaviour.rawValue).start()
        defer { server.killGroup() }
        if behaviour != .absent {
          try await wait("the server listens") { FileManager.default.fileExists(atPath: socket) }
        }
        try await Self.withGroup { id, group in
          let capture = Capture(path: "\(directory)/x.reel")
          let recorder = try reelCommand([
            "record", "-o", capture.path, "--engine", "unix://\(socket)", "--container", String(id.prefix(12)),
          ]).start()
          defer { recorder.killGroup() }
          try await waitUntilAttached(recorder)
          try await Self.run(in: group, Self.threeListings)
          recorder.send(SIGINT)
          let started = ContinuousClock.now
          let result = try await recorder.result(timeout: .seconds(60))
          #expect(ContinuousClock.now - started < .seconds(20))
          #expect(result.status == 0, "\(result.errorText)")
          let warnings = result.errorLines.filter { $0.contains("warning") }
          #expect(warnings.count == 1, "\(result.errorText)")
          #expect(warnings.first?.contains(socket) == true, "\(warnings)")
          try await Self.expectThreeListings(in: capture, of: id)
          #expect(try await capture.count("container.name = liar") == 0)
        }
      }
    }

    @Test("an honest engine is believed, a slow one later than the events", arguments: ["honest", "slow"])
    func honest(behaviour: String) async throws {
      try await withTemporaryDirectory { directory in
        let socket = "\(directory)/engine.sock"
        let server = try Command("python3", "-I", "-c", Self.server, socket, behaviour).start()
        defer { server.killGroup() }
        try await wait("the server listens") { FileManager.default.fileExists(atPath: socket) }
        try await Self.withGroup { id, group in
          let capture = Capture(path: "\(directory)/x.reel")
          var recording = try reelCommand(["record", "-o", capture.path])
          recording.environment["DOCKER_HOST"] = "unix://\(socket)"
          let recorder = try recording.start()
          defer { recorder.killGroup() }
          try await waitUntilAttached(recorder)
          try await Self.run(in: group, "ls / >/dev/null; while [ ! -e \(socket).\(id) ]; do sleep 0.1; done; sleep 1")
          recorder.send(SIGINT)
          let result = try await recorder.result(timeout: .seconds(60))
          #expect(result.status == 0)
          #expect(!result.errorText.contains("warning"), "\(result.errorText)")
          let own = try await capture.count("container.full_id = \(id)")
          #expect(own > 10)
          #expect(try await capture.count("container.name = honest and container.image.repository = team/app") == own)
          #expect(try await capture.count("container.label.a = b and container.image.digest startswith sha256:") == own)
        }
      }
    }

    @Test("a container of a hierarchy of the older kind is recognised and recorded")
    func olderHierarchy() async throws {
      let hierarchy = "/sys/fs/cgroup/memory"
      guard FileManager.default.fileExists(atPath: "\(hierarchy)/cgroup.procs") else {
        print("SKIPPED: this machine has no older hierarchy of control groups")
        return
      }
      try await withTemporaryDirectory { directory in
        let id = Self.randomID()
        let group = "\(hierarchy)/reel-test-\(id)"
        try FileManager.default.createDirectory(atPath: group, withIntermediateDirectories: false)
        defer { rmdir(group) }
        let capture = Capture(path: "\(directory)/x.reel")
        let recorder = try reelCommand([
          "record", "-o", capture.path, "--container", String(id.prefix(12)), "--until-exit",
        ]).start()
        defer { recorder.killGroup() }
        try await waitUntilAttached(recorder)
        try await Self.run(in: group, Self.threeListings)
        let result = try await recorder.result(timeout: .seconds(60))
        #expect(result.status == 0, "\(result.errorText)")
        try await Self.expectThreeListings(in: capture, of: id)
      }
    }

    private static let threeListings = "for i in 1 2 3; do ls / >/dev/null; sleep 0.3; done"

    /// Runs a script in a control group.
    private static func run(in group: String, _ script: String) async throws {
      let inside = try await Command("/bin/sh", "-c", "echo $$ >'\(group)/cgroup.procs'; \(script)").run()
      #expect(inside.status == 0, "\(inside.errorText)")
    }

    /// All of what the script did is there, and nothing of others.
    private static func expectThreeListings(
      in capture: Capture, of id: String, location: SourceLocation = #_sourceLocation
    ) async throws {
      try await capture.expectNothingLost(location: location)
      #expect(
        try await capture.count("container.full_id = \(id) and proc.name = ls and evt.type = execve") == 3,
        sourceLocation: location)
      #expect(try await capture.count("container.full_id != \(id)") == 0, sourceLocation: location)
      #expect(try await capture.count("not container.full_id = \(id)") == 0, sourceLocation: location)
    }

    private static func randomID() -> String {
      (0..<4).map { _ in
        let digits = String(UInt64.random(in: .min ... .max), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
      }.joined()
    }

    /// A control group as Docker names it, in the unified hierarchy.
    private static func withGroup(_ body: (_ id: String, _ group: String) async throws -> Void) async throws {
      let table = try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8)
      let line = try #require(table.split(separator: "\n").first { $0.contains(" - cgroup2 ") })
      let hierarchy = String(try #require(line.split(separator: " ").dropFirst(4).first))
      let id = randomID()
      let group = "\(hierarchy)/reel-test-\(id).scope"
      try FileManager.default.createDirectory(atPath: group, withIntermediateDirectories: false)
      defer { rmdir(group) }
      try await body(id, group)
    }

    /// Answers requests as one of the behaviours says.
    private static let server = """
      import json, os, socket, sys, time, threading
      path, behaviour = sys.argv[1:]
      if behaviour == "absent":
          time.sleep(60)
          sys.exit()
      listener = socket.socket(socket.AF_UNIX)
      listener.bind(path)
      listener.listen(0 if behaviour == "hangs" else 16)
      def answer(body, status="200 OK"):
          text = json.dumps(body).encode()
          return b"HTTP/1.1 " + status.encode() + b"\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(text) + text
      def serve(client):
          request = client.recv(65536).decode()
          target = request.split(" ")[1] if " " in request else ""
          wanted = target.split("/")[2] if target.count("/") > 1 else ""
          if behaviour == "hangs":
              time.sleep(60)
          elif behaviour == "drips":
              client.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 1000\\r\\n\\r\\n")
              for _ in range(600):
                  client.sendall(b" ")
                  time.sleep(0.1)
          elif behaviour == "floods":
              client.sendall(b"HTTP/1.1 200 OK\\r\\n\\r\\n")
              while True:
                  client.sendall(b"[" * 65536)
          elif behaviour == "lies":
              client.sendall(answer({"Id": "f" * 64, "Name": "/liar", "Config": {"Image": "liar:1"}}))
          elif behaviour == "babbles":
              client.sendall(b"SSH-2.0-something\\r\\n\\r\\n")
          elif behaviour in ("honest", "slow"):
              if behaviour == "slow":
                  time.sleep(0.8)
              if target.startswith("/images/"):
                  client.sendall(answer({"RepoDigests": ["team/app@sha256:" + "1" * 64]}))
                  # The last that is asked of a container, and there may be others on the machine: the image of each is named
                  # like it.
                  open(path + "." + wanted, "w").close()
              else:
                  client.sendall(answer({"Id": wanted, "Name": "/honest", "Image": "sha256:" + wanted,
                                         "Config": {"Image": "team/app:1", "Labels": {"a": "b"}}}))
          client.close()
      def guarded(client):
          try:
              serve(client)
          except OSError:
              pass
      while True:
          client, _ = listener.accept()
          threading.Thread(target=guarded, args=(client,), daemon=True).start()
      """
  }
}
