import Foundation
import TestSupport
import Testing

private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().path
private let dataFolder = ProcessInfo.processInfo.environment["REEL_TEST_DATA"]
private let hasSysdig = FileManager.default.isExecutableFile(atPath: "/usr/bin/sysdig")

/// Rules over the samples, as a user runs them.
struct RunTests {
  private func run(_ arguments: String...) throws -> CommandRun { try runReleased(["rules"] + arguments) }

  @Test("A sequence is told once, with the numbers of its events, in order")
  func sequence() throws {
    let capture = root + "/samples/build.reel"
    let alerts = try run("run", capture, "-r", root + "/samples/rules/sequences.yaml", "--json").objects()
    #expect(alerts.count == 1)
    let alert = try #require(alerts.first)
    #expect(alert["rule"] as? String == "Assembled")
    let fields = try #require(alert["output_fields"] as? [String: Any])
    let numbers = try #require(fields["sequence.events"] as? [Int])
    #expect(numbers.count == 2 && numbers == numbers.sorted())
    #expect(fields["evt.num"] as? Int == numbers.last)
    let events = try runReleased(["events", capture, "evt.num = \(numbers[0])", "-p", "%proc.name %fd.name"])
    #expect(events.output.hasSuffix(".s\n"))
  }

  @Test("A list that matches tells what is in it, and one that does not tells the rest")
  func lists() throws {
    let capture = root + "/samples/build.reel"
    let executions = try runReleased(
      ["events", capture, "evt.type in (execve, execveat) and evt.failed = false", "-p", "%evt.num %proc.name"]
    ).lines
    for matching in [true, false] {
      let rules = """
        - list_matching: Compilers
          type: process
          matching: \(matching)
          processes: [cc1, as]
        """
      let path = temporaryPath("yaml")
      defer { removeFile(path) }
      try Data(rules.utf8).write(to: URL(fileURLWithPath: path))
      let alerts = try run("run", capture, "-r", path, "--json").objects()
      let wanted = executions.filter { ($0.hasSuffix(" cc1") || $0.hasSuffix(" as")) == matching }
      let numbers = alerts.compactMap { ($0["output_fields"] as? [String: Any])?["evt.num"] as? Int }
      #expect(!numbers.isEmpty)
      #expect(numbers.map(String.init) == wanted.map { String($0.prefix { $0 != " " }) })
    }
  }

  @Test("The samples have no mistakes, and their rules a state in the report")
  func samples() throws {
    let check = try run("check", root + "/samples/rules", "--strict")
    #expect(check.status == 0, "\(check.output)")
    let rows = try run(
      "run", root + "/samples/build.reel", "-r", root + "/samples/rules", "--report", "rules", "--json"
    )
    .objects()
    #expect(rows.count == 9)
    #expect(Set(rows.compactMap { $0["state"] as? String }).isSubset(of: ["fired", "quiet", "not_judgeable"]))
    #expect(rows.first { $0["rule"] as? String == "Assembled" }?["state"] as? String == "fired")
  }

  @Test("What the capture cannot say of is not called quiet")
  func judgement() throws {
    let rules = """
      - rule: Unknown to the capture
        desc: Its field is not known.
        condition: evt.type = execve and proc.stdin.type = pipe
        output: never
        priority: INFO
        tags: [one]
      """
    let path = temporaryPath("yaml")
    defer { removeFile(path) }
    try Data(rules.utf8).write(to: URL(fileURLWithPath: path))
    let rows = try run("run", root + "/samples/build.reel", "-r", path, "--report", "tags", "--json").objects()
    #expect(rows.count == 1)
    #expect(rows.first?["state"] as? String == "not_judgeable")
    #expect((rows.first?["reason"] as? String)?.contains("proc.stdin.type") == true)
  }

  @Test(
    "What engines did not say of a container is not called quiet",
    arguments: [
      ("container.image.repository = none", "not_judgeable"), ("container.privileged = true", "not_judgeable"),
      ("container.image.repository = shop", "fired"), ("container.id = none", "quiet"),
      ("proc.name = none", "quiet"),
    ])
  func containers(condition: String, state: String) throws {
    let rules = """
      - rule: About containers
        desc: One of the containers has an image, one a name alone, one nothing.
        condition: \(condition)
        output: a container
        priority: INFO
        tags: [one]
      """
    let path = temporaryPath("yaml")
    defer { removeFile(path) }
    try Data(rules.utf8).write(to: URL(fileURLWithPath: path))
    let capture = root + "/formats/conformance/container-frames.reel"
    let rows = try run("run", capture, "-r", path, "--report", "rules", "--json").objects()
    #expect(rows.map { $0["state"] as? String } == [state], "\(rows)")
    if state == "not_judgeable" {
      #expect((rows.first?["reason"] as? String)?.contains("of its 3 containers") == true)
    }
  }

  @Test("Rules that a file lacks, or that are wrong, are refused before anything is read")
  func refused() throws {
    let missing = try run("run", root + "/samples/build.reel", "-r", "/nowhere/rules.yaml")
    #expect(missing.status == 2)
    let wrong = try run(
      "run", root + "/samples/build.reel", "-r", root + "/Tests/RulesTests/mistakes/08-unknown-field.yaml")
    #expect(wrong.status == 2)
    #expect(wrong.error.contains("proc.nme"))
  }

  @Test(
    "The official rules load and run over all captures",
    .enabled(if: dataFolder != nil, "without REEL_TEST_DATA there are no official rules"))
  func official() throws {
    let folder = try #require(dataFolder)
    let check = try run("check", folder + "/rules", "--json")
    #expect(check.status == 0)
    #expect(try check.objects().allSatisfy { $0["severity"] as? String == "warning" })
    let counts = try run("run", folder + "/scap", "-r", folder + "/rules", "--count", "--json", "--matching", "all")
    #expect(counts.status == 0 || counts.status == 3, "\(counts.error)")
    #expect(try counts.objects().contains { ($0["count"] as? Int ?? 0) > 0 })
  }

  @Test(
    "Rules match what sysdig selects with their conditions",
    .enabled(if: dataFolder != nil && hasSysdig, "without REEL_TEST_DATA and sysdig nothing is compared"))
  func sysdig() throws {
    let folder = try #require(dataFolder)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    let program = try ProcessInfo.processInfo.environment["REEL_BINARY"] ?? builtProgram("reel")
    let captures = ["falco-cat_write", "sysflow-setuid-setuid", "sysflow-files-files"]
    process.arguments =
      ["-B", root + "/Tests/RulesTests/peer/compare_rules.py", "--reel", program, "--every", "3", "--rules"]
      + ["falco_rules", "falco-incubating_rules", "falco-sandbox_rules"].map { "\(folder)/rules/\($0).yaml" }
      + ["--"] + captures.map { "\(folder)/scap/\($0).scap" }
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(text)")
  }
}
