import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#endif

extension Live {
  /// The guard as `samples/deploy` starts it: with the rights given there, and no more.
  @Suite struct GuardDeploymentTests {
    private static func sample(_ name: String) throws -> String {
      try String(contentsOfFile: "\(LiveMachine.root)/samples/deploy/\(name)", encoding: .utf8)
    }

    /// The capabilities of the unit for systemd, as in `BPF`.
    private static func unitCapabilities() throws -> [String] {
      let key = "CapabilityBoundingSet="
      let line = try #require(try sample("reel-guard.service").split(separator: "\n").first { $0.hasPrefix(key) })
      return line.dropFirst(key.count).split(separator: " ").map { String($0.dropFirst("CAP_".count)) }
    }

    @Test("The unit and the DaemonSet give the same capabilities")
    func capabilities() throws {
      let list = try #require(try Self.sample("reel-guard.yaml").firstMatch(of: /add: \[([^\]]*)\]/)?.output.1)
      let node = list.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
      #expect(Set(node) == Set(try Self.unitCapabilities()))
    }

    @Test("With these capabilities alone it records, captures the past, kills a process and pauses its container")
    func work() async throws {
      let wanted = try Self.unitCapabilities().map { "+\($0.lowercased())" }.joined(separator: ",")
      let restricted = ["/usr/bin/setpriv", "--no-new-privs", "--bounding-set", "-all,\(wanted)"]
      let actions = ["capture: {before: 1s, after: 1s, scope: container}", "process: kill", "container: pause"]
      try await Guarded.run({ Guarded.configuration($0, actions) }, through: restricted) { guarded in
        let group = try TestGroup()
        try await guarded.expectKillAndPause(in: group)
        let record = try #require(try await guarded.finished(1).first)
        #expect(record.text("state") == "done")
        let capture = Capture(path: try #require(record.text("path")))
        #expect(try await capture.count("container.full_id = \(group.id) and fd.name = \(guarded.mark)k") >= 1)
      }
    }
  }
}
