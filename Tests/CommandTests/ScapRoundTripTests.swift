import Foundation
import TestSupport
import Testing

/// The folder of captures made by others.
private let data = ProcessInfo.processInfo.environment["REEL_TEST_DATA"].map { "\($0)/scap" }
private let sysdigPath = "/usr/bin/sysdig"
private let canCompare = data != nil && FileManager.default.isExecutableFile(atPath: sysdigPath)

/// Captures of the ecosystem, imported and exported again: sysdig prints the same events of both, with all their arguments.
@Suite(.serialized, .enabled(if: canCompare, "REEL_TEST_DATA is not set, or sysdig is not installed"))
struct ScapRoundTripTests {
  /// What a capture cannot get back.
  enum Loss: String {
    case nothing
    /// A thread that the file does not introduce has no directory for sysdig; Reel says what its files' names tell.
    case directory
  }

  @Test(arguments: [
    ("falco-cat_write", Loss.nothing), ("falco-connect_localhost", .nothing),
    ("falco-open-multiple-files", .nothing), ("falco-ping_sendto", .nothing),
    ("falco-psp-privileged", .nothing), ("falco-psp-run_as_user_0_container", .nothing),
    ("falco-syscall", .nothing), ("libs-curl_google", .nothing), ("libs-sample", .nothing),
    ("libs-single_ipv6_conn", .nothing), ("libs-test_ipv6_client", .nothing),
    ("sysflow-client-server-tcp-client-server", .nothing), ("sysflow-files-filesat", .directory),
    ("sysflow-rename-rename2at", .nothing), ("sysflow-setuid-setuid", .nothing),
  ])
  func sameEvents(_ name: String, _ loss: Loss) throws {
    let original = try #require(data) + "/\(name).scap"
    let (capture, exported) = (temporaryPath(), temporaryPath())
    defer {
      removeFile(capture)
      removeFile(exported)
    }
    let imported = try CommandRun("import", original, "-o", capture)
    #expect(imported.status == 0, "\(imported.error)")
    let written = try CommandRun("export", capture, "--format", "scap", "-o", exported)
    // A file in which nothing happened is not written; none of these is such a one.
    #expect(written.status == 0, "\(written.error)")
    let (before, after) = (try events(original), try events(exported))
    #expect(!before.isEmpty)
    #expect(before.count == after.count)
    for (one, other) in zip(before, after) where one != other {
      let isDirectory = loss == .directory && withoutDirectories(one) == withoutDirectories(other)
      #expect(isDirectory, "\(one)\n\(other)")
    }
  }

  /// An event without what sysdig makes of a path that is relative: the text in parentheses behind it.
  private func withoutDirectories(_ event: String) -> String {
    event.replacingOccurrences(of: #"=(\./)?([^ ()]*)\(/?[^ ()]*\)"#, with: "=$1$2", options: .regularExpression)
  }

  /// The returns of calls and the events that have none, in the order of their text.
  private func events(_ path: String) throws -> [String] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: sysdigPath)
    process.arguments = [
      "-r", path, "-p", "*%evt.rawtime %evt.cpu %proc.name %thread.tid %evt.dir %evt.type %evt.args",
      "evt.dir = < or evt.type in (procexit, switch, signaldeliver, page_fault, container, exit, exit_group)",
    ]
    let output = Pipe()
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 0, "sysdig could not read \(path)")
    return text.split(separator: "\n").map(String.init).sorted()
  }
}
