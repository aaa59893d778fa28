import Foundation
import TestSupport
import Testing

extension Live {
  /// What the reading commands promise, asked of a capture of this machine.
  @Suite struct ReadContract {
    @Test("events have the agreed names; times never go back; numbers count up")
    func eventNames() async throws {
      try await Capture.ofWorkload(.files) { capture, log, directory in
        let pid = try log.mainPid()
        let result = try await reel(["events", capture.path, "proc.pid = \(pid)", "--json"])
        #expect(result.status == 0)
        let events = try result.lines.map { try JSONValue.object(line: $0) }
        #expect(events.count > 100)
        let names = [
          "evt.num", "evt.time", "evt.rawtime", "evt.type", "evt.latency", "proc.pid", "thread.tid", "proc.name",
          "fd.name", "container.id", "evt.res", "evt.rawres", "evt.args",
        ]
        for event in events.prefix(20) {
          for name in names { #expect(event[name] != nil, "\(name) is not there") }
          #expect(event["evt.args"]?.object != nil)
        }
        let times = events.compactMap { $0.integer("evt.rawtime") }
        let numbers = events.compactMap { $0.integer("evt.num") }
        #expect(times.count == events.count && numbers.count == events.count)
        #expect(zip(times, times.dropFirst()).allSatisfy { $0 <= $1 })
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
        let open = try #require(
          events.first { $0.text("evt.type") == "openat" && $0.text("fd.name") == "\(directory)/alpha.txt" })
        let arguments = try #require(open["evt.args"]?.object)
        #expect(Set(arguments.keys).isSuperset(of: ["fd", "dirfd", "name", "flags", "mode"]))
        #expect(arguments.text("name") == "\(directory)/alpha.txt")
        #expect((open.integer("evt.latency") ?? 0) > 0)
      }
    }

    @Test("counts by type add up to all events, and --limit and -p do what they say")
    func counts() async throws {
      try await Capture.ofWorkload(.files) { capture, _, directory in
        let events = try #require(try await capture.info().integer("events"))
        let byType = try await reel(["count", capture.path, "--by", "evt.type", "--json"])
        let counts = try byType.lines.map { try JSONValue.object(line: $0) }
        #expect(counts.compactMap { $0.integer("count") }.reduce(0, +) == events)
        let reads = try #require(counts.first { $0.text("evt.type") == "read" }?.integer("count"))
        #expect(try await capture.count("evt.type = read") == reads)
        #expect(try await capture.count("not evt.type = read") == events - reads)
        #expect(try await capture.count("evt.type = read or evt.type != read") == events)

        let limited = try await reel(["events", capture.path, "--limit", "7"])
        #expect(limited.lines.count == 7)
        let printed = try await reel([
          "events", capture.path, "fd.name = \(directory)/big.bin and evt.type = openat", "-p", "%evt.type %fd.name",
        ])
        #expect(printed.text == "openat \(directory)/big.bin\n")
        let none = try await reel(["events", capture.path, "proc.name = no-such-program-runs"])
        #expect(none.text == "")
      }
    }

    @Test("a filter that cannot be read is refused with its place")
    func badFilter() async throws {
      try await Capture.ofWorkload(.processes) { capture, _, _ in
        for filter in ["proc.name =", "proc.nme = cat", "(evt.type = open", "evt.type = open and", "evt.num > many"] {
          for command in ["events", "count"] {
            let result = try await reel([command, capture.path, filter])
            #expect(result.status == 2, "\(command) '\(filter)': \(result.errorText)")
            #expect(result.output.isEmpty)
            #expect(result.errorText.contains("^") || result.errorText.contains("column"), "\(result.errorText)")
          }
        }
      }
    }

    @Test("files that are no captures, and options that are none, are refused")
    func badInput() async throws {
      try await withTemporaryDirectory { directory in
        let path = "\(directory)/text.reel"
        let text = String(repeating: "This is no capture. ", count: 100)
        try text.write(toFile: path, atomically: false, encoding: .utf8)
        for input in [path, "\(directory)/absent.reel"] {
          for command in [["info"], ["events"], ["count"], ["view", "processes"]] {
            let result = try await reel(command + [input])
            #expect(result.status == 2, "\(command) \(input): \(result.errorText)")
            expectOneLine(result, contains: input)
          }
        }
        let option = try await reel(["info", path, "--no-such-option"])
        #expect(option.status == 2)
        expectOneLine(option, contains: "--no-such-option")
        let command = try await reel(["no-such-command"])
        #expect(command.status == 2)
        let view = try await reel(["view", "no_such_view", path])
        #expect(view.status == 2)
      }
    }

    @Test("a reader that stops reading ends the command quietly")
    func closedPipe() async throws {
      try await Capture.ofWorkload(.files) { capture, _, _ in
        let binary = try #require(LiveMachine.binary)
        let script = "'\(binary)' events '\(capture.path)' | head -n 1; echo ${PIPESTATUS[0]}"
        let result = try await Command("bash", "-c", script).run()
        #expect(result.lines.count == 2)
        #expect(result.errorText == "")
        #expect(["0", "141"].contains(result.lines.last ?? ""))
      }
    }

    @Test(
      "every command explains itself",
      arguments: ["record", "info", "events", "count", "query", "view", "schema", "fields", "doctor"])
    func help(command: String) async throws {
      let result = try await reel([command, "--help"])
      #expect(result.status == 0)
      #expect(result.text.lowercased().contains("example"), "no example in the help of \(command)")
    }
  }
}
