import CaptureFile
import CaptureFormat
import Compression
import EventBatch
import EventSchema
import TestSupport

/// Files in which nothing is wrong, as a recorder writes them.
func wholeFiles() throws -> [ConformanceFile] {
  try contentFiles() + dimensionFiles() + stateFiles()
}

/// A shell and what it runs; the same in many files.
struct Shop {
  var scene = Scene()
  let shell: UInt32
  let child: UInt32
  let log: UInt32

  init() {
    let bash = scene.image("/usr/bin/bash", arguments: "-c\0make\0")
    let make = scene.image("/usr/bin/make", arguments: "all\0")
    shell = scene.thread(4000, comm: "bash", image: bash, uid: 1000)
    child = scene.thread(4001, comm: "make", image: make, uid: 1000, parent: shell)
    log = scene.file("/var/log/shop.log")
  }

  /// A few events: opened, written, read, renamed.
  var events: [Event] {
    [
      Event(10, "open", by: child, on: log, result: 3, .text("/var/log/shop.log"), .number(0x441)),
      Event(20, "write", by: child, on: log, result: 5, .payload(Array("hello".utf8)), .number(3), .number(5)),
      Event(30, "read", by: shell, result: -11, latency: nil, .missing, .number(0), .number(4096)),
      Event(45, "rename", by: child, cpu: 1, .text("shop.log"), .text("shop.log.1")),
      Event(60, "tick", by: shell, latency: 0, cpu: 1),
    ]
  }

  var batch: EventBatch { scene.batch(events) }

  /// The same events, later and with the numbers that follow.
  func batch(_ place: Int) -> EventBatch {
    let later = events.map { event in
      var event = event
      event.time += Int64(place) * 1_000_000
      return event
    }
    return scene.batch(later, first: 1 + UInt64(place * later.count))
  }
}

private func contentFiles() throws -> [ConformanceFile] {
  let shop = Shop()
  var files = [
    ConformanceFile("empty", "A recording without events.", try FileSketch(recorded: [])),
    ConformanceFile(
      "one-event", "One event of a thread without parent, and nothing else.",
      try FileSketch(recorded: [.chunk(oneEvent)])),
    ConformanceFile(
      "chunks", "Three chunks; numbers and times go on.",
      try FileSketch(recorded: (0..<3).map { .chunk(shop.batch($0)) })),
    ConformanceFile(
      "numbers-with-gaps", "Events of a filtered capture: their numbers are a column.",
      try FileSketch(recorded: [.chunk(withGaps(shop.batch))])),
    ConformanceFile(
      "rotated", "The third file of a rotated recording, with adaptive latencies and all texts of a header.",
      try FileSketch(rotatedHeader, recorded: [.chunk(shop.batch(4))])),
    ConformanceFile("losses", "Losses in front of, between and behind chunks.", try FileSketch(recorded: losses(shop))),
    ConformanceFile(
      "payloads", "Payloads: text, bytes, an empty one, a missing one, a long one.",
      try FileSketch(recorded: [.chunk(payloads)])),
    ConformanceFile(
      "not-utf8", "Names, arguments and texts that are not UTF-8, with NUL bytes in them.",
      try FileSketch(recorded: [.chunk(notUTF8)])),
    ConformanceFile(
      "extremes", "The least and greatest numbers that columns hold.", try FileSketch(recorded: [.chunk(extremes)])),
    ConformanceFile(
      "flags", "Every flag of an event; an unfinished call has no result.", try FileSketch(recorded: [.chunk(flags)])),
  ]
  for codec in Codec.allCases {
    files.append(
      ConformanceFile(
        "codec-\(codec.name)", "The same chunk in this codec.",
        try FileSketch(options: WriterOptions(codec: codec), recorded: [.chunk(repetitive)])))
  }
  return files
}

private var oneEvent: EventBatch {
  var scene = Scene()
  let thread = scene.thread(1, comm: "init", image: nil)
  return scene.batch([Event(1, "tick", by: thread, latency: 250)])
}

private func withGaps(_ batch: EventBatch) -> EventBatch {
  var batch = batch
  batch.numbers = .listed([3, 4, 1000, 1_000_000, 0x7FFF_FFFF_FFFF_FFFF])
  return batch
}

