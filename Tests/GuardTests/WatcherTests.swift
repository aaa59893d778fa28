import CaptureFormat
import EventBatch
import Query
import Rules
import TestSupport
import Testing

@testable import Guard

/// What of live batches fires which policies.
@Suite struct WatcherTests {
  private static let web = String(repeating: "a", count: 64)

  private func compiled(_ rules: String, _ policies: [Policy]) throws -> CompiledPolicies {
    let set = RulesLoader.load([RulesText(name: "r.yaml", rules)])
    #expect(!set.hasErrors, "\(set.diagnostics)")
    var configuration = GuardConfiguration()
    configuration.policies = policies
    return try CompiledPolicies(configuration, set.rules, schema: .builtIn)
  }

  private func policy(_ name: String, _ rules: [String], scope: String? = nil) -> Policy {
    var policy = Policy(name: name)
    policy.rules = rules
    policy.scope = scope
    return policy
  }

  private static let rules = """
    - rule: Passwords
      desc: d
      condition: evt.type = close and fd.name = /etc/shadow
      output: "%proc.name %fd.name"
      priority: WARNING
    - rule: Image
      desc: d
      condition: evt.type = close and fd.name = /etc/shadow and not container.image startswith good
      output: "%proc.name"
      priority: WARNING
    - rule: Unused
      desc: d
      condition: evt.type = read
      output: "x"
      priority: WARNING
    """

  /// The host reads the file, then a container of whose image nothing is known by rows.
  private func batch() -> EventBatch {
    var machine = MachineMaker()
    let host = machine.process(1, "init")
    let inside = machine.process(10, "cat", parent: host, container: Self.web)
    let file = machine.file("/etc/shadow")
    machine.event("close", at: 10, of: host, object: file, ["fd": 1])
    machine.event("close", at: 20, of: inside, object: file, ["fd": 1])
    machine.event("close", at: 30, of: inside, object: machine.file("/tmp/x"), ["fd": 1])
    return machine.finish()
  }

  @Test("Policies fire where their scope holds, each by itself; types that no policy's rule is about are not looked at")
  func scopes() throws {
    let compiled = try compiled(
      Self.rules,
      [
        policy("all", ["Passwords"]), policy("host", ["Passwords"], scope: "container.id = host"),
        policy("inside", ["Passwords"], scope: "container.id != host"),
        policy("nobody", ["Passwords"], scope: "proc.name = x"),
      ])
    #expect(compiled.engine.rules.map(\.name) == ["Passwords"])
    #expect(!compiled.captures)
    var watcher = Watcher(compiled)
    let found = watcher.take(batch(), ScanContext(hostname: "h"), now: 100)
    #expect(found.map { $0.policies.map { compiled.policies[$0].name } } == [["all", "host"], ["all", "inside"]])
    #expect(found.map(\.subject.container) == ["", Self.web])
    #expect(found.map { $0.subject.line.map(\.pid) } == [[1], [10, 1]])
    #expect(found.map(\.alert.number) == [1, 2])
  }

  @Test("A rule that asks for an image is asked again when it is known, of events of that container alone")
  func pending() throws {
    let compiled = try compiled(Self.rules, [policy("p", ["Passwords", "Image"])])
    #expect(compiled.needs == [.nothing, .toDecide])
    func names(_ triggers: [Trigger]) -> [String] {
      triggers.map { "\(compiled.engine.rules[$0.rule].name)@\($0.alert.time)" }
    }
    let known = { (image: String) in
      ScanContext(containers: [ContainerInfo(id: Self.web, texts: ["name": "n", "image": image])])
    }
    for (image, later) in [("good:1", []), ("bad:1", ["Image@20"])] {
      var watcher = Watcher(compiled)
      let first = watcher.take(batch(), ScanContext(), now: 100)
      #expect(names(first) == ["Passwords@10", "Image@10", "Passwords@20"])
      #expect(names(watcher.takeWaiting(ScanContext(), now: 200)) == [])
      #expect(watcher.isWaiting)
      #expect(names(watcher.takeWaiting(known(image), now: 300)) == later)
      #expect(!watcher.isWaiting)
    }
    // What never becomes known is not waited for without end.
    var watcher = Watcher(compiled)
    _ = watcher.take(batch(), ScanContext(), now: 100)
    #expect(names(watcher.takeWaiting(ScanContext(), now: 2_000_000_000)) == ["Image@20"])
    #expect(names(watcher.take(batch(), ScanContext(), now: 3_000_000_000)).count == 4)
  }

  @Test("A policy that names a rule which is not there is refused")
  func unknownRule() {
    #expect(throws: GuardSetupError.self) { _ = try compiled(Self.rules, [policy("p", ["No such rule"])]) }
  }

  @Test("Notices of one rule, policy and scope are apart; what was not told is counted")
  func throttle() {
    var throttle = Throttle()
    func pass(_ now: Int64, scope: String = "a", period: Int64 = 10) -> UInt64? {
      throttle.pass(rule: "r", policy: "p", scope: scope, period: period, now: now)
    }
    #expect(pass(0) == 0)
    #expect(pass(5) == nil)
    #expect(pass(5, scope: "b") == 0)
    #expect(pass(9) == nil)
    #expect(pass(10) == 2)
    #expect(pass(19) == nil)
    #expect(pass(19, period: 0) == 0)
  }

  @Test("A container is meant by its id, its name, or the beginning of one, when no other one is")
  func words() {
    let known = Dictionary(
      uniqueKeysWithValues: [("abc1", "web"), ("abd2", "web-2"), ("f00d", nil)].map { id, name in
        (id, ContainerInfo(id: id, texts: name.map { ["name": $0] } ?? [:]))
      })
    func find(_ word: String) -> String {
      switch GuardDaemon.container(word, in: known) {
      case .success(let id): id
      case .failure(let error): error.kind.rawValue
      }
    }
    for (word, expected) in [
      ("abc1", "abc1"), ("abc", "abc1"), ("ab", "ambiguous"), ("web", "abc1"), ("web-", "abd2"), ("f0", "f00d"),
      ("x", "unknown"), ("", "ambiguous"),
    ] {
      #expect(find(word) == expected, "\(word)")
    }
  }
}
