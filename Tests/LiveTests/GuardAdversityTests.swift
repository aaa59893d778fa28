import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#endif

extension Live {
  /// What becomes of the guard and its captures when things go wrong: it goes on, and says so once.
  @Suite struct GuardAdversity {
    @Test("Of what a killed guard was capturing nothing is lost that was on disk, and the next guard says so once")
    func crash() async throws {
      try await withTemporaryDirectory { folder in
        let rules = Guarded.marked.replacingOccurrences(of: "MARK", with: "\(folder)/mark_")
        let configuration = Guarded.configuration(folder, ["capture: {before: 2s, after: 600s, scope: container}"])
        let first = try await Guarded.start(folder, rules, configuration)
        defer { first.running.killGroup() }
        let group = try TestGroup()
        let ticker = try Ticker("\(folder)/tick_", in: group)
        defer { ticker.running.killGroup() }
        try await ticker.run(for: 3)
        _ = try await group.start("cat \(folder)/mark_x").result()
        let alert = try await first.alerts(1)[0]
        let path = try #require(alert.fields["capture.path"]?.text)
        // What somebody who looks into the file at a moment sees of it is there for good.
        let start = try #require(ticker.ticks.last?.time)
        var seen = 0
        try await wait("what happens comes into the file, \(seen) openings did") {
          guard let last = ticker.ticks.last, last.time > start + 2_000_000_000 else { return false }
          seen = ticker.names(from: start, to: start + 2_000_000_000).count
          return true
        }
        let expected = try #require(ticker.names(from: start, to: start + 2_000_000_000).last)
        var isThere = false
        for _ in 0..<600 where !isThere {
          isThere = try await reel(["count", path, "fd.name = \(expected)", "--json"]).text.contains("\"count\":1")
          if !isThere { try await Task.sleep(for: .milliseconds(100)) }
        }
        #expect(isThere, "\(expected) comes into the file")
        first.running.send(SIGKILL)
        _ = try await first.running.result(timeout: .seconds(600))

        let second = try await Guarded.start(folder, rules, configuration)
        defer { second.running.killGroup() }
        let record = try await second.finished(1)[0]
        #expect(record.text("state") == "error")
        #expect(record.text("message")?.contains("readable up to") == true)
        let id = try #require(record.text("id"))
        #expect(second.said("capture \(id)") == 1, "\(second.errorText)")
        #expect(second.errorText.contains("the guard ended while it was written"))
        #expect(record.text("path") == path)
        // Without a tail, and whole as soon as it is recovered.
        #expect(try await reel(["verify", path]).status == 3)
        let whole = Capture(path: "\(folder)/whole.reel")
        let recovered = try await reel(["recover", path, "-o", whole.path])
        #expect([0, 3].contains(recovered.status), "\(recovered.errorText)")
        #expect(try await reel(["verify", whole.path]).status == 0)
        #expect(try await whole.count("fd.name = \(folder)/mark_x") == 1)
        try await ticker.expect(in: whole, from: start - 2_000_000_000, to: start + 2_000_000_000)
        try await second.end()
      }
    }

    /// A server that takes connections and never answers, and its address.
    private static func silentServer() async throws -> (RunningCommand, String) {
      let script = "\(LiveMachine.root)/Tests/LiveTests/workload/silent.py"
      let server = try Command("/usr/bin/python3", "-I", script).start()
      try await wait("the server listens: \(server.errorText)") { server.outputText.hasSuffix("\n") }
      return (server, "http://127.0.0.1:" + server.outputText.trimmingCharacters(in: .whitespacesAndNewlines))
    }

