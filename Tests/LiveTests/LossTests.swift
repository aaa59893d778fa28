import Foundation
import TestSupport
import Testing

extension Live {
  /// Rings that are far too small, and calls with numbers: what is missing is counted, what is there is right.
  @Suite struct Losses {
    /// What the writers do, and nobody else: linkers make this call as well.
    static let filter = "evt.type = pwrite and proc.name in (flood-0, flood-1)"
    static let calls = 120_000
    /// Why an event is not in the capture. An event of the cause `unresolved` is there, but does not name everything.
    static let missingCauses = ["ring_full", "nested", "no_task"]

    /// One event of the flood.
    struct Written {
      let number: Int
      let time: Int64
    }

    @Test("what is lost is counted to the event, and no name is wrong before, in between or after", arguments: 1...3)
    func counted(round: Int) async throws {
      let program = try await Workload.program("flood")
      try await withTemporaryDirectory { directory in
        let capture = Capture(path: "\(directory)/capture.reel")
        let result = try await reel(
          [
            "record", "--buffer", "256KiB", "-o", capture.path, Losses.filter, "--", program, "\(Losses.calls)",
            directory, "\(directory)/log",
          ], timeout: .seconds(120))
        try #require(result.status == 0, "reel record: \(result.errorText)")
        let log = try Workload.Log(path: "\(directory)/log")
        let fields = ["evt.rawarg.pos", "evt.rawtime", "proc.name", "thread.tid", "fd.name", "fd.num"]
        let separator = " ~|~ "
        let format = "*" + fields.map { "%\($0)" }.joined(separator: separator)

        var missing = 0
        var gaps: [ClosedRange<Int64>] = []
        for writer in log.entries {
          let pid = try #require(writer.integer("pid"))
          let index = try #require(writer.integer("writer"))
          let text = try await capture.text("evt.type = pwrite and proc.pid = \(pid)", format)
          var written: [Written] = []
          var wrong: [String] = []
          for line in text.split(separator: "\n") {
            let parts = line.split(separator: separator, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == fields.count, let number = Int(parts[0]), let time = Int64(parts[1]) else {
              wrong.append(String(line))
              continue
            }
            written.append(Written(number: number, time: time))
            let file = number % 8
            let path = "\(directory)/\(index)-\(file)" + (file % 2 == 1 ? "-link" : "")
            // A name may be lost with the ring, but only while there is no room: it is never another one.
            let isQuiet = number < 90 || number > Losses.calls - 90
            let isRight = parts[2] == "flood-\(index)" && parts[3] == "\(pid)" && parts[4] == path
            let isUnknown = [parts[2], parts[4]].contains("<NA>")
            if !isRight, isQuiet || !isUnknown { wrong.append(String(line)) }
          }
          #expect(wrong.isEmpty, "writer \(index): \(wrong.count) wrong, the first is \(wrong.first ?? "")")
          let numbers = written.map(\.number)
          #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count, "writer \(index): out of order")
          #expect(Set(numbers).isSuperset(of: 0..<90), "writer \(index): the quiet beginning is not whole")
          #expect(
            Set(numbers).isSuperset(of: (Losses.calls - 90)..<Losses.calls),
            "writer \(index): the quiet end is not whole")
          missing += Losses.calls - numbers.count
          for (before, after) in zip(written, written.dropFirst()) where after.number != before.number + 1 {
            gaps.append(before.time...after.time)
          }
        }
        print("losses: \(missing) of \(2 * Losses.calls) calls are missing, in \(gaps.count) gaps")
        #expect(missing > 0, "the rings were large enough: this test tests nothing")
        try await compare(missing: missing, gaps: gaps, with: capture)
      }
    }

    /// What the capture says of its losses. Nothing else on the machine makes the recorded call.
    private func compare(missing: Int, gaps: [ClosedRange<Int64>], with capture: Capture) async throws {
      let info = try await capture.info()
      let causes = info["lost_by_cause"]?.object ?? [:]
      let counted = Losses.missingCauses.reduce(0) { $0 + (causes.integer($1) ?? 0) }
      #expect(counted == Int64(missing), "by cause: \(causes)")
      let losses = try #require(info["losses"]?.array, "the capture does not say when events were lost")
      let ranges = losses.compactMap { $0.object }.filter { loss in
        Losses.missingCauses.contains { $0 == loss.text("cause") }
      }.compactMap { loss -> (ClosedRange<Int64>, Int64)? in
        guard let from = loss.integer("from"), let to = loss.integer("to"), from <= to else { return nil }
        return (from...to, loss.integer("count") ?? 0)
      }
      #expect(ranges.reduce(0) { $0 + $1.1 } == Int64(missing), "\(losses)")
      for gap in gaps {
        #expect(ranges.contains { $0.0.overlaps(gap) }, "no range of losses covers the gap \(gap)")
      }
      let within = ranges.allSatisfy { range in gaps.contains { $0.overlaps(range.0) } }
      #expect(within, "a range of losses lies where nothing is missing")
    }
  }
}
