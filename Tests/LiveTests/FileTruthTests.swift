import TestSupport
import Testing

extension Live {
  /// Files with known names and sizes: the capture says exactly what the workload did with them.
  @Suite struct Files {
    /// A call on a file as both the log and the capture can say it.
    struct FileCall: Hashable, CustomStringConvertible {
      var type: String
      var result: Int64
      var path: String
      var description: String { "\(type)(\(path)) = \(result)" }
    }

    static let opens: Set<String> = ["open", "creat", "openat", "openat2"]
    static let uses: Set<String> = ["read", "write", "pread", "pwrite", "readv", "writev", "close"]

    @Test("every call on every file, in order", arguments: 1...3)
    func everyCall(round: Int) async throws {
      try await Capture.ofWorkload(.files) { capture, log, directory in
        let pid = try log.mainPid()
        let expected = log.entries(Files.opens.union(Files.uses)).map {
          FileCall(type: $0.text("call") ?? "", result: $0.integer("result") ?? .min, path: $0.text("path") ?? "")
        }
        // The log itself is written when everything is over.
        let filter = """
          proc.pid = \(pid) and evt.type in (\(Files.opens.union(Files.uses).sorted().joined(separator: ", "))) \
          and fd.name startswith \(directory)/ and fd.name != \(directory)/log
          """
        let found = try await capture.events(filter, ["evt.type", "evt.rawres", "fd.name", "fd.num"])
        let calls = found.map {
          FileCall(
            type: $0.text("evt.type") ?? "", result: $0.integer("evt.rawres") ?? .min, path: $0.text("fd.name") ?? "")
        }
        #expect(expected.count > 150)
        #expect(calls.count == expected.count)
        for (index, (call, truth)) in zip(calls, expected).enumerated() where call != truth {
          Issue.record("call \(index) is \(call), was \(truth)")
          break
        }
      }
    }

    @Test("paths as given, flags, descriptors and results of opens")
    func opens() async throws {
      try await Capture.ofWorkload(.files) { capture, log, directory in
        let pid = try log.mainPid()
        let filter = """
          proc.pid = \(pid) and evt.type in (\(Files.opens.sorted().joined(separator: ", "))) \
          and fd.name startswith \(directory)/ and fd.name != \(directory)/log
          """
        let found = try await capture.events(
          filter,
          ["evt.type", "evt.rawres", "evt.res", "fd.name", "fd.num", "fd.type", "evt.rawarg.name", "evt.arg.flags"])
        let expected = log.entries(Files.opens)
        try #require(found.count == expected.count)
        for (event, truth) in zip(found, expected) {
          let result = try #require(truth.integer("result"))
          let about = Comment(rawValue: "\(truth)")
          #expect(event.text("evt.type") == truth.text("call"), about)
          #expect(event.integer("evt.rawres") == result, about)
          #expect(event.text("fd.name") == truth.text("path"), about)
          #expect(event.text("evt.rawarg.name") == truth.text("given"), about)
          if truth.text("call") != "creat" {
            let flags = Set((event.text("evt.arg.flags") ?? "").split(separator: "|").map(String.init))
            let wanted = Set((truth.text("flags") ?? "").split(separator: "|").map(String.init))
            // O_TMPFILE and the like are never set here: other names would be wrong.
            #expect(flags == wanted, about)
          }
          if result >= 0 {
            #expect(event.integer("fd.num") == result, about)
            #expect(event.text("fd.type") == (truth.text("path") == "\(directory)/sub" ? "directory" : "file"), about)
          } else {
            let names: [Int64: String] = [-2: "ENOENT", -17: "EEXIST", -21: "EISDIR"]
            #expect(event.text("evt.res") == names[result], about)
          }
        }
        #expect(expected.contains { $0.integer("result") == -2 }, "the workload did not fail as it should")
      }
    }

