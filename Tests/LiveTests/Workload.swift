import Foundation
import TestSupport
import Testing

/// The C program that knows what it does: see `workload/truth.c`.
enum Workload {
  enum Part: String {
    case files, network, processes, hold
  }

  /// The compiled program; compiled once a test run and removed at its end.
  static func program() async throws -> String { try await compilation.value }

  private static let folder =
    FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path + "/reel-truth-\(getpid())"

  private static let compilation = Task {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    atexit {
      unlink("\(Workload.folder)/truth")
      rmdir(Workload.folder)
    }
    let program = "\(folder)/truth"
    let source = "\(LiveMachine.root)/Tests/LiveTests/workload/truth.c"
    let options = ["-O1", "-Wall", "-Wextra", "-Werror", "-o", program, source, "-lpthread"]
    var reasons: [String] = []
    for compiler in ["clang", "cc"] {
      do {
        let result = try await Command([compiler] + options).run()
        if result.status == 0 { return program }
        reasons.append("\(compiler): \(result.errorText)")
      } catch let error as CommandError {
        reasons.append(error.description)
      }
    }
    throw CompilationFailure(description: "no compiler could build the workload: \(reasons.joined(separator: "; "))")
  }

  struct CompilationFailure: Error, CustomStringConvertible {
    let description: String
  }

  /// What the program says that it did, in order for each of its threads.
  struct Log {
    let entries: [Row]

    init(path: String) throws {
      let text = try String(contentsOfFile: path, encoding: .utf8)
      entries = try text.split(separator: "\n").map { try JSONValue.object(line: String($0)) }
    }

    /// Entries about one of these calls.
    func entries(_ calls: Set<String>) -> [Row] { entries.filter { calls.contains($0.text("call") ?? "") } }

    /// The only entry about a call.
    func entry(_ call: String, location: SourceLocation = #_sourceLocation) throws -> Row {
      let found = entries([call])
      try #require(found.count == 1, "\(found.count) entries about \(call)", sourceLocation: location)
      return found[0]
    }

    /// The id of the workload's first process.
    func mainPid() throws -> Int64 { try #require(try entry("start").integer("pid")) }
  }
}
