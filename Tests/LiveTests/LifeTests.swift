import Foundation
import TestSupport
import Testing

extension Live {
  /// A recording from its beginning to its end: files that follow each other, signals, another user, other recorders.
  @Suite struct LifeTests {
    // MARK: Files

    @Test(
      "files that follow each other have every event once",
      arguments: [["--rotate-size", "150KiB"], ["--rotate-time", "100ms"]])
    func rotation(options: [String]) async throws {
      try await withTemporaryDirectory { directory in
        let blocks = 300_000
        // Room for all of it: what is asked here is what follows what, not whether this machine is quick enough.
        let recorder = try reelCommand(
          ["record", "--json", "-o", "\(directory)/x.reel", "--buffer", "128MiB"] + options + [
            "--", "dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=\(blocks)", "status=none",
          ]
        ).start()
        let result = try await recorder.result()
        try #require(result.status == 0, "\(result.errorText)")
        let summary = try JSONValue.object(line: result.errorLines.last ?? "")
        let files = try Self.files(directory)
        #expect(files.first == "\(directory)/x.reel")
        #expect(files.dropFirst().first == "\(directory)/x_0001.reel")
        #expect(files.count >= 3)
        #expect(summary.integer("files") == Int64(files.count))
        #expect(summary.text("last_path") == files.last)
        try await Self.expectSeries(files, events: summary.integer("events"))
        var reads: Int64 = 0
        for file in files {
          reads += try await Capture(path: file).count(
            "proc.name = dd and proc.ppid = \(recorder.pid) and evt.type = read and fd.name = /dev/zero")
        }
        #expect(reads == Int64(blocks))
      }
    }

    @Test("--keep deletes the oldest files of this recording alone")
    func keep() async throws {
      try await withTemporaryDirectory { directory in
        try "other".write(toFile: "\(directory)/x_old.reel", atomically: false, encoding: .utf8)
        let result = try await reel([
          "record", "-o", "\(directory)/x.reel", "--rotate-time", "200ms", "--keep", "2", "--", "/bin/sh", "-c",
          "for i in 1 2 3 4 5 6 7 8; do ls / >/dev/null; sleep 0.2; done",
        ])
        try #require(result.status == 0, "\(result.errorText)")
        let files = try Self.files(directory).filter { !$0.hasSuffix("x_old.reel") }
        #expect(files.count == 2)
        #expect(files.allSatisfy { $0.contains("x_0") }, "the first file is the oldest: \(files)")
        try await Self.expectSeries(files, first: nil)
        #expect(try String(contentsOfFile: "\(directory)/x_old.reel", encoding: .utf8) == "other")
      }
    }

    @Test("a file of an earlier recording is in the way of the second file; --force replaces it")
    func nextFileExists() async throws {
      try await withTemporaryDirectory { directory in
        try "other".write(toFile: "\(directory)/x_0001.reel", atomically: false, encoding: .utf8)
        let arguments = ["record", "-o", "\(directory)/x.reel", "--rotate-time", "100ms", "--duration", "400ms"]
        let refused = try await reel(arguments)
        #expect(refused.status == 2)
        expectOneLine(refused, contains: "x_0001.reel")
        #expect(!FileManager.default.fileExists(atPath: "\(directory)/x.reel"))
        let forced = try await reel(arguments + ["--force"])
        #expect(forced.status == 0, "\(forced.errorText)")
        try await Self.expectSeries(try Self.files(directory))
      }
    }

