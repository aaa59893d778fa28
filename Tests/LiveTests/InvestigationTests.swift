import Foundation
import TestSupport
import Testing

extension Live {
  /// What an investigator asks of recordings of workloads that know what they did.
  @Suite struct Investigation {
    private static let workload = "\(LiveMachine.root)/Tests/LiveTests/workload"

    private func record(
      _ capture: Capture, _ options: [String] = [], _ command: String...
    ) async throws -> CommandResult {
      let result = try await reel(
        ["record", "-o", capture.path, "--snaplen", "65535", "--buffer", "64MiB"] + options + ["--"] + command)
      try #require(result.status == 0, "\(result.errorText)")
      try await capture.expectNothingLost()
      return result
    }

    /// The rows of a command, as objects.
    private func rows(_ arguments: [String]) async throws -> [Row] {
      let result = try await reel(arguments)
      try #require(result.status == 0, "\(arguments): \(result.errorText)")
      return try result.lines.map { try JSONValue.object(line: $0) }
    }

    private func digest(of path: String) async throws -> String {
      let result = try await Command("sha256sum", path).run()
      return String(result.text.prefix(64))
    }

    // MARK: Contents

    @Test("bytes taken out of a recording are those that files, a pipe, a socket and a web server had")
    func contents() async throws {
      try await withTemporaryDirectory { directory in
        let work = "\(directory)/work"
        try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
        // What is there before, and only read.
        let made = try await Command("/usr/bin/python3", "-I", "-S", "\(Self.workload)/contents.py", "--seed", work)
          .run()
        try #require(made.status == 0, "\(made.errorText)")
        let capture = Capture(path: "\(directory)/capture.reel")
        let result = try await record(
          capture, [], "/usr/bin/python3", "-I", "-S", "\(Self.workload)/contents.py", work)
        let truth = try JSONValue.object(line: try #require(result.lines.last))

        let out = "\(directory)/out"
        let extracted = try await rows([
          "extract", capture.path,
          "proc.name = python3 and (fd.name startswith \(work) or fd.type in (pipe, unix, ipv4))", "-o", out,
          "--decode", "--json",
        ])
        func all(_ kind: String, _ sha: String?) -> [Row] {
          extracted.filter {
            $0.text("kind") == kind && $0.text("sha256") == sha && $0["complete"] == .bool(true)
          }
        }
        for (name, made) in try #require(truth["files"]?.object) {
          let row = try #require(extracted.first { $0.text("source") == name }, "\(name)")
          #expect(row.text("sha256") == made.object?.text("sha256"), "\(name): \(row)")
          #expect(row["complete"] == .bool(true), "\(name): \(row)")
          #expect(row.integer("size") == made.object?.integer("size"))
        }
        let pipe = truth["pipe"]?.object?.text("sha256")
        #expect(all("in", pipe).count == 1 && all("out", pipe).count == 1)
        for made in truth["unix"]?.array ?? [] {
          let sha = made.object?.text("sha256")
          #expect(all("in", sha).count == 1 && all("out", sha).count == 1, "\(made)")
        }
        #expect(all("body", truth["http"]?.object?.text("sha256")).count >= 1)
        // What the report says of a file is what stands in it.
        for row in extracted.prefix(8) {
          let path = try #require(row.text("path"))
          #expect(try await digest(of: path) == row.text("sha256"), "\(path)")
        }
      }
    }

    // MARK: Differences

