import Foundation
import TestSupport
import Testing

extension Live {
  /// The guard beside Docker: what it does to containers, and what becomes of it when Docker ends and comes back.
  @Suite(.enabled(if: Engine.present.contains(.docker), "Docker is not installed: scripts/setup --test-engines"))
  struct EngineGuard {
    private static let rules = ["stop", "pause", "kill", "tell"].map { action in
      """
      - rule: Wants \(action)
        desc: a file is opened in a container that asks for an action
        condition: evt.type in (open, openat, openat2) and fd.name = /tmp/mark_\(action) and container.id != host
        output: "%container.name %container.id %fd.name"
        priority: WARNING
      """
    }.joined(separator: "\n")

    private static func configuration(_ folder: String, _ socket: String) -> String {
      let policies = [
        ("stop", "container: stop, grace: 2s"), ("pause", "container: pause"), ("kill", "container: kill"),
      ]
      .map { "  - {name: \($0.0), rules: [Wants \($0.0)], actions: [{\($0.1)}, {notify: [told]}]}" }
      return """
        captures: {directory: \(folder)/captures}
        control: {socket: \(folder)/control}
        rules_files: [\(folder)/rules.yaml]
        engines: ["\(socket)"]
        notify: {told: {stdout: json}}
        spool: {directory: \(folder)/spool}
        policies:
        \(policies.joined(separator: "\n"))
          - {name: tell, rules: [Wants tell], actions: [{notify: [told]}]}
        """
    }

    /// A container that stands still until it is told to open a file, and lives on.
    private static func script(_ action: String) -> String {
      "while [ ! -e /tmp/go ]; do sleep 0.1; done; cat /tmp/mark_\(action); while true; do sleep 1; done"
    }

    @Test("Docker's containers are stopped, paused and killed, and Docker knows")
    func actions() async throws {
      try await Engine.with(.docker) { engine in
        try await withTemporaryDirectory { folder in
          let socket = try #require(engine.kind.socket(engine.folder))
          let guarded = try await Guarded.start(folder, Self.rules, Self.configuration(folder, socket))
          defer { guarded.running.killGroup() }
          for action in ["stop", "pause", "kill", "none"] {
            _ = try await engine.run(action, Self.script(action))
          }
          for action in ["stop", "pause", "kill", "none"] { try await engine.exec(action, ": >/tmp/go") }
          for (action, status) in [("stop", "exited"), ("pause", "paused"), ("kill", "exited"), ("none", "running")] {
            var found = ""
            for _ in 0..<600 where found != status {
              found = try await engine.status(action)
              if found != status { try await Task.sleep(for: .milliseconds(100)) }
            }
            #expect(found == status, "\(action): \(guarded.errorText)")
          }
          try await engine.unpause("pause")
          #expect(guarded.said("was not done") == 0, "\(guarded.errorText)")
          try await guarded.end()
        }
      }
    }

    @Test("Docker ends and comes back: the guard goes on, and names the containers of then")
    func restart() async throws {
      try await Engine.with(.docker) { engine in
        try await withTemporaryDirectory { folder in
          let socket = try #require(engine.kind.socket(engine.folder))
          let guarded = try await Guarded.start(folder, Self.rules, Self.configuration(folder, socket))
          defer { guarded.running.killGroup() }
          func alerts() -> [String] { guarded.running.outputText.split(separator: "\n").map(String.init) }
          for (number, name) in ["before", "behind"].enumerated() {
            _ = try await engine.run(name, Self.script("tell"))
            try await engine.exec(name, ": >/tmp/go")
            try await wait("an alert of '\(name)': \(alerts()) \(guarded.errorText)") { alerts().count > number }
            #expect(alerts()[number].contains("\"container.name\":\"\(name)\""), "\(alerts())")
            if number == 0 { try await engine.restart() }
          }
          #expect(guarded.errorText.split(separator: "\n").filter { $0.contains("docker.sock") }.count <= 1)
          try await guarded.end()
        }
      }
    }
  }
}