    @Test("--max-size is passed by one chunk at most")
    func byteLimit() async throws {
      try await withTemporaryDirectory { directory in
        let capture = Capture(path: "\(directory)/x.reel")
        let limit: Int64 = 400 << 10
        let command = try reelCommand([
          "record", "-o", capture.path, "--max-size", "400KiB", "--", "dd", "if=/dev/zero", "of=/dev/null", "bs=1",
          "count=2000000", "status=none",
        ]).start()
        defer { command.killGroup() }
        let result = try await command.result()
        #expect(result.status != 125, "\(result.errorText)")
        let info = try await capture.info()
        let (bytes, chunks) = (try #require(info.integer("bytes")), try #require(info.integer("chunks")))
        #expect(bytes >= limit - (8 << 10))
        // A chunk, and what the tail says of each.
        #expect(bytes < limit + bytes / chunks + 2048 * chunks)
        try await capture.expectNothingLost()
      }
    }

    // MARK: Signals

    @Test("SIGHUP goes on in the next file")
    func hangUp() async throws {
      try await withTemporaryDirectory { directory in
        let path = "\(directory)/x.reel"
        let recorder = try reelCommand(["record", "-o", path]).start()
        defer { recorder.killGroup() }
        try await waitUntilAttached(recorder)
        for number in 1...2 {
          let busy = try await Command("/bin/ls", "/").run()
          #expect(busy.status == 0)
          recorder.send(SIGHUP)
          try await wait("file \(number)") {
            FileManager.default.fileExists(atPath: "\(directory)/x_000\(number).reel")
          }
        }
        recorder.send(SIGTERM)
        let result = try await recorder.result()
        #expect(result.status == 0, "\(result.errorText)")
        let files = try Self.files(directory)
        #expect(files.count == 3)
        try await Self.expectSeries(files)
      }
    }

    @Test("SIGHUP ends a stream with a whole capture")
    func hangUpOfAStream() async throws {
      try await withTemporaryDirectory { directory in
        let path = "\(directory)/x.reel"
        let recorder = try reelCommand(["record", "-o", "-"]).start()
        defer { recorder.killGroup() }
        try await waitUntilAttached(recorder)
        recorder.send(SIGHUP)
        let result = try await recorder.result()
        #expect(result.status == 0, "\(result.errorText)")
        try Data(result.output).write(to: URL(fileURLWithPath: path))
        try await Capture(path: path).expectNothingLost()
      }
    }

    @Test("a signal is passed on to the command, and the command's answer is the status")
    func signalOfTheCommand() async throws {
      try await withTemporaryDirectory { directory in
        let capture = Capture(path: "\(directory)/x.reel")
        let recorder = try reelCommand([
          "record", "-o", capture.path, "--", "/bin/sh", "-c",
          "trap 'exit 5' TERM; : >'\(directory)/ready'; while :; do sleep 0.05; done",
        ]).start()
        defer { recorder.killGroup() }
        try await wait("the command runs") { FileManager.default.fileExists(atPath: "\(directory)/ready") }
        recorder.send(SIGTERM)
        let result = try await recorder.result()
        #expect(result.status == 5, "\(result.errorText)")
        try await capture.expectNothingLost()
      }
    }

    // MARK: Rights

    @Test("--user gives up root's rights: recorder, files and command are that user's")
    func user() async throws {
      try await withTemporaryDirectory { directory in
        let folder = "\(directory)/own"
        try FileManager.default.createDirectory(
          atPath: folder, withIntermediateDirectories: false, attributes: [.ownerAccountID: 65534])
        let path = "\(folder)/x.reel"
        let recorder = try reelCommand([
          "record", "-o", path, "--user", "nobody", "--rotate-time", "300ms", "--", "/bin/sh", "-c",
          "id -u; id -G; cat /proc/$PPID/status; nice; for i in 1 2 3 4 5; do sleep 0.2; done; exit 3",
        ]).start()
        defer { recorder.killGroup() }
        let result = try await recorder.result()
        #expect(result.status == 3, "\(result.errorText)")
        let lines = result.lines
        #expect(lines.first == "65534")
        #expect(lines.dropFirst().first == "65534")
        #expect(lines.last == "0", "the command has the recorder's priority")
        for line in lines where line.hasPrefix("Uid:") || line.hasPrefix("Gid:") {
          #expect(line.split(separator: "\t").dropFirst() == ["65534", "65534", "65534", "65534"], "\(line)")
        }
        for name in ["CapPrm:", "CapEff:", "CapAmb:", "CapInh:"] {
          #expect(lines.contains("\(name)\t0000000000000000"), "\(name)")
        }
        let files = try Self.files(folder)
        #expect(files.count >= 3)
        for file in files {
          let attributes = try FileManager.default.attributesOfItem(atPath: file)
          #expect(attributes[.ownerAccountID] as? Int == 65534, "\(file)")
          #expect(attributes[.posixPermissions] as? Int == 0o600, "\(file)")
        }
        try await Self.expectSeries(files)
        // A batch that is not closed yet when a file ends belongs to the next one.
        var uids: [Row] = []
        for file in files {
          uids += try await Capture(path: file).events(
            "evt.type = execve and evt.failed = false and proc.ppid = \(recorder.pid)", ["user.uid"])
        }
        #expect(uids.map { $0.integer("user.uid") } == [65534])
      }
    }

    @Test("--user refuses a directory where that user could not make the next file")
    func userWithoutDirectory() async throws {
      try await withTemporaryDirectory { directory in
        let arguments = ["record", "-o", "\(directory)/x.reel", "--user", "nobody", "--duration", "200ms"]
        let refused = try await reel(arguments + ["--rotate-size", "1MiB"])
        #expect(refused.status == 2)
        expectOneLine(refused, contains: "nobody")
        #expect(!FileManager.default.fileExists(atPath: "\(directory)/x.reel"))
        // One file is made before.
        let single = try await reel(arguments)
        #expect(single.status == 0, "\(single.errorText)")
      }
    }

    // MARK: Others

    @Test("two recorders see the same, and neither loses anything")
    func twoRecorders() async throws {
      try await withTemporaryDirectory { directory in
        let captures = ["a", "b"].map { Capture(path: "\(directory)/\($0).reel") }
        // A name that nobody else has.
        let marker = "\(directory)/twofold"
        try FileManager.default.copyItem(atPath: "/bin/dd", toPath: marker)
        let recorders = try captures.map { try reelCommand(["record", "-o", $0.path]).start() }
        defer { for recorder in recorders { recorder.killGroup() } }
        for recorder in recorders { try await waitUntilAttached(recorder) }
        let busy = try await Command(
          marker, "if=/dev/zero", "of=/dev/null", "bs=1", "count=50000", "status=none"
        ).run()
        #expect(busy.status == 0)
        recorders[0].send(SIGINT)
        #expect(try await recorders[0].result().status == 0)
        // The end of one does not end the other.
        let later = try await Command(marker, "if=/dev/zero", "of=/dev/null", "count=1", "status=none").run()
        #expect(later.status == 0)
        recorders[1].send(SIGINT)
        #expect(try await recorders[1].result().status == 0)
        for capture in captures { try await capture.expectNothingLost() }
        // Samples are each recorder's own, at times of its own.
        func calls(_ capture: Capture, _ pid: Int64) async throws -> [String?] {
          let filter = "proc.name = twofold and proc.pid = \(pid) and evt.type != process_sample"
          return try await capture.events(filter, ["evt.type", "evt.rawres"]).map {
            "\($0.text("evt.type") ?? "") \($0.integer("evt.rawres").map(String.init) ?? "")"
          }
        }
        let pids = try await captures[1].events("proc.name = twofold and evt.type = execve", ["proc.pid"])
          .compactMap { $0.integer("proc.pid") }
        try #require(pids.count == 2)
        let (first, second) = (try await calls(captures[0], pids[0]), try await calls(captures[1], pids[0]))
        #expect(first.count > 100_000)
        #expect(first == second)
        #expect(try await captures[0].count("proc.pid = \(pids[1])") == 0)
      }
    }

    @Test("attach and detach leave nothing behind", arguments: [SIGINT, SIGKILL])
    func nothingLeft(signal: Int32) async throws {
      try await withTemporaryDirectory { directory in
        let before = try await KernelObjects.now(directory)
        let recorder = try reelCommand(["record", "-o", "\(directory)/x.reel"]).start()
        defer { recorder.killGroup() }
        try await waitUntilAttached(recorder)
        let new = try await KernelObjects.now(directory).subtracting(before)
        #expect(new.kinds == ["programs", "maps", "links"])
        recorder.send(signal)
        _ = try await recorder.result()
        // The kernel frees programs and maps a moment after the last reference has gone. Recorders of others may be among
        // what was new; they end some time.
        var left = new
        for _ in 0..<150 where !left.isEmpty {
          try await Task.sleep(for: .milliseconds(200))
          left = try await KernelObjects.now(directory).intersection(left)
        }
        #expect(left.isEmpty, "left behind: \(left)")
      }
    }

    // MARK: What the tests share

    /// The captures in a folder, in the order of their names' bytes.
    private static func files(_ directory: String) throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: directory).filter { $0.hasSuffix(".reel") }
        .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { "\(directory)/\($0)" }
    }

