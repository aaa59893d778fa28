import Foundation
import TestSupport
import Testing

extension Live {
  /// Overviews and views of a workload that knows what it did.
  @Suite struct Inspector {
    /// Records the workload.
    private func record(_ directory: String) async throws -> (capture: Capture, truth: [String: JSONValue], pid: String)
    {
      let script = "\(LiveMachine.root)/Tests/LiveTests/workload/inspect.py"
      let work = "\(directory)/work"
      try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
      let capture = Capture(path: "\(directory)/capture.reel")
      let result = try await reel([
        "record", "-o", capture.path, "--snaplen", "2048", "--buffer", "16MiB", "--", "/usr/bin/python3", "-I", "-S",
        script, work,
      ])
      try #require(result.status == 0, "\(result.errorText)")
      try await capture.expectNothingLost()
      let truth = try JSONValue.object(line: try #require(result.lines.last))
      return (capture, truth, String(try #require(truth["pid"]?.integer)))
    }

    /// The totals of an overview by tile.
    private func tiles(_ capture: Capture, _ filter: String?) async throws -> [String: Int64] {
      let result = try await reel(["overview", capture.path] + (filter.map { [$0] } ?? []) + ["--json"])
      try #require(result.status == 0, "\(result.errorText)")
      var totals: [String: Int64] = [:]
      for line in result.lines {
        let tile = try JSONValue.object(line: line)
        let series = try #require(tile["series"]?.array).compactMap(\.integer)
        let name = try #require(tile["tile"]?.text)
        #expect(series.reduce(0, +) == tile["total"]?.integer && series.max() == tile["peak"]?.integer, "\(name)")
        totals[name] = tile["total"]?.integer
      }
      return totals
    }

    @Test("overviews and views show what a workload did")
    func truth() async throws {
      try await withTemporaryDirectory { directory in
        let (capture, truth, pid) = try await record(directory)
        try await expectTiles(capture, truth, pid)
        try await expectFiles(capture, truth, pid)
        try await expectMessages(capture, truth, pid)
      }
    }

    private func expectTiles(_ capture: Capture, _ truth: [String: JSONValue], _ pid: String) async throws {
      let mine = try await tiles(capture, "proc.pid = \(pid) or proc.ppid = \(pid)")
      let work = try await tiles(capture, "(proc.pid = \(pid)) and fd.name startswith \(capture.path.dropLast(12))work")
      let written: Int64 = 3 * 102_400 + 8 + 13 + 12
      #expect(work["file.bytes_out"] == written)
      #expect(work["file.bytes_in"] == 102_400)
      #expect(work["file.modified_files"] == 4 && work["file.accessed_files"] == 1)
      #expect(
        work["logs.app_log_messages"] == 3 && work["logs.app_log_warnings"] == 1 && work["logs.app_log_errors"] == 1)
      #expect(work["performance.file_open_errors"] == 7)
      let http = try #require(truth["http"]?.object)
      let bytes = try #require(http.integer("bytes_out"))
      let port = try await tiles(capture, "proc.pid = \(pid) and fd.sport = \(try #require(http.integer("port")))")
      let hello = try #require(truth["tls"]?.text).utf8.count + 9 + 41 + 2 + 4 + 5
      #expect(port["network.bytes_out"] == bytes + Int64(hello) && port["network.bytes_in"] == bytes + Int64(hello))
      #expect(port["network.new_outbound_connections"] == 6 && port["network.new_inbound_connections"] == 6)
      #expect(port["performance.failed_connections"] == 1)
      #expect(port["network.active_connections"] == 6 && port["network.listening_ports"] == 1)
      // Each end of the five connections.
      #expect(port["performance.http_requests"] == 10 && port["performance.http_errors"] == 2)
      // Of a datagram socket without a connection nobody knows that it is the server: the end that asks counts.
      let asked: Int64 = 33 + 49
      #expect(mine["network_applications.dns_bytes"] == asked)
      #expect(mine["security.deleted_files"] == truth["deleted"]?.integer)
      #expect(mine["file.renamed_files"] == 1 && mine["security.new_symlinks"] == 1)
      #expect(mine["security.executed_commands"] == 4, "the workload and three programs")
      #expect(mine["performance.segmentation_faults"] == 1)
      // The end of the file says what a scan counts.
      #expect(try await tiles(capture, nil) == tiles(capture, "evt.num >= 0"))
    }

    private func expectFiles(_ capture: Capture, _ truth: [String: JSONValue], _ pid: String) async throws {
      let file = try #require(truth["file"]?.object)
      let name = try #require(file.text("name"))
      let row = try #require(try await capture.view("files", "fd.name = \(name)").first)
      for column in ["bytes_in", "bytes_out", "opens"] {
        #expect(row.integer(column) == file.integer(column), "\(column)")
      }
      let missing = try #require(truth["missing"]?.object)
      let failed = try #require(try await capture.view("files", "fd.name = \(missing.text("name") ?? "")").first)
      #expect(failed.integer("errors") == 7 && failed.integer("opens") == 0)
      #expect(try await capture.view("deleted_files", "proc.pid = \(pid)").count == 2)
      let renamed = try #require(try await capture.view("renamed_files", "proc.pid = \(pid)").first)
      #expect(renamed.text("new_name") == renamed.text("file").map { $0 + ".new" })
      let commands = try await capture.view("commands", "proc.ppid = \(pid)")
      #expect(commands.map { $0.text("command") } == Array(repeating: "/bin/true", count: 3))
      let signals = try await capture.view("signals", "evt.arg.sig = SIGSEGV")
      #expect(signals.count == 1 && signals[0].text("signal") == "SIGSEGV")
      let bindings = try await capture.view("port_bindings", "proc.pid = \(pid)")
      #expect(bindings.count == 2 && bindings[1].integer("port") == 53)
    }

    private func expectMessages(_ capture: Capture, _ truth: [String: JSONValue], _ pid: String) async throws {
      let http = try #require(truth["http"]?.object)
      let least = try #require(http.integer("least_latency"))
      let requests = try await capture.view("http", "proc.pid = \(pid)")
      #expect(requests.count == 10)
      for end in [true, false] {
        let rows = requests.filter { $0.bool("server") == end }
        #expect(rows.map { $0.text("path") } == (0..<5).map { "/item/\($0)" }, "\(end)")
        #expect(rows.map { $0.integer("status") } == [200, 200, 200, 200, 404])
        #expect(rows.allSatisfy { $0.text("method") == "GET" && $0.text("host") == "shop.example" })
        #expect(rows.allSatisfy { ($0.integer("time_ns") ?? 0) >= least && ($0.integer("time_ns") ?? 0) < 50 * least })
      }
      let dns = try #require(truth["dns"]?.object)
      let questions = try await capture.view("dns", "proc.pid = \(pid)")
      #expect(questions.count == 2, "the one who asks, and the one who answers")
      for row in questions {
        #expect(row.text("name") == dns.text("name") && row.text("type") == "A" && row.text("result") == "NOERROR")
        #expect(row.integer("time_ns") ?? 0 >= dns.integer("least_latency") ?? 1)
        #expect(row["addresses"] == .array([.text(dns.text("address") ?? "")]))
      }
      let hellos = try await capture.view("tls", "proc.pid = \(pid)")
      #expect(hellos.map { $0.text("name") } == Array(repeating: truth["tls"]?.text, count: 2))
    }
  }
}
