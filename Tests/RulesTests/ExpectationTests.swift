import Foundation
import TestSupport
import Testing

private let dataFolder = ProcessInfo.processInfo.environment["REEL_TEST_DATA"]

/// What the ecosystem's own regression tests expect of rules files and captures.
///
/// They were made by an engine that sees two events for each call. Where a count differs for that reason alone, the right
/// one stands in `counts`. What needs a configuration file of the ecosystem's daemon is not run.
@Suite(.enabled(if: dataFolder != nil, "without REEL_TEST_DATA there are no expectations"))
struct ExpectationTests {
  /// Counts of one event a call, by test and rule: checked with sysdig, which shows the ends of calls alone when it is asked
  /// for them.
  static let counts: [String: [String: Int]] = [
    "rule_names_with_regex_chars": [#"Open From Cat ($\.*+?()[]{}|^)"#: 4],
    "multiple_rules_suppress_info": ["open_from_cat": 4, "exec_from_cat": 1, "access_from_cat": 0],
    "syscalls": ["detect_madvise": 2, "detect_open": 2],
    "catchall_order": ["open_dev_null": 1, "dev_null": 3],
  ]

  struct Case: CustomTestStringConvertible, Sendable {
    let index: Int
    let name: String
    var testDescription: String { name }
  }

  static func objects() throws -> [[String: Any]] {
    guard let dataFolder else { return [] }
    let data = try Data(contentsOf: URL(fileURLWithPath: dataFolder + "/expect/falco-rule-tests.json"))
    return try JSONSerialization.jsonObject(with: data) as? [[String: Any]] ?? []
  }

  static let cases: [Case] = {
    guard let objects = try? objects() else { return [] }
    return objects.enumerated().compactMap { index, object in
      object["conf_file"] == nil ? Case(index: index, name: object["test"] as? String ?? "") : nil
    }
  }()

  @Test("There are cases, and those that are not run are these")
  func coverage() throws {
    let objects = try ExpectationTests.objects()
    let left = objects.filter { $0["conf_file"] != nil }.compactMap { $0["test"] as? String }
    #expect(ExpectationTests.cases.count == 120)
    #expect(
      left.sorted() == [
        "file_output_strict", "grpc_unix_socket_outputs", "monitor_syscall_drops_alert", "monitor_syscall_drops_exit",
        "monitor_syscall_drops_ignore", "monitor_syscall_drops_ignore_and_log", "monitor_syscall_drops_log",
        "monitor_syscall_drops_none", "monitor_syscall_drops_threshold_neg", "monitor_syscall_drops_threshold_oor",
        "program_output_strict", "stdout_output_json_strict", "stdout_output_strict",
      ])
  }

