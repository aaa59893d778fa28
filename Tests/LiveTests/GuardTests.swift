import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#endif

extension Live {
  /// The guard on this machine: what fires, and what is captured. What happens in a span of time is told by loops that say
  /// when they did what, so that nothing here depends on how quick the machine is.
  @Suite struct GuardTests {
    @Test(
      "A capture holds the seconds before, the trigger and the seconds after; of its container alone; with the alert")
    func container() async throws {
      try await Guarded.run({ Guarded.configuration($0, ["capture: {before: 3s, after: 2s, scope: container}"]) }) {
        guarded in
        let groups = [try TestGroup(), try TestGroup()]
        let tickers = try groups.enumerated().map { try Ticker("\(guarded.folder)/tick_\($0)_", in: $1) }
        defer { for ticker in tickers { ticker.running.killGroup() } }
        for ticker in tickers { try await ticker.run(for: 4) }
        _ = try await groups[0].start("cat \(guarded.mark)one").result()
        let alert = try await guarded.alerts(1)[0]
        #expect(alert.fields["fd.name"]?.text == "\(guarded.mark)one")
        let record = try await guarded.finished(1)[0]
        #expect(record.text("container") == groups[0].id)
        #expect(record.text("path") == alert.fields["capture.path"]?.text)
        #expect(record.text("id") == alert.fields["capture.id"]?.text)
        let capture = Capture(path: try #require(record.text("path")))
        try await capture.expectNothingLost()
        let info = try await capture.info()
        #expect(info["trigger"] != .null)
        #expect(try await capture.count("container.full_id = \(groups[0].id)") == (info.integer("events") ?? -1))
        let opened = try await capture.events("fd.name = \(guarded.mark)one", ["evt.rawtime"])
        let time = try #require(opened.first?.integer("evt.rawtime"))
        try await tickers[0].expect(in: capture, from: time - 3_000_000_000, to: time)
        try await tickers[0].expect(in: capture, from: time, to: time + 2_000_000_000)
        let mode = try FileManager.default.attributesOfItem(atPath: capture.path)[.posixPermissions] as? NSNumber
        #expect(mode?.intValue == 0o600)
      }
    }

    @Test("Triggers in twenty containers at once give twenty right captures, each of its own container alone")
    func overlapping() async throws {
      try await Guarded.run({ Guarded.configuration($0, ["capture: {before: 2s, after: 10s, scope: container}"]) }) {
        guarded in
        let groups = try (0..<20).map { _ in try TestGroup() }
        let tickers = try groups.enumerated().map { try Ticker("\(guarded.folder)/tick_\($0)_", in: $1) }
        defer { for ticker in tickers { ticker.running.killGroup() } }
        for ticker in tickers { try await ticker.run(for: 3) }
        let shells = try groups.enumerated().map { index, group in
          try group.start("for i in 1 2 3; do cat \(guarded.mark)\(index)_$i; sleep 0.1; done")
        }
        for shell in shells { _ = try await shell.result() }
        let alerts = try await guarded.alerts(60)
        #expect(Set(alerts.compactMap { $0.fields["capture.id"]?.text }).count == 20)
        let records = try await guarded.finished(20)
        for ticker in tickers { ticker.running.send(SIGSTOP) }
        #expect(Set(records.compactMap { $0.text("container") }) == Set(groups.map(\.id)))
        for record in records {
          #expect(record.text("state") == "done")
          #expect(record.integer("triggers") == 3)
          let capture = Capture(path: try #require(record.text("path")))
          try await capture.expectNothingLost()
          let container = try #require(record.text("container"))
          let index = try #require(groups.firstIndex { $0.id == container })
          #expect(try await capture.count("container.full_id = \(container)") == record.integer("events"))
          // The three triggers, with the seconds before the first and behind the last.
          let marks = try await capture.events("fd.name startswith \(guarded.mark)", ["fd.name", "evt.rawtime"])
          #expect(marks.map { $0.text("fd.name") } == (1...3).map { "\(guarded.mark)\(index)_\($0)" })
          let times = marks.compactMap { $0.integer("evt.rawtime") }
          let (first, last) = (try #require(times.first), try #require(times.last))
          try await tickers[index].expect(in: capture, from: first - 2_000_000_000, to: last + 10_000_000_000)
          // The alert is in it, and not a byte of what others do.
          #expect(try await capture.info()["trigger"] != .null)
          let plain = "\(guarded.folder)/plain.reel"
          let compacted = try await reel(["compact", capture.path, "--codec", "none", "--force", "-o", plain])
          try #require(compacted.status == 0, "\(compacted.errorText)")
          let bytes = try Data(contentsOf: URL(fileURLWithPath: plain))
          for (other, group) in groups.enumerated() {
            let isOwn = other == index
            for text in ["tick_\(other)_", "mark_\(other)_", group.id] {
              #expect((bytes.range(of: Data(text.utf8)) != nil) == isOwn, "\(text) in the capture of \(index)")
            }
          }
        }
      }
    }

    @Test("A person's capture of a container, with ten seconds of the past, is made while policies fire")
    func manual() async throws {
      try await Guarded.run({ Guarded.configuration($0, ["capture: {before: 1s, after: 1s, scope: host}"]) }) {
        guarded in
        let group = try TestGroup()
        let ticker = try Ticker("\(guarded.folder)/tick_", in: group)
        defer { ticker.running.killGroup() }
        let firing = try Command("/bin/sh", "-c", "while :; do cat \(guarded.mark)x; sleep 0.02; done").start()
        defer { firing.killGroup() }
        try await ticker.run(for: 12)
        let asked = Guarded.now()
        let started = try await reel([
          "capture", "start", "--socket", "\(guarded.folder)/control", "--container", String(group.id.prefix(12)),
          "--before", "10s", "--duration", "2s", "--filter", "evt.type in (open, openat)", "--json", "--wait",
        ])
        let answered = Guarded.now()
        try #require(started.status == 0, "\(started.errorText)")
        let record = try JSONValue.object(line: started.lines.last ?? "")
        #expect(record.text("state") == "done")
        #expect(record.text("container") == group.id)
        let capture = Capture(path: try #require(record.text("path")))
        let events = record.integer("events") ?? -1
        #expect(try await capture.count("container.full_id = \(group.id) and evt.type in (open, openat)") == events)
        // It began after it was asked for, and two seconds before the answer at the latest.
        try await ticker.expect(in: capture, from: answered - 12_000_000_000, to: asked + 2_000_000_000)
        #expect(!(try guarded.alerts().isEmpty))
      }
    }

    @Test("A person's capture of the whole host needs no container")
    func manualHost() async throws {
      try await Guarded.run({ Guarded.configuration($0, ["notify: [told]"], more: "notify: {told: {stdout: json}}") }) {
        guarded in
        let group = try TestGroup()
        let ticker = try Ticker("\(guarded.folder)/tick_", in: group)
        defer { ticker.running.killGroup() }
        let own = try TestGroup()
        let other = try Ticker("\(guarded.folder)/tock_", in: own)
        defer { other.running.killGroup() }
        try await ticker.run(for: 3)
        try await other.run(for: 3)
        let asked = Guarded.now()
        let started = try await reel([
          "capture", "start", "--socket", "\(guarded.folder)/control", "--host", "--before", "2s", "--duration", "1s",
          "--json",
          "--wait",
        ])
        let answered = Guarded.now()
        try #require(started.status == 0, "\(started.errorText)")
        let record = try JSONValue.object(line: started.lines.last ?? "")
        #expect(record.text("state") == "done")
        #expect(record["container"] == .null)
        let capture = Capture(path: try #require(record.text("path")))
        for ticker in [ticker, other] {
          try await ticker.expect(in: capture, from: answered - 3_000_000_000, to: asked + 1_000_000_000)
        }
      }
    }

    @Test("A capture ends though nothing happens any more in its scope")
    func idle() async throws {
      try await Guarded.run({ Guarded.configuration($0, ["capture: {before: 0s, after: 1s, scope: tree}"]) }) {
        guarded in
        let started = ContinuousClock.now
        _ = try await Command("cat", "\(guarded.mark)x").run()
        let record = try await guarded.finished(1)[0]
        #expect(record.text("state") == "done")
        #expect(ContinuousClock.now - started >= .seconds(1))
      }
    }

    @Test("What must not reach the disk is in no capture, of a policy or of a person")
    func redacted() async throws {
      try await Guarded.run({
        Guarded.configuration(
          $0, ["capture: {before: 10s, after: 1s, scope: host}", "capture: {before: 10s, after: 1s, scope: tree}"],
          captures: ", redact: [secrets]")
      }) { guarded in
        let secret = "Qz7vN2kLw9Xb4TfR8mYc"
        let script = "true --password=\(secret); echo \"token=\(secret)\" >/dev/shm/\(getpid()); cat \(guarded.mark)x"
        defer { unlink("/dev/shm/\(getpid())") }
        _ = try await Command("env", "API_TOKEN=\(secret)", "sh", "-c", "true; exec sh -c '\(script)'").run()
        let asked = try await reel([
          "capture", "start", "--socket", "\(guarded.folder)/control", "--host", "--before", "60s", "--duration", "1s",
          "--json", "--wait",
        ])
        try #require(asked.status == 0, "\(asked.errorText)")
        for record in try await guarded.finished(3) {
          let capture = Capture(path: try #require(record.text("path")))
          try await capture.expectNothingLost()
          #expect(try await capture.count("fd.name = \(guarded.mark)x") == 1)
          #expect(try await capture.count("proc.cmdline contains password") > 0)
          let plain = "\(guarded.folder)/plain.reel"
          let compacted = try await reel(["compact", capture.path, "--codec", "none", "--force", "-o", plain])
          try #require(compacted.status == 0, "\(compacted.errorText)")
          let bytes = try Data(contentsOf: URL(fileURLWithPath: plain))
          #expect(bytes.range(of: Data(secret.utf8)) == nil, "in \(capture.path)")
        }
      }
    }

    @Test("A process is killed, and its container is paused")
    func actions() async throws {
      try await Guarded.run({ Guarded.configuration($0, ["process: kill", "container: pause"]) }) { guarded in
        try await guarded.expectKillAndPause(in: try TestGroup())
      }
    }

    @Test("A dry run tells, and touches nothing")
    func dryRun() async throws {
      try await Guarded.run({ Guarded.configuration($0, ["process: kill", "capture: {before: 1s}"]) }, ["--dry-run"]) {
        guarded in
        let shell = try Command(
          "/bin/sh", "-c", "while read line; do :; done <\(guarded.mark)k; sleep 0.5; exit 7"
        ).start()
        let alert = try await guarded.alerts(1)[0]
        #expect(alert.fields["policy.dry_run"] == .text("true"))
        #expect(alert.fields["capture.id"] == nil)
        #expect(try await shell.result().status == 7)
      }
    }
  }
}
