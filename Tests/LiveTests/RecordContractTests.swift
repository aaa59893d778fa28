import Foundation
import TestSupport
import Testing

extension Live {
  /// What `reel record` promises to whoever calls it: exit codes, one clear line, and no file touched by accident.
  @Suite struct RecordContract {
    @Test("an existing file is refused and stays as it was; --force replaces it")
    func existingOutput() async throws {
      try await withTemporaryDirectory { directory in
        let path = "\(directory)/mine.txt"
        try "precious".write(toFile: path, atomically: false, encoding: .utf8)
        let refused = try await reel(["record", "-o", path, "--duration", "200ms"])
        #expect(refused.status == 2)
        expectOneLine(refused, contains: path)
        #expect(refused.errorText.contains("--force"), "the remedy is missing: \(refused.errorText)")
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "precious")

        let forced = try await reel(["record", "--force", "-o", path, "--duration", "200ms"])
        #expect(forced.status == 0, "\(forced.errorText)")
        try await Capture(path: path).expectNothingLost()
      }
    }

    @Test("a call that never returns is there, without a result", arguments: ["exact", "adaptive"])
    func endingCall(latency: String) async throws {
      try await withTemporaryDirectory { directory in
        let path = "\(directory)/capture.reel"
        let recorded = try await reel(["record", "--latency", latency, "-o", path, "--", "/bin/sh", "-c", "exit 7"])
        #expect(recorded.status == 7, "\(recorded.errorText)")
        let listed = try await reel([
          "events", path, "evt.type = exit_group and proc.name = sh", "-p",
          "*%evt.arg.status %evt.rawres %evt.latency %proc.name",
        ])
        #expect(listed.text == "7 <NA> <NA> sh\n")
      }
    }

    @Test("the recorder leaves itself out, also where it does not see its own number")
    func insidePidNamespace() async throws {
      try await withTemporaryDirectory { directory in
        let path = "\(directory)/capture.reel"
        let binary = try #require(LiveMachine.binary)
        let result = try await Command(
          ["unshare", "--pid", "--fork", "--mount-proc", binary, "record", "-o", path, "--", "/bin/ls", directory]
        ).run()
        #expect(result.status == 0, "\(result.errorText)")
        // The new task that becomes the program makes calls before it does, but never waits for events as a recorder does.
        let own = try await reel(["count", path, "proc.exepath = \(binary) and evt.type in (epoll_wait, munmap, bpf)"])
        #expect(own.text.trimmingCharacters(in: .whitespacesAndNewlines) == "0")
        let listed = try await reel(["count", path, "proc.name = ls and evt.type = execve and evt.failed = false"])
        #expect(listed.text.trimmingCharacters(in: .whitespacesAndNewlines) == "1")
      }
    }

    @Test(
      "an option that makes no sense is refused before anything is done",
      arguments: [
        ["--no-such-option"], ["--duration", "soon"], ["--events", "few"], ["--snaplen", "much"],
        ["--latency", "often"], ["--codec", "rot13"], ["-o"],
      ])
    func badOption(arguments: [String]) async throws {
      try await withTemporaryDirectory { directory in
        let path = "\(directory)/never.reel"
        let result = try await reel(["record", "-o", path, "--duration", "100ms"] + arguments)
        #expect(result.status == 2)
        expectOneLine(result, contains: arguments[0])
        #expect(!FileManager.default.fileExists(atPath: path))
      }
    }

    @Test(
      "the command's own exit code is passed on",
      arguments: [("exit 0", 0), ("exit 37", 37), ("kill -TERM $$", 143)])
    func exitCode(script: String, status: Int32) async throws {
      try await withTemporaryDirectory { directory in
        let path = "\(directory)/capture.reel"
        let result = try await reel(["record", "-o", path, "--", "/bin/sh", "-c", script])
        #expect(result.status == status, "\(result.errorText)")
        try await Capture(path: path).expectNothingLost()
      }
    }

    @Test("what the command writes is not mixed with what the recorder says")
    func commandOutput() async throws {
      try await withTemporaryDirectory { directory in
        let result = try await reel(
          ["record", "-o", "\(directory)/capture.reel", "--", "/bin/sh", "-c", "echo out; echo err >&2"])
        #expect(result.text == "out\n")
        #expect(result.errorLines.contains("err"))
      }
    }

    @Test("a command that cannot be run: 125 and one line")
    func unrunnable() async throws {
      try await withTemporaryDirectory { directory in
        let result = try await reel(["record", "-o", "\(directory)/x.reel", "--", "/no/such/program"])
        #expect(result.status == 125)
        expectOneLine(result, contains: "/no/such/program")
      }
    }