    /// Each file is whole, and their numbers go on from one to the next.
    private static func expectSeries(
      _ files: [String], events: Int64? = nil, first: Int64? = 1, location: SourceLocation = #_sourceLocation
    ) async throws {
      var next = first
      var all: Int64 = 0
      for file in files {
        let capture = Capture(path: file)
        try await capture.expectNothingLost(location: location)
        let count = try #require(try await capture.info(location: location).integer("events"), sourceLocation: location)
        all += count
        if count == 0 { continue }
        let ends = try await [["--limit", "1"], ["--limit", "1", "--reverse"]].asyncMap { options in
          Int64(try await reel(["events", file, "-p", "%evt.num"] + options).lines.first ?? "")
        }
        let (least, greatest) = (
          try #require(ends[0], sourceLocation: location), try #require(ends[1], sourceLocation: location)
        )
        #expect(least == next ?? least, "\(file)", sourceLocation: location)
        #expect(greatest - least + 1 == count, "\(file)", sourceLocation: location)
        next = greatest + 1
      }
      if let events { #expect(all == events, sourceLocation: location) }
    }
  }
}

extension Array {
  fileprivate func asyncMap<Result>(_ body: (Element) async throws -> Result) async throws -> [Result] {
    var results: [Result] = []
    for element in self { results.append(try await body(element)) }
    return results
  }
}
