import Foundation
import TestSupport
import Testing

extension Live {
  /// What a capture says of a moment is what /proc said.
  @Suite struct States {
    /// One entry of a descriptor table, as text that can be compared.
    typealias Table = [String: String]

    @Test("descriptor tables and processes are those of /proc, also later and under load", arguments: [false, true])
    func tables(underLoad: Bool) async throws {
      try await withTemporaryDirectory { directory in
        let load = try (0..<(underLoad ? 3 : 0)).map { _ in
          try Command("/bin/sh", "-c", "while :; do /bin/true; cat /proc/self/stat >/dev/null; done").start()
        }
        defer { for process in load { process.killGroup() } }
        let script = "\(LiveMachine.root)/Tests/LiveTests/workload/hold.py"
        let output = "\(directory)/pids"
        let holder = try Command(
          "/bin/sh", "-c", "exec python3 -I '\(script)' '\(directory)' >'\(output)'"
        ).start()
        defer { holder.killGroup() }
        try await wait("the processes are ready", timeout: .seconds(60)) {
          (FileManager.default.contents(atPath: output) ?? Data()).last == UInt8(ascii: "\n")
        }
        let pids = try String(contentsOfFile: output, encoding: .utf8).split(whereSeparator: \.isWhitespace)
          .map(String.init)
        #expect(pids.count == 4)
        let before = try Self.tables(of: pids)
        let processes = try Self.processes(pids)

        let capture = Capture(path: "\(directory)/capture.reel")
        let recorder = try reelCommand([
          "record", "-o", capture.path, "--buffer", "16MiB", "proc.pid in (\(pids.joined(separator: ", ")))",
        ]).start()
        defer { recorder.killGroup() }
        try await waitUntilAttached(recorder)
        try await Task.sleep(for: .milliseconds(300))
        #expect(FileManager.default.createFile(atPath: "\(directory)/change", contents: nil))
        try await wait("the descriptors have changed", timeout: .seconds(60)) {
          FileManager.default.fileExists(atPath: "\(directory)/changed")
        }
        try await Task.sleep(for: .milliseconds(300))
        let after = try Self.tables(of: pids)
        recorder.send(SIGINT)
        let result = try await recorder.result(timeout: .seconds(30))
        try #require(result.status == 0, "\(result.errorText)")

        try await expect(before, capture, pids, at: nil)
        // Just before the end: the state of the beginning, and the events since.
        let ended = try #require(try await capture.info().integer("ended"))
        try await expect(after, capture, pids, at: "\(ended - 1)")
        #expect(before != after)
        let rows = try await capture.state("processes", pids, at: nil)
        for row in rows {
          let pid = String(try #require(row.integer("pid")))
          #expect(row.text("name") == processes[pid]?.name, "\(pid)")
          #expect(row.integer("ppid").map(String.init) == processes[pid]?.parent, "\(pid)")
          #expect(row.text("user") == "root", "\(pid)")
        }
        #expect(Set(rows.compactMap { $0.integer("pid").map(String.init) }) == Set(pids))
      }
    }

    private func expect(_ wanted: Table, _ capture: Capture, _ pids: [String], at time: String?) async throws {
      var found: Table = [:]
      for row in try await capture.state("files", pids, at: time) {
        let (place, entry) = try Self.entry(row, isLater: time != nil)
        #expect(found[place] == nil, "\(place) is there twice")
        found[place] = entry
      }
      let differences = Set(wanted.keys).union(found.keys).sorted().filter { !Self.agree(wanted[$0], found[$0]) }
      print("state at \(time ?? "the beginning"): \(wanted.count) descriptors compared, \(differences.count) differ")
      for key in differences.prefix(12) {
        Issue.record("\(key): found \(found[key] ?? "none"), expected \(wanted[key] ?? "none")")
      }
      #expect(differences.isEmpty, "\(differences.count) of \(wanted.count) differ")
    }

    /// A row of a state as `tables` says the same.
    static func entry(_ row: Row, isLater: Bool) throws -> (place: String, entry: String) {
      let (pid, fd) = (try #require(row.integer("pid")), try #require(row.integer("fd")))
      let inode = row.integer("inode").map(String.init) ?? "-"
      let isFile = ["file", "directory"].contains(row.text("type"))
      let name = isFile ? row.text("file") ?? "-" : ""
      // Where a file stood later is not followed, and then not said.
      let known = row.integer("position").map(String.init) ?? (isLater ? "?" : "-")
      let position = row.text("type") == "file" ? known : ""
      let isDeleted = isFile && row.bool("deleted") == true
      return ("\(pid) \(fd)", "inode \(inode) \(name) \(position) \(isDeleted ? "deleted" : "")")
    }

    /// Whether two entries are the same, but for a position that the second does not say.
    static func agree(_ wanted: String?, _ found: String?) -> Bool {
      guard let wanted, let found else { return false }
      let (one, other) = (wanted.split(separator: " "), found.split(separator: " "))
      return one.count == other.count && zip(one, other).allSatisfy { $0 == $1 || $1 == "?" }
    }

    static func tables(of pids: [String]) throws -> Table {
      var table: Table = [:]
      for pid in pids {
        for fd in try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd") {
          let path = "/proc/\(pid)/fd/\(fd)"
          var about = stat()
          guard stat(path, &about) == 0 else { continue }
          var name = try FileManager.default.destinationOfSymbolicLink(atPath: path)
          let kind = about.st_mode & S_IFMT
          // What has no path of its own has a name with a colon: a pipe, a socket, a file in memory.
          let isFile = [S_IFREG, S_IFDIR, S_IFCHR].contains(kind) && !name.hasPrefix("/memfd:")
          let isDeleted = isFile && about.st_nlink == 0
          if isDeleted, name.hasSuffix(" (deleted)") { name.removeLast(10) }
          let text = try String(contentsOfFile: "/proc/\(pid)/fdinfo/\(fd)", encoding: .utf8)
          let position = text.split(separator: "\n").first { $0.hasPrefix("pos:") }?.split(separator: "\t").last ?? "-"
          let shown = isFile && kind != S_IFDIR
          table["\(pid) \(fd)"] =
            "inode \(about.st_ino) \(isFile ? name : "") \(shown ? String(position) : "") \(isDeleted ? "deleted" : "")"
        }
      }
      return table
    }

    private static func processes(_ pids: [String]) throws -> [String: (name: String, parent: String)] {
      var processes: [String: (name: String, parent: String)] = [:]
      for pid in pids {
        let text = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
        guard let open = text.firstIndex(of: "("), let close = text.lastIndex(of: ")") else { continue }
        let rest = text[close...].split(separator: " ")
        processes[pid] = (String(text[text.index(after: open)..<close]), String(rest[2]))
      }
      return processes
    }

    @Test("a call that has not ended when the capture does is an event without latency, with its object and start")
    func unfinished() async throws {
      try await withTemporaryDirectory { directory in
        let capture = Capture(path: "\(directory)/capture.reel")
        let fifo = "\(directory)/fifo"
        try #require(mkfifo(fifo, 0o600) == 0)
        let recorder = try reelCommand(["record", "-o", capture.path, "proc.name = waiter"]).start()
        defer { recorder.killGroup() }
        try await waitUntilAttached(recorder)
        try FileManager.default.copyItem(atPath: "/bin/cat", toPath: "\(directory)/waiter")
        let waiter = try Command("/bin/sh", "-c", "exec '\(directory)/waiter' <>'\(fifo)'").start()
        defer { waiter.killGroup() }
        try await Task.sleep(for: .seconds(1))
        let before = Int64(Date().timeIntervalSince1970 * 1e9)
        recorder.send(SIGINT)
        #expect(try await recorder.result().status == 0)
        let fields = [
          "evt.type", "evt.latency", "evt.starttime", "evt.rawres", "evt.res", "proc.pid", "fd.num", "fd.name",
        ]
        let events = try await capture.events("evt.is_unfinished = true and proc.pid = \(waiter.pid)", fields)
        #expect(events.count == 1, "\(events)")
        let event = try #require(events.first)
        #expect(event.text("evt.type") == "read")
        #expect(event["evt.latency"] == .null)
        #expect(event["evt.rawres"] == .null)
        #expect(event.text("fd.name") == fifo)
        #expect(event.integer("fd.num") == 0)
        if let start = event.integer("evt.starttime") {
          #expect(start < before && start > before - 5_000_000_000)
        } else {
          Issue.record("the call's start is not known: \(event)")
        }
        #expect(try await capture.count("evt.is_unfinished = false") > 10)
      }
    }

    @Test("events go on while tens of thousands of connections are told")
    func manyConnections() async throws {
      let script = "\(LiveMachine.root)/Tests/LiveTests/workload/waiting.py"
      try await withTemporaryDirectory { directory in
        let capture = Capture(path: "\(directory)/capture.reel")
        let blocks = 500_000
        let result = try await Command(
          "/usr/bin/unshare", "--net", "/usr/bin/python3", "-I", "-S", script, "60000",
          try #require(LiveMachine.binary), "record", "-o", capture.path, "--", "dd", "if=/dev/zero", "of=/dev/null",
          "bs=1", "count=\(blocks)", "status=none"
        ).run()
        try #require(result.status == 0, "\(result.errorText)")
        let waiting = try #require(Int(result.lines.first ?? ""))
        try #require(waiting > 30_000, "too few connections wait: this test tests nothing")
        // A busy machine may lose some all the same; when all sockets were told at once it was nine of ten.
        let lost = try #require(try await capture.info().integer("lost"))
        #expect(lost < Int64(2 * blocks / 10))
        let sockets = try await reel(["state", capture.path, "sockets", "--json"])
        #expect(sockets.lines.count > waiting / 2)
      }
    }
  }
}

extension Capture {
  /// The rows of a state that are about some processes.
  fileprivate func state(
    _ name: String, _ pids: [String], at time: String?, location: SourceLocation = #_sourceLocation
  ) async throws -> [Row] {
    let moment = time.map { ["--at", $0] } ?? []
    let result = try await reel(
      ["state", path, name, "proc.pid in (\(pids.joined(separator: ", ")))", "--json"] + moment)
    try #require(result.status == 0, "\(result.errorText)", sourceLocation: location)
    return try result.lines.map { try JSONValue.object(line: $0) }
  }
}
