import Foundation
import TestSupport
import Testing

extension Live {
  /// What is shown of a machine while it is being recorded.
  @Suite struct StreamTests {
    /// Opens a file again and again until the recording at the other end of the pipe has begun, then a few others, and measures
    /// how long it takes until each is shown. The first word of a line is milliseconds.
    private static let watch = """
      reel=$1 directory=$2
      mkfifo "$directory/fifo"
      filter="evt.type = openat and fd.name startswith $directory/mark"
      "$reel" record --quiet -o - "$filter" | "$reel" events - "$filter" -p "%fd.name" >"$directory/fifo" &
      exec 3<"$directory/fifo"
      line=
      for try in $(seq 200); do
        : <"$directory/mark-none" 2>/dev/null
        if read -r -t 0.1 line <&3; then break; fi
      done 2>/dev/null
      [ -n "$line" ] || exit 1
      for number in 1 2 3 4 5; do
        # What of the beginning is still on its way.
        while read -r -t 0.5 line <&3; do :; done
        start=${EPOCHREALTIME/./}
        : 2>/dev/null <"$directory/mark-$number"
        while read -r -t 5 line <&3; do
          if [ "$line" = "$directory/mark-$number" ]; then echo $(((${EPOCHREALTIME/./} - start) / 1000)); break; fi
        done
      done
      """

    @Test("record -o - | events - shows an event within a second")
    func withinASecond() async throws {
      let binary = try #require(LiveMachine.binary)
      try await withTemporaryDirectory { directory in
        for number in ["none", "1", "2", "3", "4", "5"] {
          try Data().write(to: URL(fileURLWithPath: "\(directory)/mark-\(number)"))
        }
        let running = try Command("bash", "-c", Self.watch, "bash", binary, directory).start()
        defer { running.killGroup() }
        let result = try await running.result(timeout: .seconds(60))
        try #require(result.status == 0, "\(result.errorText)")
        let times = result.lines.compactMap { Int($0) }
        #expect(times.count == 5, "not all were shown: \(times) \(result.errorText)")
        // Other programs may hold one of them up; all of them only if it is the rule.
        #expect(times.sorted()[times.count / 2] <= 1000, "milliseconds: \(times)")
      }
    }

    /// Programs that open a file, until they are ended.
    private static func opening(_ path: String) throws -> RunningCommand {
      try Command("bash", "-c", "while :; do cat '\(path)' >/dev/null; sleep 0.02; done").start()
    }

    @Test("view --live writes one table at its end", arguments: [[], ["--json"], ["--csv"]])
    func viewAtTheEnd(form: [String]) async throws {
      try await withTemporaryDirectory { directory in
        let path = "\(directory)/looked-at"
        try Data("text".utf8).write(to: URL(fileURLWithPath: path))
        let opener = try Self.opening(path)
        defer { opener.killGroup() }
        let result = try await reel(["view", "files", "--live", "fd.name = \(path)", "--duration", "2s"] + form)
        #expect(result.status == 0 && result.errorText == "", "\(result.errorText)")
        #expect(!result.output.contains(0x1B), "nothing of a terminal")
        #expect(result.lines.count { $0.contains(path) } == 1, "\(result.text)")
        switch form.first {
        case "--json":
          let row = try JSONValue.object(line: result.lines[0])
          #expect(result.lines.count == 1 && row.text("file") == path)
          #expect((row.integer("opens") ?? 0) > 2 && (row.integer("bytes_in") ?? 0) > 8, "\(row)")
        case "--csv": #expect(result.lines.count == 2 && result.lines[0].contains("file"))
        default: #expect(result.lines[0].contains("FILE"))
        }
      }
    }

    @Test("Ctrl-C ends view --live with its table")
    func viewInterrupted() async throws {
      try await withTemporaryDirectory { directory in
        let path = "\(directory)/looked-at"
        try Data("text".utf8).write(to: URL(fileURLWithPath: path))
        let opener = try Self.opening(path)
        defer { opener.killGroup() }
        let running = try reelCommand(["view", "files", "--live", "fd.name = \(path)", "--json"]).start()
        try await Task.sleep(for: .seconds(3))
        running.send(SIGINT)
        let result = try await running.result(timeout: .seconds(60))
        #expect(result.status == 0 && result.errorText == "", "\(result.errorText)")
        let row = try JSONValue.object(line: try #require(result.lines.first, "no row"))
        #expect(row.text("file") == path && (row.integer("opens") ?? 0) > 2)
      }
    }

    @Test("on a terminal view --live draws its table again and again")
    func viewOnATerminal() async throws {
      let binary = try #require(LiveMachine.binary)
      try await withTemporaryDirectory { directory in
        let path = "\(directory)/looked-at"
        try Data("text".utf8).write(to: URL(fileURLWithPath: path))
        let opener = try Self.opening(path)
        defer { opener.killGroup() }
        let script = "stty rows 24 cols 100; exec '\(binary)' view files --live 'fd.name = \(path)' --duration 4s"
        let result = try await Command("script", "-qec", script, "\(directory)/typescript").run()
        #expect(result.status == 0, "\(result.errorText)")
        let drawings = result.text.components(separatedBy: "\u{1B}[H").count - 1
        #expect(drawings >= 3 && drawings <= 8, "\(drawings) drawings")
        #expect(result.text.contains("events in") && result.text.contains("looked-at"))
      }
    }

    @Test("--snaplen-for keeps more of what its filter selects, and of nothing else")
    func morePayload() async throws {
      try await withTemporaryDirectory { directory in
        for name in ["much", "little"] {
          try Data(repeating: UInt8(ascii: "x"), count: 3000).write(to: URL(fileURLWithPath: "\(directory)/\(name)"))
        }
        let capture = Capture(path: "\(directory)/capture.reel")
        let result = try await reel([
          "record", "-o", capture.path, "--snaplen", "16", "--snaplen-for", "fd.name endswith /much=2000",
          "--snaplen-for",
          "evt.type = write and fd.name endswith /copy=100", "--", "bash", "-c",
          "dd if='\(directory)/much' of='\(directory)/copy' bs=4096 status=none; cat '\(directory)/little' > /dev/null",
        ])
        try #require(result.status == 0, "\(result.errorText)")
        try await capture.expectNothingLost()
        for (type, name, kept) in [("read", "much", 2000), ("read", "little", 16), ("write", "copy", 100)] {
          let rows = try await capture.events(
            "evt.type = \(type) and fd.name = \(directory)/\(name) and evt.rawres = 3000", ["evt.rawarg.data"])
          #expect(rows.count == 1, "\(type) \(name)")
          #expect(rows.first?.text("evt.rawarg.data")?.utf8.count == kept, "\(type) \(name)")
        }
      }
    }
  }
}