    @Test("--events ends the recording at that event")
    func eventLimit() async throws {
      try await withTemporaryDirectory { directory in
        let capture = Capture(path: "\(directory)/capture.reel")
        let result = try await reel(
          [
            "record", "-o", capture.path, "--events", "5000", "--", "/bin/sh", "-c",
            "dd if=/dev/zero of=/dev/null bs=1 count=100000 status=none",
          ])
        // The command goes on or is ended with the recording; either way it is not Reel that failed.
        #expect(result.status != 125, "\(result.errorText)")
        #expect(try await capture.info().integer("events") == 5000)
        #expect(try await capture.count("evt.num > 0") == 5000)
      }
    }

    @Test("--duration ends the recording after that time")
    func duration() async throws {
      try await withTemporaryDirectory { directory in
        let capture = Capture(path: "\(directory)/capture.reel")
        let result = try await reel(["record", "-o", capture.path, "--duration", "1s"])
        #expect(result.status == 0, "\(result.errorText)")
        #expect(result.duration >= .seconds(1))
        #expect(result.duration < .seconds(60))
        let info = try await capture.info()
        let (started, ended) = (try #require(info.integer("started")), try #require(info.integer("ended")))
        #expect(ended - started < 5_000_000_000)
        #expect(ended > started)
      }
    }

    @Test("a signal that comes twice at once, as `timeout` sends it, ends the recording with its tail")
    func signalTwice() async throws {
      try await withTemporaryDirectory { directory in
        let capture = Capture(path: "\(directory)/capture.reel")
        let recorder = try reelCommand(["record", "-o", capture.path]).start()
        defer { recorder.killGroup() }
        try await waitUntilAttached(recorder)
        recorder.send(SIGTERM)
        // Else the kernel would make one of the two.
        try await Task.sleep(for: .milliseconds(5))
        recorder.send(SIGTERM)
        let result = try await recorder.result()
        #expect(result.status == 0, "\(result.errorText)")
        #expect(try await capture.info()["complete"] == .bool(true))
      }
    }

    @Test("-o - writes the capture to standard output, through a pipe or into a file")
    func standardOutput() async throws {
      try await withTemporaryDirectory { directory in
        let binary = try #require(LiveMachine.binary)
        let path = "\(directory)/streamed.reel"
        let script = "'\(binary)' record -o - -- /bin/sh -c 'cat /etc/hostname >/dev/null' | cat >'\(path)'"
        let result = try await Command("/bin/sh", "-c", script).run()
        #expect(result.status == 0, "\(result.errorText)")
        let capture = Capture(path: path)
        try await capture.expectNothingLost()
        #expect(try await capture.count("proc.name = cat and fd.name = /etc/hostname and evt.type = openat") == 1)

        let piped = try await Command("/bin/sh", "-c", "cat '\(path)' | '\(binary)' count - --json").run()
        #expect(piped.status == 0, "\(piped.errorText)")
        let events = try #require(try await capture.info().integer("events"))
        #expect(try JSONValue.object(line: piped.lines.first ?? "").integer("count") == events)
      }
    }

    @Test("--json ends with the summary as one object on standard error")
    func summary() async throws {
      try await withTemporaryDirectory { directory in
        let capture = Capture(path: "\(directory)/capture.reel")
        let result = try await reel(["record", "--json", "-o", capture.path, "--", "/bin/true"])
        #expect(result.status == 0)
        #expect(result.text == "")
        let summary = try JSONValue.object(line: result.errorLines.last ?? "")
        let info = try await capture.info()
        #expect(summary.integer("events") == info.integer("events"))
        #expect(summary.integer("lost") == 0)
        let size = try FileManager.default.attributesOfItem(atPath: capture.path)[.size] as? Int64
        #expect(summary.integer("bytes") == size)
        for name in ["bytes_per_event", "cpu_ns", "wall_ns", "peak_rss_bytes"] {
          #expect((summary[name]?.number ?? 0) > 0, "\(name)")
        }
      }
    }

    @Test("a capture is readable by its owner only")
    func mode() async throws {
      try await withTemporaryDirectory { directory in
        let path = "\(directory)/capture.reel"
        let result = try await reel(["record", "-o", path, "--", "/bin/true"])
        #expect(result.status == 0)
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
      }
    }
  }
}

/// One clear line on standard error that says what it is about, and nothing on standard output.
func expectOneLine(
  _ result: CommandResult, contains text: String, location: SourceLocation = #_sourceLocation
) {
  #expect(result.errorLines.count == 1, "\(result.errorText)", sourceLocation: location)
  #expect(result.errorText.contains(text), "\(result.errorText)", sourceLocation: location)
  #expect(result.output.isEmpty, sourceLocation: location)
}
