import Foundation
import TestSupport
import Testing

private let rulesFolder = ProcessInfo.processInfo.environment["REEL_TEST_DATA"].map { $0 + "/rules" }

extension Live {
  /// Attacks and harmless twins, told by the official rules.
  @Suite(
    .enabled(if: rulesFolder != nil, "without REEL_TEST_DATA there are no official rules"),
    .enabled(if: Engine.present.contains(.docker), "Docker is not installed: scripts/setup --test-engines"))
  struct EngineAttacks {
    @Test("twenty attacks fire their rules, and their harmless twins none")
    func attacks() async throws {
      let rules = try #require(rulesFolder)
      // Which layer a program is from can be told of overlays alone.
      try await Engine.with(.docker, environment: ["REEL_DOCKER_STORAGE": "overlay2"]) { engine in
        let stage = try await Stage(engine)
        let capture = Capture(path: "\(engine.folder)/attacks.reel")
        let recorder = try reelCommand(recordArguments(capture.path, engine)).start()
        defer { recorder.killGroup() }
        try await waitUntilAttached(recorder)
        var attacks: [Stage.Act] = []
        var twins: [Stage.Act] = []
        for attack in Attack.all {
          attacks.append(try await stage.play(attack.attack))
          twins.append(try await stage.play(attack.twin))
        }
        recorder.send(SIGINT)
        #expect(try await recorder.result().status == 0)
        try await capture.expectNothingLost()

        let alerts = try await Self.alerts(capture, rules)
        let names = Set(Attack.all.map(\.rule))
        for (index, attack) in Attack.all.enumerated() {
          let fired = alerts.filter { attacks[index].contains($0) }.compactMap { $0.rule }
          #expect(
            fired.contains(attack.rule),
            "\(attack.rule) in \(attacks[index]): \(alerts.filter { $0.rule == attack.rule })")
          let others = alerts.filter { twins[index].contains($0) && names.contains($0.rule) }.map(\.rule)
          #expect(others.isEmpty, "the twin of '\(attack.rule)'")
        }
      }
    }

    @Test(
      "the same through a guard with all official rules, which captures or tells alone", arguments: [true, false])
    func guarded(captures: Bool) async throws {
      let rules = try #require(rulesFolder)
      try await Engine.with(.docker, environment: ["REEL_DOCKER_STORAGE": "overlay2"]) { engine in
        try await withTemporaryDirectory { folder in
          let stage = try await Stage(engine)
          let names = Set(Attack.all.map(\.rule))
          // What tells when and where an alert was.
          let appended = names.sorted().map {
            "- rule: \($0)\n  output: \" %evt.rawtime %container.id %proc.sid\"\n  override: {output: append}"
          }.joined(separator: "\n")
          let socket = try #require(engine.kind.socket(engine.folder))
          let guarded = try await Guarded.start(
            folder, appended,
            """
            captures: {directory: \(folder)/captures}
            control: {socket: \(folder)/control}
            spool: {directory: \(folder)/spool}
            engines: ["\(socket)"]
            rules_files: ["\(rules)", "\(folder)/rules.yaml"]
            notify: {told: {file: "\(folder)/alerts"}}
            policies:
              - name: attacks
                rules: [\(names.sorted().map { "\"\($0)\"" }.joined(separator: ", "))]
                actions:
                  - notify: [told]
            \(captures ? "      - capture: {before: 1s, after: 1s, scope: container}" : "")
              - {name: others, rules: ["*"]}
            """)
          defer { guarded.running.killGroup() }
          var attacks: [Stage.Act] = []
          var twins: [Stage.Act] = []
          for attack in Attack.all {
            attacks.append(try await stage.play(attack.attack))
            twins.append(try await stage.play(attack.twin))
          }
          // What was told of comes out at the end, too.
          try await guarded.end()
          let lines = try String(contentsOfFile: "\(folder)/alerts", encoding: .utf8).split(separator: "\n")
          let alerts = try lines.compactMap { try AttackAlert(json: String($0)) }
          for (index, attack) in Attack.all.enumerated() {
            let own = alerts.filter { attacks[index].contains($0) && $0.rule == attack.rule }
            #expect(!own.isEmpty, "\(attack.rule) in \(attacks[index]): \(alerts.filter { $0.rule == attack.rule })")
            if captures {
              for alert in own {
                #expect(alert.capture.map { FileManager.default.fileExists(atPath: $0) } == true, "\(attack.rule)")
              }
            }
            let others = alerts.filter { twins[index].contains($0) && names.contains($0.rule) }.map(\.rule)
            #expect(others.isEmpty, "the twin of '\(attack.rule)'")
          }
        }
      }
    }

    private static func alerts(_ capture: Capture, _ rules: String) async throws -> [AttackAlert] {
      let result = try await reel([
        "rules", "run", capture.path, "-r", rules, "--json", "--matching", "all", "--append",
        "%evt.rawtime %container.id %proc.sid",
      ])
      try #require(result.status == 0, "\(result.errorText)")
      return try result.lines.compactMap { try AttackAlert(json: $0) }
    }
  }
}
