import TestSupport
import Testing

extension Live {
  /// The same calls, results and arguments as `strace` sees, by `workload/strace/compare.py`; `scripts/compare-strace` runs
  /// more workloads.
  @Suite struct Strace {
    #if arch(x86_64)
    private static let workloads = ["calls", "narrow", "tar", "python", "pipeline"]
    #else
    private static let workloads = ["calls", "tar", "python", "pipeline"]
    #endif

    @Test("what strace sees, Reel records", arguments: workloads)
    func agrees(workload: String) async throws {
      try await compareWithStrace(workload)
    }
  }
}

/// Runs a workload under strace, and compares call by call.
/// - Parameter more: arguments of `compare.py`.
func compareWithStrace(_ workload: String, _ more: [String] = []) async throws {
  let program = try await Workload.program("calls")
  var command = Command([
    "python3", "\(LiveMachine.root)/Tests/LiveTests/workload/strace/compare.py",
    "--reel", try #require(LiveMachine.binary), "--calls", program,
  ])
  if workload == "narrow" { command.arguments += ["--narrow", try await Workload.program("narrow_calls")] }
  command.arguments += more + [workload]
  command.environment["PYTHONDONTWRITEBYTECODE"] = "1"
  let result = try await command.run(timeout: .seconds(180))
  #expect(result.status == 0, "\(result.text)\(result.errorText)")
}
