import CaptureFile
import CaptureFormat
import EventBatch
import Foundation
import TestSupport
import Testing

@testable import Seals

/// Seals as users meet them: keys made by openssl's form, a capture that was written with one, and exports of it.
@Suite struct SealCommandTests {
  private static let signing = """
    -----BEGIN PRIVATE KEY-----
    MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
    -----END PRIVATE KEY-----

    """
  private static let checking = """
    -----BEGIN PUBLIC KEY-----
    MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
    -----END PUBLIC KEY-----

    """

  /// What `scripts/read-capture.py`, which is made from `formats/capture.md` alone, says of the seals of a capture.
  private func independently(_ folder: String, _ capture: String) async throws -> (status: Int32?, seals: [JSONValue]) {
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("scripts/read-capture.py").path
    let result = try await Command(script, "--seals", folder + "/public.pem", capture).run()
    return (result.status, try result.lines.map { .object(try JSONValue.object(line: $0)) })
  }

  /// A folder with `key.pem`, `public.pem` and the sealed `capture.reel` of four chunks.
  private func withSealed(_ use: (String) async throws -> Void) async throws {
    let folder = NSTemporaryDirectory() + "seals-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try writeFile(folder + "/key.pem", Array(SealCommandTests.signing.utf8))
    try writeFile(folder + "/public.pem", Array(SealCommandTests.checking.utf8))
    var options = WriterOptions()
    options.seals = KeySealMaker(try SigningKey(path: folder + "/key.pem"))
    var writer = try CaptureWriter(
      path: folder + "/capture.reel", header: .test(), schema: TestSchema.schema, options: options)
    var generator = BatchGenerator(seed: 3)
    for _ in 0..<4 { try writer.append(generator.next(events: 20)) }
    _ = try writer.finish()
    try await use(folder)
  }

  @Test func theKeyDecides() async throws {
    try await withSealed { folder in
      let capture = folder + "/capture.reel"
      for key in ["public.pem", "key.pem"] {
        let run = try CommandRun("verify", capture, "--key", folder + "/" + key)
        #expect(run.status == 0)
        #expect(run.lines.last?.hasPrefix("1 seal holds: frames 0 to ") == true, "\(run.output)")
      }
      let unchecked = try CommandRun("verify", capture)
      #expect(unchecked.status == 0)
      #expect(unchecked.lines.last == "1 seal, not checked: name the key with --key")
      let wrong = try CommandRun("verify", capture, "--key", capture)
      #expect(wrong.status == 2)
      #expect(wrong.error.contains("openssl pkey"))
    }
  }

  @Test func aCutStillVerifiesWithItsHoles() async throws {
    try await withSealed { folder in
      let capture = folder + "/capture.reel"
      let cut = folder + "/cut.reel"
      #expect(try CommandRun("cut", capture, "evt.num > 40", "-o", cut).status == 0)
      let run = try CommandRun("verify", cut, "--key", folder + "/public.pem", "--json")
      #expect(run.status == 0)
      let seals = try #require(try run.objects().first?["seals"] as? [String: Any])
      #expect(seals["hold"] as? Bool == true)
      let origin = try #require((seals["origins"] as? [[String: Any]])?.first)
      #expect(origin["hold"] as? Bool == true)
      // Of the four chunks two are whole in the cut; header and schema are its own.
      #expect(origin["frames_kept"] as? Int == 2)
    }
  }

  @Test func whatHasNoSealsIsNotTakenForSealed() async throws {
    try await withSealed { folder in
      let plain = folder + "/plain.reel"
      #expect(try CommandRun("compact", folder + "/capture.reel", "-o", plain).status == 0)
      let run = try CommandRun("verify", plain, "--key", folder + "/public.pem")
      #expect(run.status == 3)
      #expect(run.output.contains("has no seals"))
    }
  }

  @Test("A reader made from the document alone finds that the seals hold, and where they do not")
  func anIndependentReaderChecksSeals() async throws {
    try await withSealed { folder in
      let capture = folder + "/capture.reel"
      let whole = try await independently(folder, capture)
      #expect(whole.status == 0)
      let last = try #require(whole.seals.last?.object)
      #expect(last["signed"] == .bool(true) && last["chain"] == .bool(true) && last["is_last"] == .bool(true))

      // A chunk that is another: all checksums are right, only the chain says so.
      let reader = try CaptureReader(path: capture)
      var writer = try CaptureWriter(path: folder + "/other.reel", header: reader.header, schema: reader.schema)
      var generator = BatchGenerator(seed: 3)
      for index in 0..<4 {
        var batch = generator.next(events: 20)
        if index == 2 { batch.results[7] ^= 1 }
        try writer.append(batch)
      }
      let frame = try #require(reader.frames.first { $0.type == .seal })
      try writer.append(.seal, payload: try reader.payload(of: frame))
      _ = try writer.finish()
      let other = try await independently(folder, folder + "/other.reel")
      #expect(other.status == 3)
      let forged = try #require(other.seals.last?.object)
      #expect(forged["signed"] == .bool(true) && forged["chain"] == .bool(false))
      #expect(try CommandRun("verify", folder + "/other.reel", "--key", folder + "/public.pem").status == 3)
    }
  }
}
