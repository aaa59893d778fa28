import Foundation
import TestSupport
import Testing

/// The folder of captures made by others.
private let data = ProcessInfo.processInfo.environment["REEL_TEST_DATA"].map { "\($0)/scap" }

/// What `audit`, `tree` and `extract` tell of people and programs at work in captures that others made, to the byte:
/// `told/NAME.txt`. The captures are seen by `sysdig` too: `scripts/compare-state` compares commands, descriptors and
/// processes of all of them with what it says.
///
/// `REEL_WRITE_GOLDEN=1 swift test --filter ToldActivityTests` writes them anew; whoever does that reads the difference.
@Suite(.enabled(if: data != nil, "REEL_TEST_DATA is not set: captures of others are not read"))
struct ToldActivityTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path

  /// A capture, and the questions whose answers tell what happened in it.
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let capture: String
    /// Who is at work.
    let who: String
    /// Which files and connections matter.
    let what: String
    var testDescription: String { name }
  }

  static let cases = [
    // Somebody at a terminal becomes root and enters other namespaces with a shell.
    Case(
      name: "root-shell", capture: "sysflow-namespaces-setns", who: "proc.pid = 8082 or proc.apid = 8082",
      what: "fd.name in (/proc/sys/kernel/ngroups_max, /etc/sudoers, /home/faraujo/.bash_history)"),
    // A shell in a container: files are written, by it and in an editor.
    Case(
      name: "container-shell", capture: "sysflow-alpine-alpine", who: "proc.sid = 120512",
      what: "fd.name in (/tmp/test, /test2, /root/.ash_history)"),
    // A script makes, copies, renames, hides, links and deletes files; a program calls a service and is refused by another.
    Case(
      name: "script", capture: "modern-2026-exit-only", who: "proc.name exists",
      what: "fd.name startswith /srv/shop/data or fd.port = 18443"),
    Case(
      name: "script-older", capture: "modern-2024-enter-exit", who: "proc.name exists",
      what: "fd.name startswith /srv/shop/data or fd.port = 18443"),
    // Programs are executed in a container, and call what serves there.
    Case(
      name: "container-exec", capture: "sysflow-objectstore-download", who: "proc.pid = 17059 or proc.apid = 17059",
      what: "proc.name = curl and (fd.port = 9000 or fd.name startswith /etc)"),
    // What is served by the store is taken away by another machine.
    Case(
      name: "taken-away", capture: "sysflow-objectstore-download", who: "proc.name = minio",
      what: "proc.name = minio and fd.cip = 172.17.0.5 and fd.cport in (52924, 52944)"),
    // A download from the web.
    Case(
      name: "download", capture: "libs-curl_google", who: "proc.name = curl", what: "proc.name = curl and fd.port = 80"),
    // A command in a container, from a terminal outside of it.
    Case(
      name: "container-command", capture: "falco-psp-run_as_user_0_container", who: "proc.name = ls",
      what: "proc.name = ls and fd.name startswith /proc"),
    // A program that gives up its rights.
    Case(
      name: "setuid", capture: "sysflow-setuid-setuid", who: "proc.name = setuid",
      what: "proc.name = setuid and fd.type = file"),
  ]

  @Test(arguments: cases)
  func told(test: Case) async throws {
    let capture = try #require(data) + "/\(test.capture).scap"
    let told = try await withTemporaryDirectory { folder in try commands(test, capture, out: "\(folder)/out") }
    let file = "\(Self.folder)/told/\(test.name).txt"
    if ProcessInfo.processInfo.environment["REEL_WRITE_GOLDEN"] != nil {
      try told.write(toFile: file, atomically: true, encoding: .utf8)
    }
    #expect(try String(contentsOfFile: file, encoding: .utf8) == told)
  }

  /// The commands of a case, each with what it prints.
  private func commands(_ test: Case, _ capture: String, out: String) throws -> String {
    var told = ""
    for arguments in [
      ["audit", capture, "all", test.who, "--utc"], ["tree", capture, test.who, "--utc"],
      ["extract", capture, test.what, "--decode", "-o", out],
    ] {
      let run = try CommandRun(arguments)
      try #require(run.status == 0, "\(arguments): \(run.error)")
      let shown = arguments.dropFirst().map { $0 == capture ? test.capture : $0 == out ? "OUT" : $0 }
      told += "$ reel \(arguments[0]) \(shown.map { $0.contains(" ") ? "\"\($0)\"" : $0 }.joined(separator: " "))\n"
      told += run.output.replacingOccurrences(of: out, with: "OUT") + "\n"
    }
    return told
  }
}
