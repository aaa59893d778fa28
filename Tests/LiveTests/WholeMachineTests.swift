import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#endif

extension Live {
  /// The state of the whole machine is what /proc says of it, as far as nothing changes while both look.
  @Suite struct WholeMachine {
    /// What is compared: each thing by a name of its own, with all that is said of it in one text.
    struct Survey {
      /// By process: its name, parent and user.
      var processes: [String: String] = [:]
      /// By process and descriptor, as in `States.tables`.
      var descriptors: [String: String] = [:]
      /// By inode: protocol, both ends, and whether it listens.
      var sockets: [String: String] = [:]
    }

    @Test("processes, descriptors and sockets of the machine are those of /proc, at the beginning and at the end")
    func state() async throws {
      try await withTemporaryDirectory { directory in
        let holder = try Self.holder()
        defer { holder.killGroup() }
        try await Task.sleep(for: .milliseconds(500))
        let capture = Capture(path: "\(directory)/capture.reel")
        let first = try Self.survey()
        let recorder = try reelCommand(["record", "-o", capture.path, "--buffer", "64MiB"]).start()
        defer { recorder.killGroup() }
        try await waitUntilAttached(recorder)
        let second = try Self.survey()
        // What comes while it is recorded, and what goes.
        let late = try Self.holder()
        defer { late.killGroup() }
        holder.killGroup()
        try await Task.sleep(for: .seconds(1))
        let third = try Self.survey()
        recorder.send(SIGINT)
        let result = try await recorder.result(timeout: .seconds(60))
        try #require(result.status == 0, "\(result.errorText)")
        let fourth = try Self.survey()

        // After a loss, not all is known.
        try await capture.expectNothingLost()
        let ended = try #require(try await capture.info().integer("ended"))
        try await compare(first, second, capture, at: nil, without: recorder.pid, with: holder.pid)
        try await compare(third, fourth, capture, at: "\(ended - 1)", without: recorder.pid, with: late.pid)
      }
    }

    /// What both surveys say is in the state; what is in the state, one of them says.
    private func compare(
      _ before: Survey, _ after: Survey, _ capture: Capture, at time: String?, without recorder: Int32,
      with holder: Int32
    ) async throws {
      var found = Survey()
      for row in try await rows("processes", capture, time) {
        let pid = try #require(row.integer("pid"))
        found.processes["\(pid)"] =
          "\(row.text("name") ?? "-") below \(row.integer("ppid") ?? -1) of \(row.text("user") ?? "-")"
      }
      for row in try await rows("files", capture, time) {
        let (place, entry) = try States.entry(row, isLater: time != nil)
        found.descriptors[place] = entry
      }
      for row in try await rows("sockets", capture, time) where ["ipv4", "ipv6"].contains(row.text("type")) {
        // A connection that nobody has accepted yet has none.
        guard let inode = row.integer("inode") else { continue }
        func end(_ side: String) -> String {
          guard let address = row.text("\(side)_address") else { return "-" }
          return "\(address) \(row.integer("\(side)_port") ?? 0)"
        }
        found.sockets["\(inode)"] =
          "\(row.text("protocol") ?? "-") \(end("local")) \(end("remote")) \(row.text("state") == "LISTEN" ? "listens" : "")"
      }
      try check("processes", before.processes, after.processes, found.processes, without: recorder, of: holder)
      try check(
        "descriptors", before.descriptors, after.descriptors, found.descriptors, without: recorder, of: holder,
        agree: States.agree)
      try check("sockets", before.sockets, after.sockets, found.sockets, without: recorder, of: nil)
    }

    private func check(
      _ what: String, _ before: [String: String], _ after: [String: String], _ found: [String: String],
      without recorder: Int32, of holder: Int32?, agree: (String?, String?) -> Bool = { $0 == $1 }
    ) throws {
      func isOf(_ process: Int32, _ key: String) -> Bool { key == "\(process)" || key.hasPrefix("\(process) ") }
      let same = before.filter { after[$0.key] == $0.value && !isOf(recorder, $0.key) }
      let differing = same.filter { !agree($0.value, found[$0.key]) }
      let invented = found.keys.filter {
        before[$0] == nil && after[$0] == nil && !isOf(recorder, $0) && isVisible($0)
      }
      let own = same.keys.filter { key in holder.map { isOf($0, key) } ?? true }
      let told = differing.sorted { $0.key < $1.key }.prefix(8).map { key, wanted in
        "\(key): found \(found[key] ?? "none"), expected \(wanted)"
      }
      print(
        "the machine's \(what): \(same.count) compared, \(differing.count) differ, \(invented.count) that /proc does not know"
      )
      #expect(!own.isEmpty, "nothing of the test's own process was compared")
      #expect(differing.keys.allSatisfy { !own.contains($0) || holder == nil }, "\(told)")
      // A shell that redirects has another table for a moment, between two looks that show the same; processes that live for a
      // moment are seen by one side only. On a machine that does nothing there are none.
      #expect(differing.count * 100 <= same.count, "\(what): \(told)")
      #expect(invented.count <= 2 + found.count / 20, "\(what): \(invented.sorted().prefix(12))")
    }

    /// What the root user may not look into is not compared.
    private func isVisible(_ key: String) -> Bool {
      let pid = key.split(separator: " ").first.map(String.init) ?? key
      return Self.hasProgram(pid)
    }

