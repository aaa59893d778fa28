import Foundation
import TestSupport
import Testing

extension Live {
  /// Cases of known truth, many times over: see `workload/cases.c`. `REEL_TRUTH_REPETITIONS` says how many times, and
  /// `REEL_TRUTH_SEED` begins with other random numbers.
  @Suite struct Cases {
    @Test(
      "who, what and where are as the workload says",
      arguments: [
        "identity", "kin", "images", "programs", "places", "files", "reopened", "objects", "sockets", "messages",
        "storms",
      ])
    func group(name: String) async throws {
      try await Capture.ofCases(name)
    }

    @Test("an interpreter that compares itself with /proc")
    func python() async throws {
      let script = "\(LiveMachine.root)/Tests/LiveTests/workload/observe.py"
      try await Capture.ofProgram("python", ["python3", "-I", script])
    }

    @Test(
      "the environment, as far as it is asked for",
      arguments: [
        ("environment", ["--env", "all"]), ("named-environment", ["--env", "REEL_TRUTH"]),
        ("absent-environment", ["--env", "none"]),
      ])
    func environment(group: String, options: [String]) async throws {
      try await Capture.ofCases(group, options: options)
    }
  }
}

extension Capture {
  /// Runs a group of cases under the recorder and compares.
  static func ofCases(
    _ group: String, options: [String] = [], location: SourceLocation = #_sourceLocation
  ) async throws {
    let program = try await Workload.program("cases")
    try await ofProgram(group, [program, group], options: options, location: location)
  }

  /// Runs a program that takes repetitions, a seed, a directory and the path of its log behind its own arguments.
  static func ofProgram(
    _ name: String, _ command: [String], options: [String] = [], location: SourceLocation = #_sourceLocation
  ) async throws {
    let variables = ProcessInfo.processInfo.environment
    let repetitions = variables["REEL_TRUTH_REPETITIONS"].flatMap(Int.init) ?? 10
    let seed = variables["REEL_TRUTH_SEED"].flatMap(UInt64.init) ?? 1
    try await withTemporaryDirectory { directory in
      let capture = Capture(path: "\(directory)/capture.reel")
      let log = "\(directory)/log"
      let result = try await reel(
        ["record", "-o", capture.path] + options
          + ["--"] + command + ["\(repetitions)", "\(seed)", directory, log],
        timeout: .seconds(60 + 2 * repetitions))
      try #require(result.status == 0, "reel record: \(result.errorText)", sourceLocation: location)
      try await capture.expectNothingLost(location: location)
      let comparison = try await Comparison(capture: capture, log: log, location: location)
      print("\(name): \(comparison.expectations) events, \(comparison.values) values compared")
      comparison.report(location: location)
    }
  }
}
