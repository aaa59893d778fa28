import Delivery
import Foundation
import Synchronization
import TestSupport
import Testing

/// A server of `servers/server.py`, which behaves as a test wants.
struct TestServer {
  let command: RunningCommand
  let log: String
  let port: Int

  static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("servers/server.py").path

  /// Starts one that writes what it receives to a file in a folder.
  init(_ kind: String, in folder: String, _ more: String...) async throws {
    log = "\(folder)/\(kind)-\(UUID().uuidString.prefix(8)).log"
    command = try Command(["/usr/bin/python3", "-I", Self.script, kind, log] + more).start()
    var port: Int?
    for _ in 0..<600 where port == nil {
      try await Task.sleep(for: .milliseconds(20))
      port = command.errorText.split(separator: "\n").first { $0.hasPrefix("port ") }.flatMap { Int($0.dropFirst(5)) }
    }
    self.port = try #require(port, "the server does not start: \(command.errorText)")
  }

  /// What it received so far.
  func received() throws -> [JSONValue] {
    guard FileManager.default.fileExists(atPath: log) else { return [] }
    return try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").map {
      try JSONDecoder().decode(JSONValue.self, from: Data($0.utf8))
    }
  }

  func stop() { command.killGroup() }

  /// A certificate for 127.0.0.1 with its key, which no system trusts.
  static func certificate(in folder: String) async throws -> String {
    let result = try await Command(
      "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
      "-subj",
      "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder + "/key.pem", "-out",
      folder + "/cert.pem"
    ).run()
    try #require(result.status == 0, "\(result.errorText)")
    let both = try readFile(folder + "/key.pem") + readFile(folder + "/cert.pem")
    try writeFile(folder + "/server.pem", both)
    return folder + "/server.pem"
  }
}

/// Waits until something holds, for a minute.
func eventually(
  within limit: Duration = .seconds(60), _ what: Comment, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () throws -> Bool
) async throws {
  let end = ContinuousClock.now + limit
  while ContinuousClock.now < end {
    if try body() { return }
    try await Task.sleep(for: .milliseconds(20))
  }
  Issue.record("it does not come to pass: \(what)", sourceLocation: sourceLocation)
}

/// Lines that a dispatcher reports.
final class Reports: Sendable {
  private let lines = Mutex<[String]>([])
  var all: [String] { lines.withLock { $0 } }
  func add(_ line: String) { lines.withLock { $0.append(line) } }
}

/// An alert for tests.
func alert(_ number: Int, text: String? = nil) -> Notice {
  var notice = Notice(
    kind: .alert, time: 1_795_867_200_123_456_789 + Int64(number), priority: 4, text: text ?? "alert \(number)",
    json: "{\"output\":\"alert \(number)\",\"rule\":\"Rule <A>\"}")
  notice.severity = 2
  notice.policy = "Policy"
  notice.rule = "Rule <A>"
  notice.hostname = "node1"
  notice.labels = [Notice.Label("container.id", "abc"), Notice.Label("proc.cmdline", "sh -c \"]\\\"")]
  return notice
}
