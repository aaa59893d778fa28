import Foundation
import TestSupport
import Testing

extension Live {
  /// What becomes of containers, as events.
  @Suite(
    .enabled(if: !Engine.present.isEmpty, "no container engine is installed: scripts/setup --test-engines"))
  struct EngineLifeTests {
    @Test("a container's life is told by events with its names", arguments: Engine.present)
    func life(kind: Engine.Kind) async throws {
      try await Engine.with(kind) { engine in
        // More memory than it may have.
        let script = "sleep 0.3; dd if=/dev/zero of=/dev/null bs=300M count=1; sleep 0.2; exit 7"
        let early = try await engine.run("early", "while true; do sleep 0.1; done")
        let capture = Capture(path: "\(engine.folder)/life.reel")
        // No socket is asked: Podman mostly runs without one.
        let recorder = try reelCommand(["record", "-o", capture.path]).start()
        defer { recorder.killGroup() }
        try await waitUntilAttached(recorder)
        let job = try await engine.run("job", script)
        try await engine.exec("early", "/bin/ls /etc >/dev/null; /bin/true")
        try await engine.pause("early")
        try await Task.sleep(for: .milliseconds(400))
        try await engine.unpause("early")
        try await Task.sleep(for: .milliseconds(800))
        recorder.send(SIGINT)
        #expect(try await recorder.result().status == 0)
        try await capture.expectNothingLost()

        let fields = [
          "evt.type", "container.full_id", "container.name", "container.image", "evt.arg.id", "evt.arg.command",
          "evt.rawarg.exit_code", "evt.arg.name", "evt.arg.process", "container.label.team",
        ]
        let events = try await capture.events("evt.type startswith container_", fields)
        func types(_ id: String) -> [String] {
          events.filter { $0.text("container.full_id") == id }.compactMap { $0.text("evt.type") }
        }
        #expect(types(early) == ["container_exec", "container_paused", "container_unpaused"])
        #expect(types(job) == ["container_created", "container_started", "container_oom", "container_died"])
        #expect(events.allSatisfy { $0.text("container.label.team") == "\($0.text("container.name") ?? "")-team" })
        #expect(events.allSatisfy { $0.text("evt.arg.id") == $0.text("container.full_id") })
        #expect(events.allSatisfy { $0.text("container.image") == kind.image })
        for (name, id) in [("early", early), ("job", job)] {
          let named = events.filter { $0.text("container.name") == name }
          #expect(!named.isEmpty && named.allSatisfy { $0.text("container.full_id") == id })
        }
        func command(_ type: String) -> String? {
          events.first { $0.text("evt.type") == type }?.text("evt.arg.command")
        }
        #expect(command("container_exec") == "sh -c /bin/ls /etc >/dev/null; /bin/true")
        #expect(command("container_started") == "sh -c \(script)")
        #expect(events.first { $0.text("evt.type") == "container_oom" }?.text("evt.arg.process") == "dd")
        let died = try #require(events.first { $0.text("evt.type") == "container_died" })
        #expect(died.integer("evt.rawarg.exit_code") == 7)
        #expect(died.text("evt.arg.name") == "job")
      }
    }

    @Test("what strace sees in a container, Reel records as the container's", arguments: Engine.present)
    func strace(kind: Engine.Kind) async throws {
      try await Engine.with(kind) { engine in
        let prefix = try await engine.prefix("straced").map { "--prefix=\($0)" }
        try await compareWithStrace(kind == .docker ? "pipeline" : "tar", prefix + ["--container", "straced"])
      }
    }
  }
}
