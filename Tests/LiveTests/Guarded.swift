import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// A guard that runs, and what it told.
struct Guarded {
  let folder: String
  let rules: String
  let running: RunningCommand

  /// A rule that fires when a file with a mark is opened, whoever does it.
  static let marked = """
    - rule: Marked
      desc: a file with a mark is opened
      condition: evt.type in (open, openat, openat2) and fd.name startswith MARK
      output: "%fd.name by %proc.name in %container.id"
      priority: WARNING
    """

  /// An alert as it was written.
  struct Alert {
    let time: Int64
    let output: String
    let fields: Row
  }

  /// What the names of marked files begin with.
  var mark: String { "\(folder)/mark_" }
  var errorText: String { running.errorText }

  /// The configuration of one policy on the rule with the mark.
  static func configuration(
    _ folder: String, _ actions: [String], captures: String = "", more: String = ""
  ) -> String {
    """
    captures: {directory: \(folder)/captures\(captures)}
    flight_recorder: {memory: 64MiB, seconds: 60}
    control: {socket: \(folder)/control}
    rules_files: [\(folder)/rules.yaml]
    \(more)
    policies:
      - name: marks
        severity: 2
        rules: [Marked]
        actions:
    \(actions.map { "      - \($0)" }.joined(separator: "\n"))
    """
  }

  /// Starts a guard, through another command when words of one are given.
  static func start(
    _ folder: String, _ rules: String, _ configuration: String, _ options: [String] = [],
    environment: [String: String] = [:], through words: [String] = []
  ) async throws -> Guarded {
    try rules.write(toFile: "\(folder)/rules.yaml", atomically: true, encoding: .utf8)
    try configuration.write(toFile: "\(folder)/guard.yaml", atomically: true, encoding: .utf8)
    let reel = try reelCommand(["guard", "--config", "\(folder)/guard.yaml"] + options)
    var command = words.isEmpty ? reel : Command(words + reel.arguments)
    command.environment = environment
    let running = try command.start()
    try await wait("the guard begins: \(running.errorText)") { running.errorText.contains("guarding") }
    return Guarded(folder: folder, rules: rules, running: running)
  }

  /// Runs a test with a guard, which has to end well. `MARK` in rules becomes what names of marked files begin with.
  static func run(
    rules: String = marked, _ configuration: (String) -> String, _ options: [String] = [],
    environment: [String: String] = [:], through words: [String] = [], _ body: (Guarded) async throws -> Void
  ) async throws {
    try await withTemporaryDirectory { folder in
      let rules = rules.replacingOccurrences(of: "MARK", with: "\(folder)/mark_")
      let guarded = try await start(
        folder, rules, configuration(folder), options, environment: environment, through: words)
      defer { guarded.running.killGroup() }
      try await body(guarded)
      try await guarded.end()
    }
  }

  /// Ends it, which has to go well.
  func end() async throws {
    running.send(SIGTERM)
    let result = try await running.result(timeout: .seconds(600))
    #expect(result.status == 0, "\(result.errorText)")
  }

  /// The alerts of the rule with the mark that were told so far.
  func alerts() throws -> [Alert] {
    // The last line may be on its way.
    try running.outputText.split(separator: "\n", omittingEmptySubsequences: false).dropLast().compactMap { line in
      let object = try JSONValue.object(line: String(line))
      guard object["rule"] == .text("Marked"), case .object(let fields)? = object["output_fields"] else { return nil }
      return Alert(time: fields.integer("evt.rawtime") ?? 0, output: object["output"]?.text ?? "", fields: fields)
    }
  }

  /// Waits for so many alerts; there must not be more.
  func alerts(_ count: Int) async throws -> [Alert] {
    var found: [Alert] = []
    try await wait("\(count) alerts of the guard, \(found.count) came: \(errorText)") {
      found = try alerts()
      return found.count >= count
    }
    #expect(found.count == count)
    return found
  }

  /// Opens a file with a mark in a group, of a policy that kills the process and pauses its container: both must happen.
  func expectKillAndPause(in group: TestGroup) async throws {
    let other = try group.start("while :; do sleep 0.1; done")
    defer { other.killGroup() }
    let shell = try group.start("while read line; do :; done <\(mark)k; sleep 600")
    defer { shell.killGroup() }
    _ = try await alerts(1)
    #expect(try await shell.result(timeout: .seconds(120)).status == 128 + SIGKILL, "\(errorText)")
    try await wait("the container stands still: \(errorText)") { try group.isFrozen() }
    try group.thaw()
  }

