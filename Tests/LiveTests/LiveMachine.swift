import Foundation
import TestSupport
import Testing

/// The machine that the live tests record, and the program that records it.
enum LiveMachine {
  /// The checkout that this file stands in.
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

  /// The `reel` to test: what `REEL_BINARY` names, else the release build, else the debug build. `nil` without any.
  static let binary: String? = {
    let named = ProcessInfo.processInfo.environment["REEL_BINARY"]
    let candidates = named.map { [$0] } ?? ["\(root)/.build/release/reel", "\(root)/.build/debug/reel"]
    return candidates.first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  /// A folder of recordings that `scripts/test-kernel` made on another kernel, to look at in place of new ones: `files.reel`
  /// and `files.log` for that part of the workload, which ran in `/workload/files`.
  static let recorded: String? = ProcessInfo.processInfo.environment["REEL_RECORDED"]

  /// Why the live tests cannot run here, `nil` when they can.
  static let obstacle: String? = {
    if recorded == nil {
      if geteuid() != 0 { return "recording needs root" }
      if !FileManager.default.isReadableFile(atPath: "/sys/kernel/btf/vmlinux") {
        return "this kernel has no type information (/sys/kernel/btf/vmlinux is missing)"
      }
    }
    if binary == nil {
      return "there is no reel to test: build it (swift build -c release --product reel) or name it in REEL_BINARY"
    }
    return nil
  }()

  /// For the trait that enables the tests; says why, if they do not run.
  static let canRecord: Bool = {
    if let obstacle { print("LIVE TESTS SKIPPED: \(obstacle)") }
    return obstacle == nil
  }()
}

/// Runs `reel` with these arguments.
func reel(_ arguments: [String], timeout: Duration = .seconds(60)) async throws -> CommandResult {
  try await reelCommand(arguments).run(timeout: timeout)
}

/// `reel` with these arguments, not yet started.
func reelCommand(_ arguments: [String]) throws -> Command {
  Command([try #require(LiveMachine.binary)] + arguments)
}

/// Every test here records the machine, so they run one after the other and only where recording is possible.
@Suite(
  .serialized,
  .enabled(if: LiveMachine.canRecord, Comment(rawValue: LiveMachine.obstacle ?? "this machine can record")))
enum Live {}
