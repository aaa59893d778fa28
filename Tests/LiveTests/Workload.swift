import Foundation
import TestSupport
import Testing

/// The C programs that know what they do: see `workload/truth.c` and `workload/cases.c`.
enum Workload {
  enum Part: String {
    case files, network, processes, hold
  }

  /// A compiled program by its name; compiled once a test run and removed at its end.
  static func program(_ name: String) async throws -> String {
    let folder = try await compilation.value
    return "\(folder)/\(name)"
  }

  /// The programs, and what each is made of.
  private static let sources = [
    "truth": ["truth", "journal"],
    "flood": ["flood", "journal"],
    // For the comparison with strace.
    "calls": [
      "strace/calls", "strace/calls_files", "strace/calls_attributes", "strace/calls_memory", "strace/calls_channels",
      "strace/calls_sockets", "strace/calls_waiting", "strace/calls_signals", "strace/calls_processes",
      "strace/calls_identities", "strace/calls_mounts", "strace/calls_administration", "strace/calls_anything",
    ],
    "hooks": ["hooks"],
    "payloads": ["payloads"],
    "rings": ["rings"],
    "cases": [
      "cases", "journal", "expect", "facts", "roles", "identity", "images", "files", "objects", "sockets", "storms",
      "kin",
      "programs", "reopened", "messages",
    ],
  ]

  private static let folder =
    FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path + "/reel-truth-\(getpid())"

  private static let compilation = Task {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    atexit {
      for name in Array(Workload.sources.keys) + ["narrow_calls", "attack", "clock.so"] {
        unlink("\(Workload.folder)/\(name)")
      }
      rmdir(Workload.folder)
    }
    for (name, parts) in sources { try await compile(name, parts) }
    // Runs in containers that have no libraries.
    try await compile("attack", ["attack"], options: ["-static"])
    try await compile("clock.so", ["clock"], options: ["-shared", "-fPIC", "-ldl"])
    #if arch(x86_64)
    try await compile(
      "narrow_calls", ["strace/narrow_calls"],
      options: ["-m32", "-nostdlib", "-static", "-ffreestanding", "-fno-stack-protector", "-fuse-ld=lld"])
    #endif
    return folder
  }

  private static func compile(_ name: String, _ parts: [String], options special: [String] = ["-lpthread"]) async throws
  {
    let files = parts.map { "\(LiveMachine.root)/Tests/LiveTests/workload/\($0).c" }
    let options = ["-O1", "-Wall", "-Wextra", "-Werror", "-o", "\(folder)/\(name)"] + files + special
    var reasons: [String] = []
    for compiler in ["clang", "cc"] {
      do {
        let result = try await Command([compiler] + options).run()
        if result.status == 0 { return }
        reasons.append("\(compiler): \(result.errorText)")
      } catch let error as CommandError {
        reasons.append(error.description)
      }
    }
    throw CompilationFailure(description: "no compiler could build \(name): \(reasons.joined(separator: "; "))")
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
