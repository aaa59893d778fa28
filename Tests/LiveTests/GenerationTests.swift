import Foundation
import TestSupport
import Testing

extension Live {
  /// What the recorder remembers does not grow for ever: from time to time everything is defined anew.
  @Suite struct Generations {
    @Test("a call that began before says what it was about")
    func callAcross() async throws {
      try await withTemporaryDirectory { directory in
        let capture = Capture(path: "\(directory)/capture.reel")
        let program = "\(LiveMachine.root)/Tests/LiveTests/workload/anew.py"
        // More files than there are rows until everything is defined anew.
        let result = try await reel(
          ["record", "-o", capture.path, "--buffer", "64MiB", "--", "python3", program, directory, "170000"],
          timeout: .seconds(120))
        try #require(result.status == 0, "reel record: \(result.errorText)")
        let descriptor = try #require(Int(result.text.trimmingCharacters(in: .whitespacesAndNewlines)))
        let closes = try await capture.events(
          "evt.type = close and fd.num = \(descriptor) and evt.latency > 200000000", ["fd.type", "fd.sport"])
        #expect(closes.count == 1)
        #expect(closes.first?.text("fd.type") == "ipv4")
        #expect((closes.first?.integer("fd.sport") ?? 0) > 0)
        try await capture.expectNothingLost()
      }
    }
  }
}
