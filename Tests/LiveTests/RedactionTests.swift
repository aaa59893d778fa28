import Foundation
import TestSupport
import Testing

extension Live {
  /// Recordings without the secrets of who is recorded.
  @Suite struct Redaction {
    private static let script = "\(LiveMachine.root)/Tests/LiveTests/workload/secrets.py"

    /// The thirty secrets of a seed, by what they are.
    private func secrets(_ seed: String) async throws -> [(name: String, text: [UInt8])] {
      let listed = try await Command("/usr/bin/python3", "-I", "-S", Self.script, "--list", seed).run()
      let secrets = listed.lines.map { line in
        let parts = line.split(separator: "\t").map(String.init)
        return (parts[0], Array(parts[1].utf8))
      }
      try #require(secrets.count == 30)
      return secrets
    }

    /// Records the workload without compressing anything, so that the file holds what a reader would see.
    private func record(_ directory: String, _ name: String, _ options: [String]) async throws -> Capture {
      let capture = Capture(path: "\(directory)/\(name).reel")
      let work = "\(directory)/\(name)"
      try FileManager.default.createDirectory(atPath: work, withIntermediateDirectories: true)
      let result = try await reel(
        ["record", "-o", capture.path, "--snaplen", "8192", "--env", "all", "--codec", "none"] + options
          + ["--", "/usr/bin/python3", "-I", "-S", Self.script, work, name])
      try #require(result.status == 0, "\(result.errorText)")
      try await capture.expectNothingLost()
      return capture
    }

    /// Which secrets stand in a file as they are.
    private func found(_ secrets: [(name: String, text: [UInt8])], in path: String) throws -> [String] {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
      return secrets.filter { bytes.range(of: Data($0.text)) != nil }.map(\.name)
    }

    private func makeKeys(_ directory: String) async throws {
      for arguments in [
        ["genpkey", "-algorithm", "ed25519", "-out", "\(directory)/key.pem"],
        ["pkey", "-in", "\(directory)/key.pem", "-pubout", "-out", "\(directory)/public.pem"],
      ] {
        let result = try await Command(["openssl"] + arguments).run()
        try #require(result.status == 0, "\(result.errorText)")
      }
    }

    @Test("none of thirty secrets is in a redacted recording, and seals, filters and contents are as ever")
    func recording() async throws {
      try await withTemporaryDirectory { directory in
        try await makeKeys(directory)
        let plain = try await record(directory, "plain", [])
        let planted = try await secrets("plain")
        // The test can find them.
        #expect(try found(planted, in: plain.path) == planted.map(\.name))

        let capture = try await record(
          directory, "redacted", ["--redact", "all", "--seal", "\(directory)/key.pem"])
        #expect(try found(try await secrets("redacted"), in: capture.path) == [])
        let verified = try await reel(["verify", capture.path, "--key", "\(directory)/public.pem"])
        #expect(verified.status == 0, "\(verified.text)")

        // Events, results and sizes are those of the plain recording, whatever else the machine does meanwhile.
        let own = "(proc.cmdline contains secrets.py or proc.pcmdline contains secrets.py)"
        for filter in [
          "evt.type = execve and proc.name = true", "evt.type = write and fd.name contains /file-",
          "evt.type = sendto and fd.type = ipv4 and evt.rawres > 100", "evt.type in (mkdir, bind, connect)",
        ] {
          let counts = try await [plain, capture].asyncMap { try await $0.count("\(own) and \(filter)") }
          #expect(counts[0] == counts[1] && counts[0] > 0, "\(filter): \(counts)")
        }
        // A file that was written and read is one thing with one pseudonym, and filters find it.
        let names = try await capture.events(
          "evt.type = openat and fd.name startswith \(directory)/redacted/redacted-", ["fd.name", "evt.res"])
        #expect(Set(names.compactMap { $0.text("fd.name") }).count == 2, "\(names)")
        let payloads = try await capture.events(
          "evt.type in (read, write) and fd.name endswith /file-1", ["evt.rawarg.data", "evt.rawres"])
        #expect(payloads.count >= 2)
        for row in payloads where row.integer("evt.rawres") ?? 0 > 0 {
          #expect(row.integer("evt.rawres") == row.text("evt.rawarg.data").map { Int64($0.utf8.count) })
          #expect(row.text("evt.rawarg.data")?.hasPrefix("user = joe\npassword = redacted-") == true)
        }
        #expect(Set(payloads.compactMap { $0.text("evt.rawarg.data") }.filter { !$0.isEmpty }).count == 1)

        let info = try await capture.info()
        let redactions = try #require(info["redactions"]?.array)
        #expect(redactions.count == 1)
        let counts = try #require(redactions.first?.object?["counts"]?.object)
        #expect(counts.integer("matches") ?? 0 >= 30 && counts.integer("unseen") == 0)
      }
    }

    @Test("a redacted cut of a sealed capture holds none of them, and its custody says what was changed")
    func cut() async throws {
      try await withTemporaryDirectory { directory in
        try await makeKeys(directory)
        let sealed = try await record(directory, "sealed", ["--seal", "\(directory)/key.pem"])
        let cut = Capture(path: "\(directory)/cut.reel")
        let result = try await reel(["cut", sealed.path, "--redact", "all", "--codec", "none", "-o", cut.path])
        try #require(result.status == 0, "\(result.errorText)")
        #expect(try found(try await secrets("sealed"), in: cut.path) == [])
        #expect(try await cut.count("evt.num >= 0") == sealed.count("evt.num >= 0"))
        let verified = try await reel(["verify", cut.path, "--key", "\(directory)/public.pem", "--json"])
        #expect(verified.status == 0, "\(verified.text)")
        let seals = try #require(try JSONValue.object(line: verified.text)["seals"]?.object)
        let origin = try #require(seals["origins"]?.array?.first?.object)
        #expect(origin["hold"] == .bool(true))
        #expect(origin["redacted"]?.array?.isEmpty == false, "\(verified.text)")
      }
    }
  }
}

extension Array {
  /// The elements, each changed by something that waits.
  fileprivate func asyncMap<Result>(_ change: (Element) async throws -> Result) async throws -> [Result] {
    var results: [Result] = []
    for element in self { results.append(try await change(element)) }
    return results
  }
}