  /// Waits until so many captures are finished, and gives their records.
  func finished(_ count: Int) async throws -> [Row] {
    var found: [Row] = []
    try await wait("\(count) captures are finished, \(found.count) are: \(errorText)") {
      let folder = "\(folder)/captures"
      let names = try FileManager.default.contentsOfDirectory(atPath: folder)
      found = try names.filter { $0.hasSuffix(".json") }.sorted().compactMap { name in
        guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else { return nil }
        let row = try JSONValue.object(line: String(decoding: data, as: UTF8.self))
        return ["done", "error"].contains(row.text("state")) ? row : nil
      }
      return found.count >= count
    }
    return found
  }

  /// How often something stands in what it said of itself.
  func said(_ text: String) -> Int { errorText.components(separatedBy: text).count - 1 }

  /// Nanoseconds of the epoch.
  static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

/// A control group that looks like one of a container.
final class TestGroup: Sendable {
  let id: String
  let path: String

  init() throws {
    let hierarchy = try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8).split(separator: "\n")
      .first { $0.contains(" - cgroup2 ") }?.split(separator: " ").dropFirst(4).first.map(String.init)
    id = (0..<4).map { _ in
      let digits = String(UInt64.random(in: .min ... .max), radix: 16)
      return String(repeating: "0", count: 16 - digits.count) + digits
    }.joined()
    path = "\(try #require(hierarchy))/reel-test-\(id).scope"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit { rmdir(path) }

  /// Starts a script in it.
  func start(_ script: String) throws -> RunningCommand {
    try Command("/bin/sh", "-c", "echo $$ >'\(path)/cgroup.procs'; \(script)").start()
  }

  func isFrozen() throws -> Bool {
    try String(contentsOfFile: "\(path)/cgroup.events", encoding: .utf8).contains("frozen 1")
  }

  func thaw() throws { try "0".write(toFile: "\(path)/cgroup.freeze", atomically: false, encoding: .utf8) }
}

/// A loop that opens files of a name with a number, and says when: what happened in a span of time is known from it, however
/// slow the machine is.
struct Ticker {
  let prefix: String
  let running: RunningCommand

  init(_ prefix: String, in group: TestGroup) throws {
    self.prefix = prefix
    running = try group.start(
      "i=0; while :; do i=$((i+1)); echo $(date +%s%N) $i; cat \(prefix)$i 2>/dev/null; sleep 0.05; done")
  }

  /// Files by number, from each of which the opening lies between its time and the next one's.
  var ticks: [(time: Int64, number: Int)] {
    running.outputText.split(separator: "\n", omittingEmptySubsequences: false).dropLast().compactMap { line in
      let words = line.split(separator: " ")
      guard words.count == 2, let time = Int64(words[0]), let number = Int(words[1]) else { return nil }
      return (time, number)
    }
  }

  /// Waits until it has opened files for a while.
  func run(for seconds: Double) async throws {
    try await wait("the loop runs: \(running.errorText)") {
      let ticks = ticks
      guard let first = ticks.first, let last = ticks.last else { return false }
      return Double(last.time - first.time) / 1e9 >= seconds
    }
  }

  /// The names of the files that it surely opened in a span of time.
  func names(from start: Int64, to end: Int64) -> [String] {
    let ticks = ticks
    return zip(ticks, ticks.dropFirst()).filter { $0.time >= start && $1.time <= end }
      .map { "\(prefix)\($0.0.number)" }
  }

  /// A capture has all of the files that were opened in a span of time.
  func expect(
    in capture: Capture, from start: Int64, to end: Int64, location: SourceLocation = #_sourceLocation
  ) async throws {
    let expected = names(from: start, to: end)
    #expect(!expected.isEmpty, sourceLocation: location)
    let found = Set(
      try await capture.events("fd.name startswith \(prefix) and evt.type in (open, openat)", ["fd.name"])
        .compactMap { $0.text("fd.name") })
    let missing = expected.filter { !found.contains($0) }
    #expect(missing.isEmpty, "of \(expected.count) files", sourceLocation: location)
  }
}