    @Test("of two runs the file, the connection and the slow call that differ are named first")
    func difference() async throws {
      try await withTemporaryDirectory(inMemory: true) { directory in
        let work = "\(directory)/work"
        var captures: [Capture] = []
        for run in [[], ["bad"]] {
          try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
          let capture = Capture(path: "\(directory)/\(run.first ?? "good").reel")
          let result = try await reel(
            [
              "record", "-o", capture.path, "--", "/usr/bin/python3", "-I", "-S",
              "\(Self.workload)/difference.py", work,
            ] + run)
          try #require(result.status == 0, "\(result.errorText)")
          try FileManager.default.removeItem(atPath: work)
          captures.append(capture)
        }
        let found = try await rows([
          "diff", captures[0].path, captures[1].path,
          // The recorder's own output goes to files of the test, which have other names each time.
          "proc.cmdline contains difference.py and not fd.name contains /command-", "--json", "--limit", "3",
        ])
        let first = found.map { row in
          row.text("topic") == "file"
            // Numbers in names are made one, those of the folder as well.
            ? "file \((row.text("fd.name") ?? "").split(separator: "/").last ?? "")"
            : row.text("topic") == "syscall" ? "syscall \(row.text("evt.type") ?? "")" : row.text("topic") ?? ""
        }
        #expect(
          Set(first) == ["connection", "syscall clock_nanosleep", "file unexpected.conf"], "\(found)")
      }
    }

    // MARK: An intrusion

    @Test("an intrusion is told completely and in order")
    func intrusion() async throws {
      try await withTemporaryDirectory { directory in
        let work = "\(directory)/work"
        try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
        let capture = Capture(path: "\(directory)/capture.reel")
        _ = try await record(capture, [], "bash", "\(Self.workload)/intrusion.bash", work)
        let ports = try String(contentsOfFile: "\(work)/ports", encoding: .utf8).split(whereSeparator: \.isWhitespace)
        try #require(ports.count == 2)

        // Who was at the terminal, from the login to the end of the session.
        let told = try await rows(["audit", capture.path, "all", "proc.tty > 0 and proc.sname = bash", "--json"])
        let sessions = Set(told.compactMap { $0.integer("session") })
        #expect(sessions.count == 1 && told.allSatisfy { $0.text("tty")?.hasPrefix("pts/") == true })
        func place(_ what: String, _ matches: @escaping (Row) -> Bool) throws -> Int {
          try #require(told.firstIndex(where: matches), "\(what) is not told: \(told)")
        }
        func command(_ text: String) throws -> Int {
          try place(text) { $0.text("kind") == "commands" && $0.text("command")?.contains(text) == true }
        }
        func connects(_ row: Row, _ port: Substring) -> Bool {
          row.text("kind") == "network" && row.text("connection")?.hasSuffix(":\(port)") == true
        }
        let steps = [
          try command("--norc -l"), try command("curl -s -o kit.tgz http://127.0.0.1:\(ports[0])/kit.tgz"),
          try place("download") { connects($0, ports[0]) },
          try place("archive") { $0.text("kind") == "files" && $0.text("file") == "\(work)/home/kit.tgz" },
          try command("tar -xzf kit.tgz"),
          try place("unpacked") { $0.text("kind") == "files" && $0.text("file") == "\(work)/home/kit/payload" },
          try command("./kit/payload \(ports[1])"),
          try place("connect back") { connects($0, ports[1]) },
          try command("id -un"), try command("rm -f \(work)/log/auth.log"),
          try place("deleted log") { row in
            row.text("kind") == "files" && row.text("file") == "\(work)/log/auth.log"
              && row.text("action") == "delete"
          },
        ]
        #expect(steps == steps.sorted(), "\(steps)")

        // Who made whom.
        let tree = try await rows(["tree", capture.path, "proc.tty > 0 and proc.sname = bash", "--json"])
        let shell = try #require(told[steps[0]].integer("pid"))
        let below = tree.filter { $0.integer("ppid") == shell || $0.integer("maker") == shell }
        let programs = below.compactMap { $0.text("command")?.split(separator: " ").first.map(String.init) }
        #expect(programs == ["curl", "tar", "bash", "rm"], "\(below)")

        // What was brought in.
        let files = try await rows([
          "extract", capture.path, "fd.name startswith \(work)/home", "-o", "\(directory)/out", "--json",
        ])
        for name in ["kit.tgz", "kit/payload"] {
          let row = try #require(files.first { $0.text("source") == "\(work)/home/\(name)" }, "\(name): \(files)")
          #expect(row["complete"] == .bool(true))
          #expect(try await digest(of: "\(work)/home/\(name)") == row.text("sha256"), "\(name)")
        }
      }
    }
  }
}
