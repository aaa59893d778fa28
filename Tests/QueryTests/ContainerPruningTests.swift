import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema
import TestSupport
import Testing

@testable import Query

/// What is known of containers excludes chunks, through the ids that their heads list.
struct ContainerPruningTests {
  private static let web = String(repeating: "a1b2c3d4", count: 8)
  private static let mail = String(repeating: "a1b2ffff", count: 8)

  /// Three chunks: of the container web, of the container mail, of the host; frames that came later name the containers.
  private static func withCapture(_ body: (CaptureSource) async throws -> Void) async throws {
    let header = CaptureHeader(
      fileID: (0..<16).map { UInt8($0) }, sessionID: [UInt8](repeating: 7, count: 16), hostname: "test",
      kernelRelease: "6.1", architecture: "x86_64", writer: "test", started: 0, bootTime: 0, cpuCount: 4,
      snapLength: 80, latencyMode: .exact)
    let path = temporaryPath()
    defer { removeFile(path) }
    var writer = try CaptureWriter(path: path, header: header, schema: .builtIn)
    for (number, id) in [web, mail, nil].enumerated() {
      var maker = BatchMaker(firstNumber: UInt64(number * 2 + 1))
      let container = id.map { maker.container(id: $0, name: nil) } ?? EventBatch.missing
      let lineage = maker.lineage(tid: Int64(number + 1), comm: "x", columns: [.container: container])
      for event in 0..<2 { maker.event("close", at: Int64(number * 10 + event), lineage: lineage) }
      try writer.append(maker.finish())
    }
    try writer.append([
      ContainerInfo(id: web, time: 9, texts: ["name": "web", "image": "nginx:1", "pod": "front", "label.team": "a"]),
      ContainerInfo(id: mail, time: 9, texts: ["name": "mail", "image": "exim:4", "pod_namespace": "prod"]),
    ])
    _ = try writer.finish()
    try await body(CaptureSource(try CaptureReader(path: path), zone: .utc))
  }

  @Test(arguments: [
    ("container.name = web", 1, 2), ("container.name = mail", 1, 2), ("container.name = host", 1, 2),
    ("container.name = none", 0, 0), ("container.name in (web, mail)", 2, 4),
    ("container.image startswith nginx", 1, 2),
    ("k8s.pod.name = front", 1, 2), ("k8s.ns.name = prod", 1, 2), ("container.label.team = a", 1, 2),
    // What excludes events need not exclude chunks.
    ("container.name != web", 2, 4), ("not container.name = web", 3, 4), ("container.name exists", 3, 6),
    ("container.image.repository = nginx", 2, 2),
    // Full ids and short ones.
    ("container.id = \(web)", 1, 2), ("container.id = a1b2c3d4a1b2", 1, 2), ("container.id in (\(web), \(mail))", 2, 4),
    ("container.id != \(web)", 1, 2), ("container.full_id = \(mail)", 1, 2), ("container.id = \(web.dropLast())", 0, 0),
  ])
  func chunks(filter: String, chunks: Int, events: Int) async throws {
    try await Self.withCapture { source in
      let nothing = ColumnSelection(core: [], arguments: .none, payloads: false, dimensions: false)
      let scan = Scan(source, try Question(filter: filter, schema: .builtIn))
      #expect(try scan.chunksToRead().count == chunks)
      let progress = try await scan.run(columns: nothing) {
        $0.rows.count
      } consume: { _, _ in
        true
      }
      #expect(progress.eventsSelected == events)
    }
  }

  @Test(arguments: [
    ("container.id = x and container.full_id = y", false), ("container.name = web", true), ("evt.type = read", false),
    ("evt.type = read or k8s.pod.name exists", true), ("container.duration > 5", true),
  ])
  func asksForContainers(filter: String, asks: Bool) throws {
    #expect(try Question(filter: filter, schema: .builtIn).asksForContainers == asks)
  }
}
