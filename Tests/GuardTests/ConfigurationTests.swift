import Delivery
import Foundation
import Guard
import TestSupport
import Testing

/// What a configuration without mistakes says.
struct ConfigurationTests {
  static let whole = """
    rules_files: [rules.yaml]
    engines: ["unix:///run/other.sock"]
    captures:
      directory: captures
      keep_bytes: 2GiB
      keep_age: 7d
      keep_count: 100
      ship:
        s3: {endpoint: "https://s3.example.com:9000", bucket: captures, prefix: "node1/", region: eu-west-1,
             access_key: file:key, secret_key: file:key}
    flight_recorder: {memory: 16MiB, seconds: 30}
    spool: {directory: spool, keep_bytes: 1MiB}
    control: {socket: guard.sock}
    metrics: {listen: "127.0.0.1:9090"}
    notify:
      out: {stdout: text}
      log: {file: alerts.json}
      system: {syslog: /dev/log}
      siem: {syslog: {address: "tls://siem.example.com:6514"}}
      slack: {webhook: {url: file:hook, shape: slack}}
      alerts: {webhook: {url: "https://alerts.example.com/api/v2/alerts", shape: alertmanager, headers: {X-Key: file:key}}}
      splunk: {splunk: {url: "https://splunk.example.com:8088", token: file:key, index: main}}
      search: {elastic: {url: "https://search.example.com:9200", index: reel, authorization: file:key}}
    policies:
      - name: Shells
        description: What it says
        severity: 2
        scope: container.id != host
        rules:
          - Shell started
          - tag: network
          - sequence: One after the other
            within: 10s
            steps: [evt.type = open, evt.type = connect]
            output: both
            priority: ERROR
          - list_matching: Calls
            type: syscall
            matching: true
            syscalls: [ptrace]
        actions:
          - capture: {before: 10s, after: 20s, scope: tree, filter: evt.type != read, snaplen: 200,
                      name: "%policy.name-%proc.name-%capture.id", max_size: 100MiB}
          - notify: [out, siem]
          - container: stop
            grace: 3s
          - process: kill
        throttle: 5m
      - {name: Everything else, rules: ["*"], except: [Shell*], actions: [capture, {container: pause}, {container: kill}],
         enabled: false, dry_run: true}
    """
  static let rules = """
    - rule: Shell started
      desc: d
      condition: evt.type = execve and proc.name = sh
      output: x
      priority: WARNING
      enabled: false
    - rule: Connected
      desc: d
      condition: evt.type = connect
      output: x
      priority: NOTICE
      tags: [network]
    """

  private func load(_ body: (LoadedGuard, String) throws -> Void) async throws {
    try await withTemporaryDirectory { folder in
      try writeFile(folder + "/guard.yaml", Array(Self.whole.utf8))
      try writeFile(folder + "/rules.yaml", Array(Self.rules.utf8))
      for (name, content) in [("key", "secret\nmore\n"), ("hook", "https://hooks.example.com/services/T0/B0\n")] {
        try writeFile("\(folder)/\(name)", Array(content.utf8))
        chmod("\(folder)/\(name)", 0o600)
      }
      chmod(folder + "/guard.yaml", 0o644)
      try body(GuardConfigurationLoader.load(path: folder + "/guard.yaml"), folder)
    }
  }

  @Test("Every key is read, and paths are relative to the file")
  func whole() async throws {
    try await load { loaded, folder in
      #expect(loaded.diagnostics.map(\.description) == [])
      let configuration = loaded.configuration
      #expect(configuration.rulesFiles == [folder + "/rules.yaml"])
      #expect(loaded.files == [folder + "/guard.yaml", folder + "/rules.yaml"])
      #expect(configuration.engines == ["unix:///run/other.sock"])
      #expect(configuration.captures.directory == folder + "/captures")
      #expect(configuration.captures.keepBytes == 2 << 30)
      #expect(configuration.captures.keepAge == Int64(604_800_000_000_000))
      #expect(configuration.captures.keepCount == 100)
      guard case .s3(let store) = configuration.captures.ship else {
        Issue.record("no store")
        return
      }
      #expect(store.prefix == "node1/" && store.region == "eu-west-1" && store.accessKey == Secret("secret"))
      #expect(configuration.flightRecorder.memory == 16 << 20)
      #expect(configuration.flightRecorder.time == 30_000_000_000)
      #expect(configuration.spool.directory == folder + "/spool" && configuration.spool.bytes == 1 << 20)
      #expect(configuration.control.socket == folder + "/guard.sock")
      #expect(configuration.metricsListen == "127.0.0.1:9090")
      #expect(configuration.channels.count == 8)
      #expect(configuration.channels["out"] == .standardOutput(isJSON: false))
      #expect(configuration.channels["log"] == .file(path: folder + "/alerts.json"))
      #expect(configuration.channels["system"] == .syslog(address: "/dev/log", certificateAuthorities: nil))
      guard case .webhook(let slack) = configuration.channels["slack"] else {
        Issue.record("no webhook")
        return
      }
      #expect(slack.url == "https://hooks.example.com/services/T0/B0" && slack.shape == .slack)
      #expect(configuration.channels["slack"]?.place == "https://hooks.example.com")
    }
  }

