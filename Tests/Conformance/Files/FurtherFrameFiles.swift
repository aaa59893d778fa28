import CaptureFile
import CaptureFormat
import EventBatch
import TestSupport

/// Files with frames that are about a capture, not about events.
func furtherFrameFiles() throws -> [ConformanceFile] {
  let shop = Shop()
  let alert = Annotation(
    time: Scene.start + 100, from: Scene.start, to: Scene.start + 50_000, firstEvent: 2, lastEvent: 4, severity: 3,
    kind: "alert", author: "guard", rule: "Log written", text: "make wrote /var/log/shop.log",
    json: "{\"rule\":\"Log written\",\"time\":1}")
  let note = Annotation(
    time: Scene.start + 7, from: EventBatch.missing, to: EventBatch.missing, firstEvent: 0, lastEvent: 0, severity: nil,
    kind: "note", author: "", rule: "", text: "Überprüft ✓", json: "")
  let rules = AttachedFile(
    time: Scene.start, name: "rules/shop.yaml", mediaType: "application/yaml",
    bytes: Array("- rule: Log written\n".utf8))
  return [
    ConformanceFile(
      "annotations", "An alert about some events and a note about none.",
      try FileSketch(recorded: [.annotation(note), .chunk(shop.batch(0)), .annotation(alert), .chunk(shop.batch(1))])),
    ConformanceFile(
      "attachments", "A file of text, an empty one, and one of bytes.",
      try FileSketch(recorded: [
        .attachment(rules), .chunk(shop.batch(0)),
        .attachment(AttachedFile(time: EventBatch.missing, name: "", mediaType: "", bytes: [])),
        .attachment(
          AttachedFile(
            time: Scene.start + 1, name: "core", mediaType: "application/octet-stream", bytes: Array(0...255))),
      ])),
    ConformanceFile(
      "container-frames",
      "What is known of containers: before and after the events, corrected, and of one without events.",
      try FileSketch(recorded: containerFrames)),
    ConformanceFile(
      "seals", "Seals and a custody frame, as they are laid out: the signatures are none.", try seals(shop)),
  ]
}

private var containerFrames: [Content] {
  let ids = ["aaaa", "bbbb", "cccc"].map { String(repeating: $0, count: 16) }
  var scene = Scene()
  let first = scene.container(ids[0], [.label: "row", .engine: "docker"])
  let thread = scene.thread(5, comm: "x", image: nil, container: first)
  let other = scene.thread(6, comm: "y", image: nil, container: scene.container(ids[1]))
  let start = Scene.start
  return [
    .containers([ContainerInfo(id: ids[1], time: start, texts: ["name": "early"])]),
    .chunk(scene.batch([Event(1, "tick", by: thread), Event(2, "tick", by: other)])),
    .containers([
      ContainerInfo(id: ids[0], time: start + 5, texts: ["name": "later", "image": "shop:1", "label.tier": "front"]),
      ContainerInfo(id: ids[2], time: start + 5, texts: [:]),
    ]),
    // What became known of an earlier time changes nothing; of the same time it does.
    .containers([
      ContainerInfo(id: ids[0], time: start + 4, texts: ["name": "older", "pod": "p"]),
      ContainerInfo(id: ids[1], time: start, texts: ["name": "corrected"]),
    ]),
  ]
}

private func seals(_ shop: Shop) throws -> FileSketch {
  func bytes(_ count: Int, _ first: UInt8) -> [UInt8] { (0..<count).map { first &+ UInt8($0) } }
  func seal(_ first: UInt64, _ last: UInt64, isLast: Bool) -> Seal {
    Seal(
      time: Scene.start + Int64(last), first: first, last: last, isLast: isLast, keyID: bytes(32, 1),
      chain: bytes(32, UInt8(last)), signature: bytes(64, 100))
  }
  // Every third frame of the original is here.
  let kept: [UInt64?] = [4, nil, nil, 5, nil, nil, 6, nil, nil]
  var frames: [Custody.Frame] = []
  for (number, sequence) in kept.enumerated() {
    frames.append(Custody.Frame(digest: bytes(32, UInt8(number)), sequence: sequence))
  }
  let custody = Custody(fileID: bytes(16, 0x40), seals: [seal(0, 8, isLast: true).encoded()], frames: frames)
  return try FileSketch(recorded: [
    .chunk(shop.batch(0)), .seal(seal(0, 4, isLast: false)), .chunk(shop.batch(1)), .custody(custody),
    .seal(seal(5, 7, isLast: true)),
  ])
}
