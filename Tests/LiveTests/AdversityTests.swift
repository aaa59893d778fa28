import Foundation
import TestSupport
import Testing

extension Live {
  /// A full disk, a user without rights, a file that cannot be made: one clear line, the right exit code, and what was
  /// written before stays readable.
  @Suite struct Adversity {
    @Test("a device that is full fails with 1")
    func fullDevice() async throws {
      let result = try await reel(["record", "-o", "/dev/full", "--duration", "300ms"])
      #expect(result.status == 1)
      expectOneLine(result, contains: "/dev/full")
      #expect(result.errorText.contains("disk is full"), "the cause is missing: \(result.errorText)")
    }

    @Test("a disk that fills up: one line, and the capture is readable up to there")
    func fullDisk() async throws {
      try await withTemporaryDirectory { directory in
        let mounted = try await Command("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", directory).run()
        try #require(mounted.status == 0, "\(mounted.errorText)")
        do {
          let capture = Capture(path: "\(directory)/capture.reel")
          let command = try reelCommand([
            "record", "--codec", "none", "-o", capture.path, "--", "/bin/sh", "-c",
            "dd if=/dev/zero of=/dev/null bs=1 count=2000000 status=none; sleep 0.5",
          ]).start()
          defer { command.killGroup() }
          let result = try await command.result()
          #expect(result.status == 125)
          expectOneLine(result, contains: capture.path)
          #expect(result.errorText.contains("full"), "the cause is missing: \(result.errorText)")

          let info = try await reel(["info", capture.path, "--json"])
          let facts = try JSONValue.object(line: info.lines.first ?? "")
          #expect((facts.integer("events") ?? 0) > 0)
          // What of the chunk that did not fit is taken back may leave room for the tail, and that says what is missing.
          let isComplete = facts["complete"] == .bool(true)
          #expect(isComplete || facts["complete"] == .bool(false))
          #expect(info.status == (isComplete ? 0 : 3), "an unfinished capture is said to be one: \(info.errorText)")
          if isComplete { #expect(info.text.contains("\"unwritten\":"), "\(info.text)") }
        } catch {
          _ = try await Command("umount", "-l", directory).run()
          throw error
        }
        let unmounted = try await Command("umount", "-l", directory).run()
        #expect(unmounted.status == 0, "\(unmounted.errorText)")
      }
    }

    @Test("a directory that does not exist")
    func noDirectory() async throws {
      let result = try await reel(["record", "-o", "/no/such/directory/x.reel", "--duration", "300ms"])
      #expect(result.status == 1 || result.status == 2)
      expectOneLine(result, contains: "/no/such/directory/x.reel")
    }

    @Test("without root: one line that says so, and no file", arguments: [[String](), ["--", "/bin/true"]])
    func withoutRoot(command: [String]) async throws {
      try await withTemporaryDirectory { directory in
        // A place that nobody may write to and a program that nobody may read would be other reasons to fail.
        let binary = "\(directory)/reel"
        try FileManager.default.copyItem(atPath: try #require(LiveMachine.binary), toPath: binary)
        let open = "\(directory)/open"
        try FileManager.default.createDirectory(
          atPath: open, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o777])
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: open)
        let path = "\(open)/capture.reel"
        let result = try await Command(
          ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", binary, "record", "-o", path]
            + (command.isEmpty ? ["--duration", "300ms"] : command)
        ).run()
        #expect(result.status == (command.isEmpty ? 1 : 125))
        expectOneLine(result, contains: "root")
        #expect(!FileManager.default.fileExists(atPath: path), "a file was left behind")
      }
    }

    @Test("doctor says that this machine can record, and why nobody cannot")
    func doctor() async throws {
      let root = try await reel(["doctor"])
      #expect(root.status == 0, "\(root.text)\(root.errorText)")
      #expect(!root.lines.isEmpty)
      try await withTemporaryDirectory { directory in
        let binary = "\(directory)/reel"
        try FileManager.default.copyItem(atPath: try #require(LiveMachine.binary), toPath: binary)
        let nobody = try await Command(
          "setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", binary, "doctor"
        ).run()
        #expect(nobody.status == 1, "\(nobody.text)\(nobody.errorText)")
        #expect((nobody.text + nobody.errorText).contains("root"))
      }
    }

    @Test("a signal ends the recording with a whole capture", arguments: [SIGINT, SIGTERM])
    func signals(signal: Int32) async throws {
      try await withTemporaryDirectory { directory in
        let capture = Capture(path: "\(directory)/capture.reel")
        let recorder = try reelCommand(["record", "-o", capture.path]).start()
        defer { recorder.killGroup() }
        try await waitUntilAttached(recorder)
        recorder.send(signal)
        let result = try await recorder.result()
        #expect(result.status == 0, "\(result.errorText)")
        try await capture.expectNothingLost()
      }
    }

    @Test("a recorder that is killed leaves what it had written")
    func killed() async throws {
      try await withTemporaryDirectory { directory in
        let capture = Capture(path: "\(directory)/capture.reel")
        let recorder = try reelCommand(["record", "-o", capture.path]).start()
        defer { recorder.killGroup() }
        try await waitUntilAttached(recorder)
        // Chunks are closed after a second: the first events are in the file soon after.
        let busy = try await Command("/bin/sh", "-c", "for i in 1 2 3 4 5; do sleep 0.5; ls / >/dev/null; done").run()
        #expect(busy.status == 0)
        recorder.send(SIGKILL)
        let result = try await recorder.result()
        #expect(result.status == 128 + SIGKILL)
        let info = try await reel(["info", capture.path, "--json"])
        #expect(info.status == 3, "\(info.errorText)")
        let facts = try JSONValue.object(line: info.lines.first ?? "")
        #expect(facts["complete"] == .bool(false))
        #expect((facts.integer("events") ?? 0) > 0)
        let counted = try await reel(["count", capture.path, "proc.name = ls and evt.type = execve", "--json"])
        #expect(counted.status == 3)
        #expect((try JSONValue.object(line: counted.lines.first ?? "").integer("count") ?? 0) > 0)
      }
    }
  }
}