private var rotatedHeader: CaptureHeader {
  var header = CaptureHeader.test(seed: 3)
  header.fileIndex = 2
  header.latencyMode = .adaptive
  header.filter = "evt.type = open and fd.name contains \"ü\""
  header.command = "make -j 2"
  return header
}

private func losses(_ shop: Shop) -> [Content] {
  let start = Scene.start
  return [
    .loss(LossRecord(cause: .ringFull, cpu: 0, count: 17, from: start, to: start + 5000)),
    .loss(LossRecord(cause: .nested, cpu: nil, count: 1, from: start, to: start + 5000)), .chunk(shop.batch(0)),
    .loss(LossRecord(cause: .unresolved, cpu: 3, count: 2, from: start + 5000, to: start + 9000)),
    .chunk(shop.batch(1)),
    .loss(LossRecord(cause: .noTask, cpu: nil, count: 4, from: start + 9000, to: start + 9_000_000_000)),
    .loss(
      LossRecord(cause: .enterUnknown, cpu: 65_535, count: 0x7FFF_FFFF, from: start + 9000, to: start + 10_000_000_000)),
  ]
}

private var payloads: EventBatch {
  let shop = Shop()
  let all = (0..<256).map { UInt8($0) }
  let payloads: [Event.Argument] = [
    .payload(Array("GET / HTTP/1.1\r\n\r\n".utf8)), .payload([]), .missing, .payload(all), .payload(all + all + all),
    .payload([0]),
  ]
  return shop.scene.batch(
    payloads.enumerated().map { place, payload in
      Event(
        Int64(10 * place), place % 2 == 0 ? "write" : "read", by: shop.child, on: shop.log, result: 1, payload,
        .number(3),
        .number(1))
    })
}

private var notUTF8: EventBatch {
  var scene = Scene()
  let image = scene.image("/bin/\u{fc}", arguments: "a\0b\0")
  let thread = scene.thread(7, comm: "x", image: image)
  scene.setThread(of: thread, .comm, scene.bytes([0xFF, 0xFE, 0x41]))
  scene.setThread(of: thread, .workingDirectory, scene.bytes([0x2F, 0xC3]))
  let object = scene.object(.file, [.label: scene.bytes([0x2F, 0x74, 0x80, 0x2F, 0xE4])])
  return scene.batch([
    Event(1, "rename", by: thread, on: object, .name([0xC3, 0x28]), .name([0x61, 0, 0x62])),
    Event(2, "rename", by: thread, on: object, .name([]), .name([0xED, 0xA0, 0x80])),
  ])
}

private var extremes: EventBatch {
  var scene = Scene()
  let thread = scene.thread(0x7FFF_FFFF, comm: "x", image: nil, uid: 0xFFFF_FFFF)
  for (column, value) in [
    (ThreadColumn.tty, Int64.max), (.session, -1), (.capabilitiesPermitted, .min + 1), (.cgroupID, -.max),
  ] { scene.setThread(of: thread, column, value) }
  let numbers: [Int64] = [.min, .max, 0, -1, .min + 1, 1, .max - 1]
  return scene.batch(
    numbers.enumerated().map { place, number in
      Event(
        Int64(place), "exec", by: thread, result: number == .min ? nil : number,
        latency: place == 0 ? 0 : Int64(place) << 40,
        cpu: .max, flags: .max & ~2, .text(""), .number(number))
    })
}

private var flags: EventBatch {
  let shop = Shop()
  return shop.scene.batch(
    (0..<8).map { bit in
      Event(Int64(bit), "tick", by: shop.child, result: bit == 1 ? nil : 0, flags: 1 << UInt16(bit))
    })
}

/// Enough of the same for every codec to save something.
private var repetitive: EventBatch {
  let shop = Shop()
  return shop.scene.batch(
    (0..<40).map { place in
      Event(
        Int64(place) * 7, "write", by: shop.child, on: shop.log, result: 64,
        .payload([UInt8](repeating: UInt8(place % 3), count: 64)), .number(3), .number(64))
    })
}
