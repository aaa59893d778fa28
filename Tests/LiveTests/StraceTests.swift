import TestSupport
import Testing

extension Live {
  /// The same calls, results and arguments as `strace` sees, by `workload/strace/compare.py`; `scripts/compare-strace` runs
  /// more workloads.
  @Suite struct Strace {
    @Test("what strace sees, Reel records", arguments: ["calls", "tar", "python", "pipeline"])
    func agrees(workload: String) async throws {
      let program = try await Workload.program("calls")
      var command = Command([
        "python3", "\(LiveMachine.root)/Tests/LiveTests/workload/strace/compare.py",
        "--reel", try #require(LiveMachine.binary), "--calls", program, workload,
      ])
      command.environment["PYTHONDONTWRITEBYTECODE"] = "1"
      let result = try await command.run(timeout: .seconds(180))
      #expect(result.status == 0, "\(result.text)\(result.errorText)")
    }
  }
}
