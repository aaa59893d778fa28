import BinaryCoding
import CaptureFormat
import EventBatch
import TestSupport
import Testing

/// What frames hold comes back, and what is cut off or changed is refused or read as something, never a crash.
@Suite struct FrameCodingTests {
  /// Something that frames hold: how it is written, and whether some bytes give it back.
  struct Coding: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let payload: [UInt8]
    /// True when the bytes are read as the value, false when as another; throws when they are refused.
    let isRead: @Sendable (UnsafeRawBufferPointer) throws(MalformedBytes) -> Bool

    init<Value: Hashable & Sendable>(
      _ name: String, _ value: Value, _ payload: [UInt8],
      _ decode: @escaping @Sendable (UnsafeRawBufferPointer) throws(MalformedBytes) -> Value
    ) {
      testDescription = name
      self.payload = payload
      isRead = { (bytes) throws(MalformedBytes) in try decode(bytes) == value }
    }

    func read(_ bytes: [UInt8]) -> Bool? {
      bytes.withUnsafeBytes { bytes in
        do throws(MalformedBytes) { return try isRead(bytes) } catch { return nil }
      }
    }
  }

  private static func bytes(_ count: Int, _ seed: UInt8) -> [UInt8] { (0..<count).map { UInt8($0 & 255) &* 7 &+ seed } }

  static let codings: [Coding] = [
    coding(containers: []),
    coding(containers: [
      ContainerInfo(id: "abc", time: 17, texts: ["name": "web", "label.tier": "front", "pod": ""]),
      ContainerInfo(id: "", time: -5), ContainerInfo(id: "abc", texts: ["name": "web2"]),
    ]),
    coding(AttachedFile(time: 5, name: "rules.yaml", mediaType: "text/yaml", bytes: bytes(900, 3))),
    coding(AttachedFile(time: -1, name: "", mediaType: "", bytes: [])),
    coding(
      Annotation(
        time: 9, from: 1, to: 3, firstEvent: 12, lastEvent: UInt64.max, severity: 7, kind: "alert", author: "guard",
        rule: "Shell in a container", text: "a shell \u{1F41A}", json: #"{"a":1}"#)),
    coding(Annotation(time: 9, severity: 0, text: "")),
    {
      let seal = Seal(
        time: 1_700_000_000_000_000_000, first: 4, last: 99, isLast: true, keyID: bytes(32, 1), chain: bytes(32, 2),
        signature: bytes(64, 3))
      return Coding("seal", seal, seal.encoded()) { (bytes) throws(MalformedBytes) in try Seal(decoding: bytes) }
    }(),
    {
      let custody = Custody(
        fileID: bytes(16, 9), seals: [bytes(153, 1), []],
        frames: (0..<9).map { Custody.Frame(digest: bytes(32, $0), sequence: $0 % 3 == 0 ? nil : UInt64($0) * 1000) })
      return Coding("custody", custody, custody.encoded(.none)) { (bytes) throws(MalformedBytes) in
        try Custody(decoding: bytes, .none)
      }
    }(),
    coding(
      Rollup(
        start: -20_000_000, step: 20_000_000, buckets: 300,
        counters: [
          Rollup.Counter(key: .init(name: "events", filter: ""), values: (0..<300).map { Int64($0 * $0 % 977) }),
          Rollup.Counter(
            key: .init(name: "failed", filter: "evt.failed=true"), values: .init(repeating: 0, count: 300)),
          Rollup.Counter(
            key: .init(
              name: "io", filter: "evt.is_io=true", aggregate: "sum(evt.rawres)", groupField: "evt.type",
              groupValue: "read"),
            values: (0..<300).map { $0 == 77 ? Int64.max : -1 }),
        ])),
    coding(Rollup(start: 0, step: 10_000_000, buckets: 0, counters: [])),
  ]

  private static func coding(containers: [ContainerInfo]) -> Coding {
    Coding("containers", containers, ContainerInfo.encodedFrame(containers, .none)) { (bytes) throws(MalformedBytes) in
      try ContainerInfo.decodeFrame(bytes, .none)
    }
  }

  private static func coding(_ attachment: AttachedFile) -> Coding {
    Coding("attachment", attachment, attachment.encoded(.none)) { (bytes) throws(MalformedBytes) in
      try AttachedFile(decoding: bytes, .none)
    }
  }

  private static func coding(_ annotation: Annotation) -> Coding {
    Coding("annotation", annotation, annotation.encoded(.none)) { (bytes) throws(MalformedBytes) in
      try Annotation(decoding: bytes, .none)
    }
  }

  private static func coding(_ rollup: Rollup) -> Coding {
    Coding("rollup", rollup, rollup.encoded(.none)) { (bytes) throws(MalformedBytes) in
      try Rollup(decoding: bytes, .none)
    }
  }

  @Test(arguments: codings)
  func whatIsWrittenIsRead(coding: Coding) {
    #expect(coding.read(coding.payload) == true)
  }

  @Test(arguments: codings)
  func whatIsCutOffIsNotTheSame(coding: Coding) {
    for length in 0..<coding.payload.count {
      #expect(coding.read(Array(coding.payload[..<length])) != true, "\(length) of \(coding.payload.count) bytes")
    }
  }

  @Test(arguments: codings)
  func noChangeCrashes(coding: Coding) {
    var random = SeededGenerator(seed: 3)
    for _ in 0..<4000 {
      var bytes = coding.payload
      for _ in 0...random.below(3) { bytes[random.below(bytes.count)] = UInt8(truncatingIfNeeded: random.next()) }
      _ = coding.read(bytes)
    }
  }

  /// Counts that are far beyond what is there must be refused before memory is taken for them.
  @Test func hugeCountsAreRefused() {
    let huge: [UInt8] = [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F]
    func payload(_ raw: [UInt8]) -> [UInt8] {
      [0, 0, 0, 0, UInt8(raw.count), 0, 0, 0] + raw
    }
    let rollup = payload([0, 1, 0x80, 0x80, 0x80, 0x80, 0x10, 0])
    for coding in FrameCodingTests.codings {
      #expect(coding.read(payload(huge)) == nil || coding.testDescription == "attachment")
      #expect(coding.read(rollup) != true)
    }
  }
}