    @Test("bytes of each file and direction, by query and by view")
    func bytes() async throws {
      try await Capture.ofWorkload(.files) { capture, log, directory in
        let pid = try log.mainPid()
        var read: [String: Int64] = [:]
        var written: [String: Int64] = [:]
        var opened: [String: Int64] = [:]
        for entry in log.entries {
          guard let call = entry.text("call"), let path = entry.text("path"), let result = entry.integer("result")
          else { continue }
          if ["read", "pread", "readv"].contains(call) { read[path, default: 0] += result }
          if ["write", "pwrite", "writev"].contains(call) { written[path, default: 0] += result }
          if Files.opens.contains(call), result >= 0 { opened[path, default: 0] += 1 }
        }
        #expect(written["\(directory)/big.bin"] == 1 << 20)
        #expect(written["\(directory)/alpha.txt"] == 10_200)

        for (field, truth) in [("evt.is_io_read", read), ("evt.is_io_write", written)] {
          let rows = try await capture.query(
            "proc.pid = \(pid) and \(field) = true and fd.name startswith \(directory)/ "
              + "and fd.name != \(directory)/log",
            by: "fd.name", show: "sum(evt.rawres)")
          #expect(rows == truth, "\(field)")
        }

        let rows = try await capture.view("files", "proc.pid = \(pid) and fd.name startswith \(directory)/")
        for (path, bytes) in written {
          let row = try #require(rows.first { $0.text("file") == path }, "no row for \(path)")
          #expect(row.integer("bytes_out") == bytes, "\(path)")
          #expect((row.integer("bytes_in") ?? 0) == read[path, default: 0], "\(path)")
          #expect(row.integer("opens") == opened[path], "\(path)")
        }
      }
    }

    @Test("symbolic links: the name as requested, and the real one")
    func links() async throws {
      try await Capture.ofWorkload(.files) { capture, log, directory in
        let truth = try #require(log.entries.first { $0["real"] != nil })
        let link = try #require(truth.text("path"))
        let events = try await capture.events("fd.name = \(link)", ["evt.type", "fd.name", "fd.realname"])
        #expect(events.map { $0.text("evt.type") } == ["openat", "read", "close"])
        for event in events { #expect(event.text("fd.realname") == truth.text("real")) }
      }
    }

    @Test("a call on a descriptor that is not open is about nothing")
    func badDescriptor() async throws {
      try await Capture.ofWorkload(.files) { capture, log, _ in
        let pid = try log.mainPid()
        let truth = try log.entry("bad_read")
        let events = try await capture.events(
          "proc.pid = \(pid) and evt.type = read and evt.res = EBADF", ["evt.rawres", "evt.rawarg.fd", "fd.name"])
        try #require(events.count == 1)
        #expect(events[0].integer("evt.rawres") == -9)
        #expect(events[0].integer("evt.rawarg.fd") == truth.integer("fd"))
        #expect(events[0]["fd.name"] == .null)
      }
    }

    @Test("removed files and changed directories are named by what was asked")
    func paths() async throws {
      try await Capture.ofWorkload(.files) { capture, log, _ in
        let pid = try log.mainPid()
        for (calls, argument) in [(["unlink", "unlinkat"], ["path", "name"]), (["chdir"], ["path"])] {
          let expected = log.entries(Set(calls)).map { [$0.text("call"), $0.text("given")] }
          let events = try await capture.events(
            "proc.pid = \(pid) and evt.type in (\(calls.joined(separator: ", ")))",
            ["evt.type", "evt.rawres"] + argument.map { "evt.rawarg.\($0)" })
          let found = events.map { event in
            [event.text("evt.type"), argument.compactMap { event.text("evt.rawarg.\($0)") }.first]
          }
          #expect(found == expected)
          #expect(events.allSatisfy { $0.integer("evt.rawres") == 0 })
        }
      }
    }
  }
}

extension Capture {
  /// One aggregate by one field.
  fileprivate func query(_ filter: String, by field: String, show aggregate: String) async throws -> [String: Int64] {
    let result = try await reel(["query", path, filter, "--by", field, "--show", aggregate, "--json"])
    try #require(result.status == 0, "\(result.errorText)")
    var table: [String: Int64] = [:]
    for line in result.lines {
      let row = try JSONValue.object(line: line)
      table[row.text(field) ?? "<NA>"] = row.integer(aggregate)
    }
    return table
  }
}