    private func rows(_ what: String, _ capture: Capture, _ time: String?) async throws -> [Row] {
      let result = try await reel(["state", capture.path, what, "--json"] + (time.map { ["--at", $0] } ?? []))
      try #require(result.status == 0, "\(result.errorText)")
      return try result.lines.map { try JSONValue.object(line: $0) }
    }

    /// A process with sockets of several kinds and a file.
    private static func holder() throws -> RunningCommand {
      let script = """
        import socket, time
        kept = [socket.create_server(("127.0.0.1", 0)), socket.create_server(("::1", 0), family=socket.AF_INET6)]
        for server in list(kept):
          near = socket.create_connection(server.getsockname()[:2])
          kept += [near, server.accept()[0]]
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        datagrams.bind(("127.0.0.1", 0))
        kept += [datagrams, *socket.socketpair(), open("/etc/passwd")]
        time.sleep(600)
        """
      return try Command("/usr/bin/python3", "-I", "-S", "-c", script).start()
    }

    // MARK: What /proc says

    private static func survey() throws -> Survey {
      var survey = Survey()
      for pid in try FileManager.default.contentsOfDirectory(atPath: "/proc") where Int(pid) != nil {
        let isKernelThread = try whileAlive(pid) { try text("/proc/\(pid)/cmdline") } == ""
        // A process that even root may not look into is nobody's to compare. Workers of the kernel are called differently all
        // the time.
        guard hasProgram(pid) || isKernelThread, let process = try process(pid), !process.hasPrefix("kworker")
        else { continue }
        survey.processes[pid] = process
        if let table = try whileAlive(pid, { try States.tables(of: [pid]) }) { survey.descriptors.merge(table) { $1 } }
      }
      let held = Set(
        survey.descriptors.values.compactMap { $0.split(separator: " ").dropFirst().first.map(String.init) })
      for (name, table) in [("tcp", "tcp"), ("tcp", "tcp6"), ("udp", "udp"), ("udp", "udp6")] {
        // A machine without IPv6 has no table of it.
        guard FileManager.default.fileExists(atPath: "/proc/net/\(table)") else { continue }
        for line in try text("/proc/net/\(table)").split(separator: "\n").dropFirst() {
          let words = line.split(separator: " ").map(String.init)
          // A connection that nobody has a descriptor of is in no process's table.
          guard words.count > 9, held.contains(words[9]) else { continue }
          let isListening = name == "tcp" && words[3] == "0A"
          survey.sockets[words[9]] =
            "\(name) \(end(words[1])) \(end(words[2])) \(isListening ? "listens" : "")"
        }
      }
      return survey
    }

    /// What is asked of a process; `nil` when it has ended meanwhile, or closed what was being looked at. Any other failure is
    /// one of the test.
    private static func whileAlive<Answer>(_ pid: String, _ ask: () throws -> Answer) throws -> Answer? {
      do {
        return try ask()
      } catch let error as CocoaError where error.code == .fileReadNoSuchFile || error.code == .fileNoSuchFile {
        return nil
      } catch {
        if FileManager.default.fileExists(atPath: "/proc/\(pid)/status") { throw error }
        return nil
      }
    }

    /// Whether a process has a program that may be seen: threads of the kernel have none.
    private static func hasProgram(_ pid: String) -> Bool {
      var letter: CChar = 0
      return readlink("/proc/\(pid)/exe", &letter, 1) >= 0
    }

    /// The words of a process may be in any encoding.
    private static func text(_ path: String) throws -> String {
      String(decoding: try Data(contentsOf: URL(fileURLWithPath: path)), as: UTF8.self)
    }

    /// The name, parent and user of a process; `nil` when it is gone, waits for its parent to notice, or its user changes.
    private static func process(_ pid: String) throws -> String? {
      guard let text = try whileAlive(pid, { try text("/proc/\(pid)/status") }) else { return nil }
      var fields: [Substring: [Substring]] = [:]
      for line in text.split(separator: "\n") {
        // Only the first colon ends the field's name: that of a process may hold more of them.
        let parts = line.split(separator: ":", maxSplits: 1)
        if parts.count == 2 { fields[parts[0]] = parts[1].split(separator: "\t") }
      }
      guard let state = fields["State"]?.first, !state.hasPrefix("Z"), !state.hasPrefix("X") else { return nil }
      guard let name = fields["Name"]?.first, let parent = fields["PPid"]?.first, let users = fields["Uid"],
        Set(users).count == 1, let user = users.first.flatMap({ getpwuid(uid_t($0) ?? 0) })
      else { return nil }
      // Threads of the kernel have longer names there than in the kernel itself.
      return "\(name.prefix(15)) below \(parent) of \(String(cString: user.pointee.pw_name))"
    }

    /// An address and port of `/proc/net`: words of the machine's byte order in hexadecimal. `-` for none.
    private static func end(_ text: String) -> String {
      let parts = text.split(separator: ":")
      guard parts.count == 2, let port = UInt16(parts[1], radix: 16) else { return text }
      let digits = Array(parts[0])
      var bytes: [UInt8] = []
      for word in stride(from: 0, to: digits.count, by: 8) {
        guard let value = UInt32(String(digits[word..<word + 8]), radix: 16) else { return text }
        bytes += withUnsafeBytes(of: value) { Array($0) }
      }
      if port == 0, bytes.allSatisfy({ $0 == 0 }) { return "-" }
      let shown = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { room in
        inet_ntop(bytes.count == 4 ? AF_INET : AF_INET6, bytes, room.baseAddress, 64).map { String(cString: $0) }
      }
      return shown.map { "\($0) \(port)" } ?? text
    }
  }
}
