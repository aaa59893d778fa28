import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema
import Redaction
import TestSupport
import Testing

@testable import Recorder

/// Recordings of several files from which secrets are taken out on the way.
struct RedactedSeriesTests {
  private static func batch(_ paths: [String]) -> EventBatch {
    var machine = MachineMaker()
    let shell = machine.process(10, "sh", arguments: ["--password=hunter22"])
    for (index, path) in paths.enumerated() {
      machine.event("openat", at: 1000 + Int64(index), of: shell, object: machine.file(path), result: 3)
    }
    return machine.finish()
  }

  @Test func eachFileSaysWhatWasTakenOutOfIt() async throws {
    try await withTemporaryDirectory { directory in
      let rules = try #require(BuiltInRules.named("secrets"))
      let sink = try ChunkSink(
        CaptureSeries(path: "\(directory)/x.reel", header: .test(), options: WriterOptions(codec: .none)),
        redactor: Redactor(rules))
      sink.append(Self.batch(["/srv/token=abcdefgh/x", "/srv/plain"]))
      sink.append([ContainerInfo(id: "c1", texts: ["env.API_TOKEN": "zyxwvuts"])])
      sink.rotate()
      sink.append(Self.batch(["/srv/plain"]))
      let totals = try sink.finish()
      #expect(totals.files == 2 && totals.redacted == 4)
      var counts: [String] = []
      for file in sink.files {
        let reader = try CaptureReader(path: file)
        let notes = try reader.annotations()
        #expect(notes.map(\.kind) == [RedactionNotes.openingKind, RedactionNotes.closingKind])
        counts.append(notes.last?.text ?? "")
        let bytes = try readFile(file)
        for secret in ["hunter22", "abcdefgh", "zyxwvuts"] {
          #expect(!bytes.contains(Array(secret.utf8)), "\(secret) in \(file)")
        }
      }
      #expect(
        counts == [
          "3 secrets replaced: environment-name 1, password-argument 1, assignment 1",
          "1 secret replaced: password-argument 1",
        ])
      // What is known of containers is said again in the second file, and it is the same pseudonym.
      let names = try sink.files.map { file -> String? in
        try CaptureReader(path: file).summary.containers.first?.texts["env.API_TOKEN"]
      }
      #expect(names[0] == names[1] && names[0]?.hasPrefix("red-") == true)
    }
  }

  @Test func whatWasAskedForFirstIsSaidEvenWhenTheEndIsMissing() async throws {
    try await withTemporaryDirectory { directory in
      let rules = try #require(BuiltInRules.named("cookie"))
      let path = "\(directory)/x.reel"
      var writer = try CaptureWriter(path: path, header: .test(), schema: .builtIn)
      try writer.append(Redactor(rules).opening(at: 5))
      try writer.append(Self.batch(["/a"]))
      _ = consume writer
      let notes = try CaptureReader(path: path).annotations()
      #expect(notes.map(\.rule) == ["cookie"])
    }
  }
}