  @Test("What is expected holds", arguments: cases)
  func holds(_ item: Case) async throws {
    let object = try ExpectationTests.objects()[item.index]
    let folder = try #require(dataFolder) + "/expect/"
    func paths(_ key: String) -> [String] {
      let values = object[key] as? [String] ?? (object[key] as? String).map { [$0] } ?? []
      return values.map { folder + $0 }
    }
    if !paths("validate_rules_file").isEmpty {
      try validate(object, paths("validate_rules_file"))
    } else {
      let rules = paths("rules_file")
      let trace = try #require(paths("trace_file").first)
      // Without rules the official ones are meant.
      let stable = [try #require(dataFolder) + "/rules/falco_rules.yaml"]
      try detect(object, item.name, rules.isEmpty ? stable : rules, trace)
    }
  }

  /// Problems are compared by code and item: messages are those of this project.
  private func validate(_ object: [String: Any], _ files: [String]) throws {
    let result = try runReleased(["rules", "check", "--json"] + files)
    struct Problem: Hashable { let kind, name, code: String }
    let found = Set(
      try result.objects().map {
        Problem(
          kind: $0["item_type"] as? String ?? "", name: $0["item_name"] as? String ?? "",
          code: $0["code"] as? String ?? "")
      })
    for key in ["validate_errors", "validate_warnings"] {
      for wanted in object[key] as? [[String: Any]] ?? [] {
        // The code had this name before.
        let code = (wanted["code"] as? String)?.replacing("LOAD_UNKNOWN_FIELD", with: "LOAD_UNKNOWN_FILTER") ?? ""
        let problem = Problem(
          kind: wanted["item_type"] as? String ?? "", name: wanted["item_name"] as? String ?? "", code: code)
        #expect(found.contains(problem), "\(problem) is not among: \(result.output)")
      }
    }
    #expect(result.status == (object["validate_errors"] == nil ? 0 : 2))
    try checkTypes(object, files)
  }

  /// The types of events that rules are about, where that is not "all": here it is worked out more closely.
  private func checkTypes(_ object: [String: Any], _ files: [String]) throws {
    guard let events = object["rules_events"] as? [[String: [String]]] else { return }
    let described = try runReleased(["rules", "list", "--json", "-r"] + files).objects()
    for entry in events {
      for (rule, types) in entry where types != ["all"] {
        let own = described.first { $0["rule"] as? String == rule }
        #expect(own?["event_types"] as? [String] == types, "\(rule)")
      }
    }
  }

  private func detect(_ object: [String: Any], _ name: String, _ rules: [String], _ trace: String) throws {
    var arguments = ["rules", "run", trace, "-r"] + rules
    for rule in object["disabled_rules"] as? [String] ?? [] {
      arguments += ["--no-rule", rule.hasSuffix(".*") ? String(rule.dropLast(2)) + "*" : "*\(rule)*"]
    }
    for tag in object["disable_tags"] as? [String] ?? [] { arguments += ["--no-tag", tag] }
    for tag in object["run_tags"] as? [String] ?? [] { arguments += ["--tag", tag] }
    if let priority = object["priority"] as? String { arguments += ["--priority", priority] }
    if object["exit_status"] as? Int == 1 {
      #expect(try runReleased(arguments).status == 2)
      return
    }
    let alerts = try runReleased(arguments + ["--json"])
    // No rule may be left: then there is nothing to detect.
    #expect(alerts.status == 0 || alerts.error.contains("no rule is left"), "\(alerts.error)")
    let objects = try alerts.objects()
    if let isDetected = object["detect"] as? Bool { #expect(objects.isEmpty != isDetected, "\(alerts.output)") }
    if object["detect"] as? Bool == true {
      let levels = object["detect_level"] as? [String] ?? (object["detect_level"] as? String).map { [$0] } ?? []
      let found = Set(objects.compactMap { ($0["priority"] as? String)?.uppercased() })
      for level in levels {
        #expect(found.contains(level == "INFO" ? "INFORMATIONAL" : level), "no alert is as bad as \(level): \(found)")
      }
    }
    for (rule, count) in object["detect_counts"] as? [String: Int] ?? [:] {
      let wanted = ExpectationTests.counts[name]?[rule] ?? count
      #expect(objects.count { $0["rule"] as? String == rule } == wanted, "\(rule)")
    }
    try checkText(object, arguments)
  }

  private func checkText(_ object: [String: Any], _ arguments: [String]) throws {
    guard let pattern = object["stdout_contains"] as? String else { return }
    var arguments = arguments
    if object["json_output"] as? Bool == true { arguments.append("--json") }
    if object["json_include_output_property"] as? Bool == false { arguments += ["--json-without", "output"] }
    if object["json_include_tags_property"] as? Bool == false { arguments += ["--json-without", "tags"] }
    if object["time_iso_8601"] as? Bool == true { arguments.append("--iso") }
    let text = try runReleased(arguments).output
    let expression = try NSRegularExpression(pattern: pattern)
    #expect(expression.firstMatch(in: text, range: NSRange(text.startIndex..., in: text)) != nil, "\(pattern): \(text)")
  }

  @Test("Alerts look as the ecosystem's engine writes them", arguments: ["txt", "json"])
  func form(_ form: String) throws {
    let folder = try #require(dataFolder) + "/expect/"
    let wanted = try String(contentsOfFile: folder + "output_files/single_rule_with_cat_write.\(form)", encoding: .utf8)
    let result = try runReleased(
      [
        "rules", "run", folder + "../scap/falco-cat_write.scap", "--iso", "-r",
        folder + "rules/single_rule_with_tags.yaml",
      ]
        + (form == "json" ? ["--json"] : []))
    // Of each call the later of the two events.
    let lines = wanted.split(separator: "\n").map(String.init)
    let later = stride(from: 1, to: lines.count, by: 2).map { lines[$0] }
    guard form == "json" else {
      #expect(result.lines == later)
      return
    }
    let objects = try result.objects()
    #expect(objects.count == later.count)
    for (own, line) in zip(objects, later) {
      let theirs = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
      for key in ["output", "priority", "rule", "source", "time"] {
        #expect(own[key] as? String == theirs[key] as? String)
      }
      #expect(own["tags"] as? [String] == theirs["tags"] as? [String])
      let fields = try #require(own["output_fields"] as? [String: Any])
      let theirFields = try #require(theirs["output_fields"] as? [String: Any])
      #expect(fields["proc.cmdline"] as? String == theirFields["proc.cmdline"] as? String)
      #expect(fields["evt.num"] is Int)
    }
  }
}
