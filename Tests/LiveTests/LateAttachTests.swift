import Foundation
import TestSupport
import Testing

extension Live {
  /// What was running before the recorder came is named all the same.
  @Suite struct LateAttach {
    @Test("a process that ran, with its file and connection open, before recording began", arguments: 1...3)
    func runningBefore(round: Int) async throws {
      let program = try await Workload.program("truth")
      try await withTemporaryDirectory { directory in
        let workload = try Command(program, "hold", directory, "\(directory)/log").start()
        defer { workload.killGroup() }
        try await wait("the workload is ready") { FileManager.default.fileExists(atPath: "\(directory)/log") }
        try await wait("the workload's log is whole") {
          (FileManager.default.contents(atPath: "\(directory)/log") ?? Data()).last == UInt8(ascii: "\n")
        }
        let log = try Workload.Log(path: "\(directory)/log")
        let held = try log.entry("held")
        let pid = try #require(held.integer("pid"))

        let capture = Capture(path: "\(directory)/capture.reel")
        let recorder = try reelCommand(["record", "-o", capture.path]).start()
        defer { recorder.killGroup() }
        try await waitUntilAttached(recorder)
        workload.send(SIGUSR1)
        let end = try await workload.result()
        #expect(end.status == 7, "the workload: \(end.errorText)")
        try await Task.sleep(for: .milliseconds(100))
        recorder.send(SIGINT)
        let recorded = try await recorder.result()
        try #require(recorded.status == 0, "\(recorded.errorText)")
        try await capture.expectNothingLost()

        let fields = [
          "evt.type", "evt.rawres", "proc.pid", "proc.ppid", "proc.name", "proc.exepath", "proc.cmdline", "fd.name",
        ]
        let onFile = try await capture.events(
          "proc.pid = \(pid) and fd.num = \(try #require(held.integer("fd"))) and evt.type in (read, write, close)",
          fields)
        #expect(onFile.map { $0.text("evt.type") } == ["read", "write", "close"])
        #expect(onFile.map { $0.integer("evt.rawres") } == [1200, 345, 0])
        for event in onFile {
          #expect(event.text("fd.name") == held.text("path"))
          #expect(event.text("proc.name") == "truth")
          #expect(event.text("proc.exepath") == program)
          #expect(event.integer("proc.ppid") == held.integer("parent"))
          #expect((event.text("proc.cmdline") ?? "").contains("hold \(directory)"))
        }

        // Which end is the client is known too: the port is one that was listened on.
        let (client, server) = (try #require(held.integer("client_port")), try #require(held.integer("server_port")))
        for (end, type, bytes) in [("near", "write", Int64(900)), ("far", "recvfrom", 900)] {
          let events = try await capture.events(
            "proc.pid = \(pid) and evt.type = \(type) and fd.num = \(try #require(held.integer(end)))",
            ["evt.rawres", "fd.name", "fd.cport", "fd.sport"])
          #expect(events.map { $0.integer("evt.rawres") } == [bytes], "\(end)")
          #expect(events.first?.text("fd.name") == "127.0.0.1:\(client)->127.0.0.1:\(server)", "\(end)")
        }
        let exits = try await capture.events("evt.type = procexit and proc.pid = \(pid)", ["evt.rawarg.ret"])
        #expect(exits.map { $0.integer("evt.rawarg.ret") } == [7])
      }
    }
  }
}

struct NotReached: Error, CustomStringConvertible {
  let description: String
}

/// Waits for something that another process does. The limit is for machines that others keep busy.
func wait(
  _ what: @autoclosure () -> String, timeout: Duration = .seconds(60), until isReached: () throws -> Bool
) async throws {
  let start = ContinuousClock.now
  while try !isReached() {
    if ContinuousClock.now - start > timeout { throw NotReached(description: "not reached in time: \(what())") }
    try await Task.sleep(for: .milliseconds(10))
  }
}

/// Waits until a recorder's programs are attached: the kernel shows the links among its descriptors, and their number
/// no longer grows.
func waitUntilAttached(_ recorder: RunningCommand) async throws {
  var last = 0
  var steady = 0
  try await wait("reel record attaches: \(recorder.errorText)") {
    let count = try attachedLinks(of: recorder.pid)
    steady = count > 0 && count == last ? steady + 1 : 0
    last = count
    return steady >= 50
  }
}

private func attachedLinks(of pid: pid_t) throws -> Int {
  let folder = "/proc/\(pid)/fdinfo"
  var count = 0
  for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
    // A descriptor may be closed between listing and reading.
    guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else { continue }
    if String(decoding: data, as: UTF8.self).contains("link_type:") { count += 1 }
  }
  return count
}
