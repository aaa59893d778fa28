import Foundation
import Guard
import TestSupport
import Testing

/// The samples are what they say: complete and without a mistake.
struct SamplesTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../samples/policies").standardizedFileURL.path

  @Test("Each of the samples is accepted")
  func accepted() async throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder).filter { $0.hasSuffix(".yaml") }
    #expect(files.count >= 4)
    for file in files { try await expectAccepted(file) }
  }

  private func expectAccepted(_ file: String) async throws {
    try await withTemporaryDirectory { folder in
      // A copy, beside which its secrets can be.
      let manager = FileManager.default
      try manager.copyItem(atPath: Self.folder + "/../rules", toPath: folder + "/rules")
      try manager.createDirectory(atPath: folder + "/policies/secrets", withIntermediateDirectories: true)
      try manager.copyItem(atPath: "\(Self.folder)/\(file)", toPath: "\(folder)/policies/\(file)")
      chmod("\(folder)/policies/\(file)", 0o644)
      for (name, content) in [
        ("slack", "https://hooks.slack.example.com/services/T000/B000/example"), ("splunk", "x"), ("elastic", "x"),
        ("store-key", "x"), ("store-secret", "x"),
      ] {
        try writeFile("\(folder)/policies/secrets/\(name)", Array(content.utf8))
        chmod("\(folder)/policies/secrets/\(name)", 0o600)
      }
      let loaded = GuardConfigurationLoader.load(path: "\(folder)/policies/\(file)")
      #expect(loaded.diagnostics.filter { $0.severity == .error }.map(\.description) == [], "\(file)")
      #expect(loaded.diagnostics.filter { $0.file.hasSuffix(file) }.map(\.description) == [])
      #expect(loaded.configuration.policies.allSatisfy { !$0.rules.isEmpty && !$0.actions.isEmpty }, "\(file)")
    }
  }
}
