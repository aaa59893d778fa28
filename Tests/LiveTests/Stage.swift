import Foundation
import TestSupport
import Testing

/// Where attacks are played: two containers, and a folder of the machine.
struct Stage {
  private let engine: Engine
  private let program: String
  private let ids: [String: String]

  /// A script that was run, and what its alerts have in common.
  struct Act {
    var began: Int64
    var ended: Int64
    /// A container's short id; empty for the machine.
    var container: String
    /// Of the machine: the session that it ran in.
    var session: Int64?

    func contains(_ alert: AttackAlert) -> Bool {
      guard alert.time >= began, alert.time <= ended else { return false }
      return container.isEmpty ? alert.session == session : alert.container == container
    }
  }

  init(_ engine: Engine) async throws {
    self.engine = engine
    program = try await Workload.program("attack")
    let sleep = "while true; do sleep 1; done"
    let mount = ["-v", "\(program):/bin/attack:ro"]
    ids = [
      "plain": try await engine.run("plain", sleep, options: mount),
      "mighty": try await engine.run(
        "mighty", sleep, options: mount + ["--cap-add", "SYS_ADMIN", "--cap-add", "SYS_MODULE"]),
    ]
    try FileManager.default.createDirectory(
      atPath: "\(engine.folder)/stage", withIntermediateDirectories: true)
  }

  func play(_ script: Attack.Script) async throws -> Act {
    let name = script.place == .mighty ? "mighty" : "plain"
    var act = Act(began: Stage.now(), ended: 0, container: "", session: nil)
    switch script.place {
    case .host:
      var command = Command(["setsid", "--wait", "sh", "-c", "echo $$; \(script.text)"])
      command.environment = ["DIR": "\(engine.folder)/stage", "ATTACK": program]
      let result = try await command.run()
      try #require(result.status == 0, "\(script.text): \(result.errorText)")
      act.session = Int64(try #require(result.lines.first))
    case .container, .mighty: try await engine.exec(name, script.text)
    case .terminal: try await engine.terminal(name, script.text)
    }
    act.ended = Stage.now()
    if script.place != .host { act.container = String(try #require(ids[name]).prefix(12)) }
    return act
  }

  private static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

/// What an alert says of where and when.
struct AttackAlert {
  let rule: String
  let time: Int64
  let container: String
  let session: Int64?
  /// The path of its capture.
  let capture: String?

  /// An alert as it is told, with `%evt.rawtime %container.id %proc.sid` in its output; `nil` for a notice of another kind.
  init?(json line: String) throws {
    let alert = try JSONValue.object(line: line)
    guard case .object(let fields)? = alert["output_fields"], let rule = alert["rule"]?.text else { return nil }
    guard let time = fields["evt.rawtime"]?.integer else { return nil }
    self.rule = rule
    self.time = time
    container = fields["container.id"]?.text ?? ""
    session = fields["proc.sid"]?.integer
    capture = fields["capture.path"]?.text
  }
}
