import TestSupport
import Testing

extension Live {
  /// A program that does nothing but call: every call is there, and a call costs few bytes.
  @Suite struct Throughput {
    @Test(
      "half a million calls, none lost",
      arguments: [[], ["--snaplen", "0"], ["--latency", "none"], ["--latency", "adaptive"]])
    func nothingLost(options: [String]) async throws {
      try await withTemporaryDirectory { directory in
        let capture = Capture(path: "\(directory)/capture.reel")
        let blocks = 250_000
        let recorder = try reelCommand(
          ["record", "--json", "-o", capture.path] + options + [
            "--", "dd", "if=/dev/zero", "of=/dev/null", "bs=1", "count=\(blocks)", "status=none",
          ]
        ).start()
        let result = try await recorder.result()
        try #require(result.status == 0, "\(result.errorText)")
        try await capture.expectNothingLost()
        // Others may run the same program meanwhile.
        let own = "proc.name = dd and proc.ppid = \(recorder.pid)"
        let reads = try await capture.count("\(own) and evt.type = read and fd.name = /dev/zero")
        let writes = try await capture.count("\(own) and evt.type = write and fd.name = /dev/null")
        #expect(reads == Int64(blocks))
        #expect(writes == Int64(blocks))
        let summary = try JSONValue.object(line: result.errorLines.last ?? "")
        let bytes = try #require(summary["bytes_per_event"]?.number)
        #expect(bytes < 10, "bytes an event")
        let timed = try await capture.count("\(own) and evt.type = read and evt.latency > 0")
        if options == ["--latency", "none"] {
          #expect(timed == 0)
        } else {
          #expect(timed >= Int64(blocks))
        }
      }
    }
  }
}
