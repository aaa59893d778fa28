import Foundation
import TestSupport
import Testing

extension Live {
  /// Containers of real engines.
  @Suite(
    .enabled(if: !Engine.present.isEmpty, "no container engine is installed: scripts/setup --test-engines"))
  struct EngineTests {
    /// Short programs, each after the other: some live two milliseconds.
    private static let busy = "while true; do /bin/true; ls / >/dev/null; sleep 0.05; done"

    @Test("containers before and during a recording have their names on all events", arguments: Engine.present)
    func names(kind: Engine.Kind) async throws {
      try await Engine.with(kind) { engine in
        let early = try await engine.run("early", Self.busy)
        let capture = Capture(path: "\(engine.folder)/all.reel")
        let recorder = try reelCommand(recordArguments(capture.path, engine)).start()
        defer { recorder.killGroup() }
        try await waitUntilAttached(recorder)
        let late = try await engine.run("late", Self.busy)
        try await engine.exec("early", "cat /etc/exec-mark; true")
        try await Task.sleep(for: .seconds(1))
        recorder.send(SIGINT)
        let result = try await recorder.result()
        #expect(result.status == 0)
        #expect(!result.errorText.contains("warning"), "\(result.errorText)")
        try await capture.expectNothingLost()

        for (name, id) in [("early", early), ("late", late)] {
          #expect(id.count == 64)
          let own = try await capture.count("container.full_id = \(id)")
          #expect(own > 50)
          // All events of the id have the name, and only those have it.
          var terms = [
            "container.id = \(id.prefix(12))", "container.name = \(name)", "container.image = \(kind.image)",
            "container.label.team = \(name)-team",
            "container.image.tag = 1.0", "container.type = \(kind.type)", "container.start_ts exists",
          ]
          if kind == .containerd {
            terms += [
              "k8s.pod.name = \(name)-pod", "k8s.ns.name = testing", "k8s.pod.label.app = shop",
              "k8s.pod.uid = 0b7a6c58-66a1-4b7e-9d3f-1c2d3e4f5a6b",
            ]
          }
          for term in terms {
            #expect(try await capture.count("container.full_id = \(id) and \(term)") == own, "\(name): \(term)")
          }
          #expect(try await capture.count("container.name = \(name)") == own)
          // Programs that are gone before anybody could ask.
          #expect(
            try await capture.count("container.name = \(name) and proc.exe = /bin/true and evt.type = execve") > 3)
        }
        #expect(
          try await capture.count("container.name = early and fd.name = /etc/exec-mark") >= 1)
        let listed = try await capture.info()["containers"]
        guard case .array(let containers) = listed else {
          Issue.record("no containers in \(String(describing: listed))")
          return
        }
        let named = containers.compactMap { container -> String? in
          guard case .object(let object) = container else { return nil }
          return object["name"]?.text
        }
        #expect(Set(named).isSuperset(of: ["early", "late"]))
      }
    }

    @Test("of three busy containers one is recorded, and nothing of the others", arguments: Engine.present)
    func scope(kind: Engine.Kind) async throws {
      try await Engine.with(kind) { engine in
        func script(_ name: String) -> String {
          """
          export SECRET=env-\(name)-mark; mkdir -p /tmp/path-\(name)-mark;
          while true; do ls /tmp/path-\(name)-mark arg-\(name)-mark; echo data-\(name)-mark >/tmp/path-\(name)-mark/f;
          cat /tmp/path-\(name)-mark/f >/dev/null; sleep 0.03; done 2>/dev/null
          """
        }
        var ids: [String: String] = [:]
        for name in ["one", "two", "three"] { ids[name] = try await engine.run(name, script(name)) }
        let id = try #require(ids["two"])
        let scoped = Capture(path: "\(engine.folder)/scoped.reel")
        let whole = Capture(path: "\(engine.folder)/whole.reel")
        let some = try reelCommand(
          recordArguments(scoped.path, engine, ["--container", "two", "--env", "all", "--sample", "none"])
        ).start()
        defer { some.killGroup() }
        try await waitUntilAttached(some)
        try await Task.sleep(for: .milliseconds(300))
        // While it stands still the other recording begins and ends: so both see the same of it, however they take times.
        try await engine.pause("two")
        let all = try reelCommand(recordArguments(whole.path, engine, ["--env", "all", "--sample", "none"])).start()
        defer { all.killGroup() }
        try await waitUntilAttached(all)
        let begin = Self.now()
        try await engine.unpause("two")
        try await Task.sleep(for: .milliseconds(500))
        // A process that enters later.
        try await engine.exec("two", "cat /etc/entered-mark; true")
        try await Task.sleep(for: .milliseconds(500))
        try await engine.pause("two")
        all.send(SIGINT)
        #expect(try await all.result().status == 0)
        some.send(SIGINT)
        #expect(try await some.result().status == 0)
        for capture in [scoped, whole] { try await capture.expectNothingLost() }

        #expect(try await scoped.count("container.full_id != \(id)") == 0)
        #expect(try await scoped.count("not container.full_id = \(id)") == 0)
        #expect(try await scoped.count("fd.name = /etc/entered-mark") >= 1)
        // The same events as the same filter selects from everything, of each thread in the same order. When the container
        // goes on and stands still each recorder finds out by looking, ten times a second.
        let own = "container.full_id = \(id) and evt.rawtime >= \(begin) and not evt.type startswith container_"
        let (found, expected) = (try await Self.byThread(scoped, own), try await Self.byThread(whole, own))
        #expect(expected.values.map(\.count).reduce(0, +) > 1000)
        #expect(Set(found.keys) == Set(expected.keys))
        for (thread, events) in expected {
          let difference = zip(found[thread] ?? [], events).first { $0 != $1 }
          #expect(difference == nil, "thread \(thread)")
          #expect(found[thread]?.count == events.count, "thread \(thread)")
        }

        // Not one byte of the others.
        let plain = "\(engine.folder)/plain.reel"
        let compacted = try await reel(["compact", scoped.path, "--codec", "none", "-o", plain])
        try #require(compacted.status == 0, "\(compacted.errorText)")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: plain))
        for kind in ["env", "path", "arg", "data"] {
          #expect(bytes.range(of: Data("\(kind)-two-mark".utf8)) != nil, "\(kind)")
          for other in ["one", "three"] {
            #expect(bytes.range(of: Data("\(kind)-\(other)-mark".utf8)) == nil, "\(kind) of \(other)")
          }
        }
        for other in ["one", "three"] {
          #expect(bytes.range(of: Data(try #require(ids[other]).utf8)) == nil, "the id of \(other)")
        }
      }
    }

    /// Nanoseconds of the epoch.
    private static func now() -> Int64 {
      var time = timespec()
      clock_gettime(CLOCK_REALTIME, &time)
      return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// What the events of each thread say, in their order, without what two recorders measure each by themselves.
    private static func byThread(_ capture: Capture, _ filter: String) async throws -> [Int64: [Row]] {
      let fields = [
        "thread.tid", "evt.type", "evt.res", "evt.is_unfinished", "proc.name", "proc.exe", "fd.name", "evt.args",
      ]
      var threads: [Int64: [Row]] = [:]
      for var event in try await capture.events(filter, fields) {
        // A time of the clock: where it stood at the start of a recording, each finds out to some nanoseconds.
        if case .object(var arguments)? = event["evt.args"] {
          arguments["pidns_init_start_ts"] = nil
          event["evt.args"] = .object(arguments)
        }
        threads[try #require(event.integer("thread.tid")), default: []].append(event)
      }
      return threads
    }

    @Test("a container that starts later is recorded from its start by its name", arguments: Engine.present)
    func later(kind: Engine.Kind) async throws {
      try await Engine.with(kind) { engine in
        _ = try await engine.run("other", Self.busy)
        let capture = Capture(path: "\(engine.folder)/later.reel")
        let refused = try await reel(recordArguments(capture.path, engine, ["--container", "job-*"]))
        #expect(refused.status == 2)
        #expect(refused.errorText.contains("other"), "\(refused.errorText)")
        let recorder = try reelCommand(
          recordArguments(capture.path, engine, ["--container", "job-*", "--wait", "--until-exit"])
        ).start()
        defer { recorder.killGroup() }
        try await waitUntilAttached(recorder)
        let id = try await engine.run("job-7", "cat /etc/job-mark; /bin/ls / >/dev/null; sleep 0.5")
        let result = try await recorder.result(timeout: .seconds(60))
        #expect(result.status == 0, "\(result.errorText)")
        try await capture.expectNothingLost()
        #expect(try await capture.count("container.full_id != \(id)") == 0)
        #expect(try await capture.count("fd.name = /etc/job-mark and container.name = job-7") == 1)
        // By its path: the shell of busybox does itself what it has by name.
        #expect(try await capture.count("evt.type = execve and proc.exe = /bin/ls") == 1)
      }
    }
  }
}