    @Test("A webhook that never answers holds nobody up, and is complained of once")
    func hangingWebhook() async throws {
      let (server, url) = try await Self.silentServer()
      defer { server.killGroup() }
      try await Guarded.run({ folder in
        Guarded.configuration(
          folder, ["capture: {before: 0s, after: 1s, scope: tree}", "notify: [hook, told]"],
          more: """
            spool: {directory: \(folder)/spool}
            notify: {hook: {webhook: "\(url)/"}, told: {stdout: json}}
            """)
      }) { guarded in
        for number in 1...5 {
          _ = try await Command("cat", "\(guarded.mark)\(number)").run()
          _ = try await guarded.alerts(number)
        }
        for record in try await guarded.finished(5) { #expect(record.text("state") == "done") }
        try await wait("the channel is complained of: \(guarded.errorText)") {
          guarded.said("the channel 'hook' does not take notices") == 1
        }
        // It goes on as before, also while it tries again.
        for number in 6...10 {
          _ = try await Command("cat", "\(guarded.mark)\(number)").run()
          _ = try await guarded.alerts(number)
        }
        _ = try await guarded.finished(10)
        #expect(guarded.said("'hook'") == 1, "\(guarded.errorText)")
      }
    }

    @Test("A command that ships and hangs holds nobody up; it is ended, and each capture is told of once")
    func hangingStore() async throws {
      try await withTemporaryDirectory { folder in
        func configuration(_ script: String) -> String {
          Guarded.configuration(
            folder, ["capture: {before: 0s, after: 500ms, scope: tree}"],
            more: "ship: {command: [/bin/sh, -c, '\(script)', ship], timeout: 8s}")
        }
        let rules = Guarded.marked.replacingOccurrences(of: "MARK", with: "\(folder)/mark_")
        let first = try await Guarded.start(folder, rules, configuration("exec sleep 1000"))
        defer { first.running.killGroup() }
        for number in 1...6 {
          _ = try await Command("cat", "\(folder)/mark_\(number)").run()
          _ = try await first.alerts(number)
        }
        // Four at a time hang, and two wait behind them.
        let records = try await first.finished(4)
        for record in records {
          #expect(record.text("state") == "error")
          #expect(record.text("message")?.contains("could not be shipped: /bin/sh did not end within 8 s") == true)
          #expect(first.said(try #require(record.text("id"))) == 1, "\(first.errorText)")
        }
        // What is on its way at the end is shipped by the guard that comes next.
        let before = Guarded.now()
        try await first.end()
        #expect(Guarded.now() - before < 60_000_000_000)
        let left = try first.left()
        let second = try await Guarded.start(folder, rules, configuration("cat \"$1\" >>\(folder)/store"))
        defer { second.running.killGroup() }
        let all = try await second.finished(6)
        for record in all where left.contains(record.text("id") ?? "") { #expect(record.text("state") == "done") }
        try await second.end()
      }
    }

    @Test("A store that never answers holds nobody up; what it did not take is shipped by the next guard")
    func silentStore() async throws {
      let (server, url) = try await Self.silentServer()
      defer { server.killGroup() }
      try await withTemporaryDirectory { folder in
        func configuration(_ ship: String) -> String {
          Guarded.configuration(folder, ["capture: {before: 0s, after: 500ms, scope: tree}"], more: "ship: {\(ship)}")
        }
        let rules = Guarded.marked.replacingOccurrences(of: "MARK", with: "\(folder)/mark_")
        let keys = "access_key: env:TEST_KEY, secret_key: env:TEST_KEY"
        let first = try await Guarded.start(
          folder, rules, configuration("s3: {endpoint: \"\(url)\", bucket: b, \(keys)}"),
          environment: ["TEST_KEY": "any"])
        defer { first.running.killGroup() }
        for number in 1...6 {
          _ = try await Command("cat", "\(folder)/mark_\(number)").run()
          _ = try await first.alerts(number)
        }
        try await wait("all wait for the store: \(first.errorText)") { try first.left().count == 6 }
        let before = Guarded.now()
        try await first.end()
        #expect(Guarded.now() - before < 60_000_000_000)
        #expect(try first.left().count == 6)
        let second = try await Guarded.start(
          folder, rules, configuration("command: [/bin/sh, -c, 'cat \"$1\" >>\(folder)/store', ship]"))
        defer { second.running.killGroup() }
        for record in try await second.finished(6) { #expect(record.text("state") == "done") }
        try await second.end()
      }
    }

    @Test(
      "A rules file that becomes broken leaves the rules before in force and says so once; a good one is taken over")
    func brokenRules() async throws {
      try await Guarded.run({ Guarded.configuration($0, ["capture: {before: 0s, after: 1s, scope: tree}"]) }) {
        guarded in
        try "- rule: [".write(toFile: "\(guarded.folder)/rules.yaml", atomically: true, encoding: .utf8)
        try await wait("the guard says that the file is broken: \(guarded.errorText)") {
          guarded.errorText.contains("is broken")
        }
        _ = try await Command("cat", "\(guarded.mark)x").run()
        _ = try await guarded.alerts(1)
        let renamed = guarded.rules.replacingOccurrences(of: "%fd.name by", with: "now %fd.name by")
        try renamed.write(toFile: "\(guarded.folder)/rules.yaml", atomically: true, encoding: .utf8)
        try await wait("the guard takes the file over: \(guarded.errorText)") {
          guarded.errorText.contains("was read again")
        }
        _ = try await Command("cat", "\(guarded.mark)y").run()
        let alerts = try await guarded.alerts(2)
        #expect(alerts[1].output.contains("now \(guarded.mark)y"))
        #expect(guarded.said("is broken") == 1, "\(guarded.errorText)")
      }
    }

    @Test("A full disk ends a capture with one clear message; the guard goes on, and captures when there is room again")
    func fullDisk() async throws {
      try await withTemporaryDirectory { folder in
        let disk = "\(folder)/captures"
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: false)
        try #require(try await Command("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk).run().status == 0)
        defer { umount2(disk, Int32(MNT_DETACH)) }
        let rules = Guarded.marked.replacingOccurrences(of: "MARK", with: "\(folder)/mark_")
        let guarded = try await Guarded.start(
          folder, rules, Guarded.configuration(folder, ["capture: {before: 0s, after: 600s, scope: host}"]))
        defer { guarded.running.killGroup() }
        _ = try await Command("cat", "\(folder)/mark_x").run()
        let first = try await guarded.alerts(1)[0]
        let load = try Command("/bin/sh", "-c", "while :; do ls -lR /usr/share >/dev/null 2>&1; done").start()
        defer { load.killGroup() }
        try await wait("the disk is full: \(guarded.errorText)") { guarded.errorText.contains("the disk is full") }
        load.killGroup()
        let id = try #require(first.fields["capture.id"]?.text)
        #expect(guarded.said("capture \(id)") == 1, "\(guarded.errorText)")
        // What was written is readable.
        let path = try #require(first.fields["capture.path"]?.text)
        let read = try await reel(["count", path, "--json"])
        #expect([0, 3].contains(read.status), "\(read.errorText)")
        _ = try await Command("cat", "\(folder)/mark_y").run()
        _ = try await guarded.alerts(2)
        // With room again the next capture is whole.
        try #require(
          try await Command("mount", "-o", "remount,size=200m", disk).run().status == 0)
        try await Task.sleep(for: .seconds(1))
        let stopped = try await reel([
          "capture", "start", "--socket", "\(folder)/control", "--host", "--duration", "1s", "--json", "--wait",
        ])
        #expect(stopped.status == 0, "\(stopped.errorText)")
        try await guarded.end()
      }
    }

    @Test("Steps of the clock change neither when captures end nor what is in them")
    func clockSteps() async throws {
      let library = try await Workload.program("clock.so")
      try await withTemporaryDirectory { outside in
        let shift = "\(outside)/shift"
        func step(_ seconds: Int64) throws {
          let handle = try #require(FileHandle(forWritingAtPath: shift))
          try handle.write(contentsOf: withUnsafeBytes(of: seconds * 1_000_000_000) { Data($0) })
          try handle.close()
        }
        try Data(count: 8).write(to: URL(fileURLWithPath: shift))
        try await Guarded.run(
          { Guarded.configuration($0, ["capture: {before: 2s, after: 3s, scope: container}"]) },
          environment: ["LD_PRELOAD": library, "SHIFTED_CLOCK": shift]
        ) { guarded in
          let group = try TestGroup()
          let ticker = try Ticker("\(guarded.folder)/tick_", in: group)
          defer { ticker.running.killGroup() }
          try await ticker.run(for: 3)
          for (index, seconds) in [Int64(7200), -7200].enumerated() {
            _ = try await group.start("cat \(guarded.mark)\(index)").result()
            let alert = try await guarded.alerts(index + 1)[index]
            try step(seconds)
            let record = try #require(try await guarded.finished(index + 1).last)
            #expect(record.text("state") == "done")
            #expect(record.text("id") == alert.fields["capture.id"]?.text)
            let capture = Capture(path: try #require(record.text("path")))
            try await capture.expectNothingLost()
            let opened = try await capture.events("fd.name = \(guarded.mark)\(index)", ["evt.rawtime"])
            let time = try #require(opened.first?.integer("evt.rawtime"))
            try await ticker.expect(in: capture, from: time - 2_000_000_000, to: time + 3_000_000_000)
            let (started, ended) = (record.integer("started") ?? 0, record.integer("ended") ?? 0)
            #expect(started < time && ended >= time && ended - started < 600_000_000_000)
          }
        }
      }
    }
  }
}

extension Guarded {
  /// The ids of captures that are being shipped, or wait for it.
  fileprivate func left() throws -> Set<String> {
    let folder = "\(folder)/captures"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".json") }
    return Set(
      try names.compactMap { name in
        let data = FileManager.default.contents(atPath: "\(folder)/\(name)") ?? Data()
        let row = try JSONValue.object(line: String(decoding: data, as: UTF8.self))
        return row.text("state") == "shipping" ? row.text("id") : nil
      })
  }
}