  @Test(
    "What captures must not show comes from rules by name and from files; a command that ships has a time of its own")
  func redaction() async throws {
    try await withTemporaryDirectory { folder in
      let own = "use: [secrets]\nrules: [{name: staff-number, match: 'staff/([0-9]{6})'}]\n"
      try writeFile(folder + "/own.yaml", Array(own.utf8))
      let text = """
        captures: {redact: [own.yaml, all], redact_key: env:KEY, ship: {command: /bin/true, timeout: 90s}}
        policies: [{name: p, rules: [{list_matching: c, type: syscall, syscalls: [ptrace]}], actions: [capture]}]
        """
      setenv("KEY", String(repeating: "0f", count: 16), 1)
      let loaded = GuardConfigurationLoader.load(text: text, folder: folder)
      #expect(loaded.diagnostics.map(\.description) == [])
      let names = loaded.configuration.redaction.rules.map(\.name)
      #expect(names.first == "staff-number" && names.contains("card-number"))
      #expect(Set(names).count == names.count)
      #expect(loaded.configuration.redaction.key != nil)
      #expect(loaded.files.contains(folder + "/own.yaml"))
      #expect(loaded.configuration.captures.ship == .command(["/bin/true"], timeout: 90_000_000_000))
    }
  }

  @Test("A policy has the rules that it names, tags, and brings along, and its actions in order")
  func policies() async throws {
    try await load { loaded, _ in
      let policy = try #require(loaded.configuration.policies.first)
      #expect(policy.rules == ["Shell started", "Connected", "One after the other", "Calls"])
      #expect(policy.severity == 2 && policy.throttle == 300_000_000_000 && policy.scope == "container.id != host")
      var capture = CaptureAction()
      capture.before = 10_000_000_000
      capture.after = 20_000_000_000
      capture.scope = .tree
      capture.filter = "evt.type != read"
      capture.snapLength = 200
      capture.name = "%policy.name-%proc.name-%capture.id"
      capture.maxSize = 100 << 20
      #expect(
        policy.actions == [
          .capture(capture), .notify(["out", "siem"]), .container(.stop(grace: 3_000_000_000)), .killProcess,
        ])
      // One that is named is on, whatever the rules file says.
      #expect(loaded.rules.rules.first { $0.name == "Shell started" }?.isEnabled == true)
      let other = loaded.configuration.policies[1]
      #expect(other.rules == ["Connected", "One after the other", "Calls"])
      #expect(!other.isEnabled && other.isDryRun)
      #expect(other.actions == [.capture(CaptureAction()), .container(.pause), .container(.kill)])
    }
  }

  @Test("A file that others may write, and a secret that others may read, are told")
  func modes() async throws {
    try await withTemporaryDirectory { folder in
      let text = "notify: {a: {splunk: {url: \"https://127.0.0.1\", token: file:key}}}\n"
      try writeFile(folder + "/guard.yaml", Array(text.utf8))
      try writeFile(folder + "/key", Array("hunter2\n".utf8))
      chmod(folder + "/guard.yaml", 0o666)
      chmod(folder + "/key", 0o644)
      let loaded = GuardConfigurationLoader.load(path: folder + "/guard.yaml")
      #expect(!loaded.hasErrors)
      #expect(loaded.diagnostics.map(\.message).contains { $0.contains("others may write to this file") })
      #expect(loaded.diagnostics.map(\.message).contains { $0.contains("others may read the secret") })
      #expect(!loaded.diagnostics.contains { $0.description.contains("hunter2") })
    }
  }

  @Test("A configuration that is not there is a message, not an end")
  func missing() {
    let loaded = GuardConfigurationLoader.load(path: "/no/such/guard.yaml")
    #expect(loaded.hasErrors)
    #expect(
      loaded.diagnostics.first?.description.hasPrefix(
        "/no/such/guard.yaml:1:1: error: the configuration cannot be opened") == true)
  }

  @Test(
    "Only loopback is listened on",
    arguments: [
      ("127.0.0.1:9090", true), ("127.9.9.9:1", true), ("localhost:80", true), ("[::1]:9090", true),
      ("0.0.0.0:9090", false),
      ("[::]:9090", false), ("10.0.0.1:9090", false), ("[::ffff:10.0.0.1]:1", false),
    ])
  func loopback(text: String, isLoopback: Bool) throws {
    let address = try #require(ListenAddress(text))
    #expect(address.isLoopback == isLoopback)
  }

  @Test(
    "What is no address is none", arguments: ["", ":", "9090", "host:1", "127.0.0.1:70000", "[::1:9090", "127.0.0.1"])
  func noAddress(text: String) { #expect(ListenAddress(text) == nil) }

  @Test("The reference in the repository is the one that is printed")
  func reference() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appendingPathComponent("../../formats/guard.md")
    #expect(
      try String(contentsOf: file, encoding: .utf8) == ConfigurationTable.markdown,
      "reel guard reference > formats/guard.md")
  }
}
