import Foundation
import TestSupport
import Testing

@testable import Containers

/// The key-value stores of engines.
struct BoltFileTests {
  @Test("what was put into a file is found", arguments: 0..<20)
  func model(seed: UInt64) async throws {
    var random = SeededGenerator(seed: seed)
    let root = BoltSketch.random(&random, depth: 3)
    let bytes = BoltSketch.file(root, pageSize: random.pick([512, 4096, 16384]))
    try await withTemporaryDirectory { folder in
      let path = "\(folder)/x.db"
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      #expect(Self.read(path, root) == root)
    }
  }

  @Test("a damaged file is no crash, no hang, and nothing that is not there", arguments: 0..<40)
  func damaged(seed: UInt64) async throws {
    var random = SeededGenerator(seed: seed)
    let root = BoltSketch.random(&random, depth: 3)
    var bytes = BoltSketch.file(root, pageSize: 512)
    for _ in 0..<(1 + random.below(30)) {
      // The metas have checksums; behind them anything may be anything.
      bytes[1024 + random.below(bytes.count - 1024)] = UInt8(truncatingIfNeeded: random.next())
    }
    if random.oneIn(4) { bytes.removeLast(random.below(bytes.count)) }
    try await withTemporaryDirectory { folder in
      let path = "\(folder)/x.db"
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let started = ContinuousClock.now
      _ = Self.read(path, root)
      #expect(ContinuousClock.now - started < .seconds(2))
    }
  }

  @Test("a branch that leads to itself has an end")
  func cycle() async throws {
    var page = BoltSketch.head(2, flags: 1, count: 20)
    for _ in 0..<20 { page += BoltSketch.little(UInt64(0)) + BoltSketch.little(UInt64(2)) }
    page += [UInt8](repeating: 0, count: 512 - page.count)
    let bytes = BoltSketch.meta(0, root: 2, pageSize: 512) + BoltSketch.meta(1, root: 2, pageSize: 512) + page
    try await withTemporaryDirectory { folder in
      let path = "\(folder)/x.db"
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      let all = BoltFile.read(path) { file throws(BoltFile.Malformed) in try file.values(of: file.root, limit: 9) }
      #expect(all == nil)
      #expect(BoltFile.read(path) { file throws(BoltFile.Malformed) in try file.value("a", in: file.root) } == nil)
    }
  }

  @Test("labels of containerd are those of the container and of its pod")
  func containerd() async throws {
    let root = BoltSketch.bucket([
      "v1": .bucket([
        "k8s.io": .bucket([
          "containers": .bucket([
            "abc": .bucket([
              "image": .value("docker.io/team/app:2"),
              "labels": .bucket(["tier": .value("back"), "io.kubernetes.pod.name": .value("shop-1")]),
            ]),
            "pod": .bucket([
              "labels": .bucket(["app": .value("shop"), "io.cri-containerd.kind": .value("sandbox")])
            ]),
          ])
        ])
      ])
    ])
    try await withTemporaryDirectory { folder in
      let store = "\(folder)/io.containerd.metadata.v1.bolt"
      try FileManager.default.createDirectory(atPath: store, withIntermediateDirectories: false)
      try Data(BoltSketch.file(root, pageSize: 4096)).write(to: URL(fileURLWithPath: "\(store)/meta.db"))
      let facts = try #require(EngineStores.containerd(root: folder, namespace: "k8s.io", id: "abc", sandbox: "pod"))
      #expect(facts["label.tier"] == "back")
      #expect(facts["pod"] == "shop-1")
      #expect(facts["pod.label.app"] == "shop")
      #expect(facts["pod.label.io.cri-containerd.kind"] == nil)
      #expect(facts["image.tag"] == "2")
      #expect(EngineStores.containerd(root: folder, namespace: "moby", id: "abc", sandbox: nil) == nil)
      #expect(EngineStores.containerd(root: folder, namespace: "k8s.io", id: "abd", sandbox: nil) == nil)
    }
  }

  private static func read(_ path: String, _ expected: BoltSketch) -> BoltSketch? {
    BoltFile.read(path) { file throws(BoltFile.Malformed) in try contents(file, file.root, of: expected) }
  }

  /// What a bucket holds, asked for by the names that it should have.
  private static func contents(
    _ file: borrowing BoltFile, _ bucket: BoltFile.Bucket, of expected: BoltSketch
  ) throws(BoltFile.Malformed) -> BoltSketch? {
    guard case .bucket(let elements) = expected else { return nil }
    var found: [String: BoltSketch] = [:]
    for (key, value) in try file.values(of: bucket, limit: 1000) {
      let name = String(decoding: key, as: UTF8.self)
      guard try file.value(name, in: bucket) == value else { continue }
      found[name] = .value(String(decoding: value, as: UTF8.self))
    }
    for (name, element) in elements {
      guard case .bucket = element, let below = try file.bucket(name, in: bucket) else { continue }
      found[name] = try contents(file, below, of: element)
    }
    return .bucket(found)
  }
}

/// A file's contents, and how they are written: a naive writer of the format.
private indirect enum BoltSketch: Equatable {
  case value(String)
  case bucket([String: BoltSketch])

  static func random(_ random: inout SeededGenerator, depth: Int) -> BoltSketch {
    var elements: [String: BoltSketch] = [:]
    for _ in 0..<(random.oneIn(3) ? 30 : 3) {
      let name = "k\(random.below(10_000))"
      if depth > 0, random.oneIn(4) {
        elements[name] = .random(&random, depth: depth - 1)
      } else {
        elements[name] = .value(String(repeating: "v", count: random.oneIn(9) ? 3000 : random.below(40)))
      }
    }
    return .bucket(elements)
  }

  static func file(_ root: BoltSketch, pageSize: Int) -> [UInt8] {
    var pages: [[UInt8]] = [[], []]
    let first = root.write(&pages, pageSize)
    var bytes = meta(0, root: first, pageSize: pageSize) + meta(1, root: first, pageSize: pageSize)
    for page in pages.dropFirst(2) { bytes += page + [UInt8](repeating: 0, count: pageSize - page.count) }
    return bytes
  }

  static func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    (0..<Number.bitWidth / 8).map { UInt8(truncatingIfNeeded: number >> Number($0 * 8)) }
  }

  static func head(_ page: UInt64, flags: UInt16, count: Int, further: Int = 0) -> [UInt8] {
    little(page) + little(flags) + little(UInt16(count)) + little(UInt32(further))
  }

  static func meta(_ page: UInt64, root: UInt64, pageSize: Int) -> [UInt8] {
    var meta = little(UInt32(0xED0C_DAED)) + little(UInt32(2)) + little(UInt32(pageSize)) + little(UInt32(0))
    meta += little(root) + little(UInt64(0)) + little(UInt64(0)) + little(UInt64(1000)) + little(page)
    var checksum: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in meta { checksum = (checksum ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let bytes = head(page, flags: 4, count: 0) + meta + little(checksum)
    return bytes + [UInt8](repeating: 0, count: pageSize - bytes.count)
  }

  /// Writes a bucket's pages, four elements a leaf; gives the first one's number.
  private func write(_ pages: inout [[UInt8]], _ pageSize: Int) -> UInt64 {
    guard case .bucket(let elements) = self else { return 0 }
    let sorted = elements.sorted { $0.key < $1.key }
    var leaves: [(key: String, page: UInt64)] = []
    for start in stride(from: 0, to: max(sorted.count, 1), by: 4) {
      let part = sorted.dropFirst(start).prefix(4)
      let page = BoltSketch.leaf(part.map { ($0.key, $0.value) }, &pages, pageSize)
      leaves.append((part.first?.key ?? "", BoltSketch.add(page, &pages, pageSize)))
    }
    if leaves.count == 1 { return leaves[0].page }
    var body: [UInt8] = []
    var keys: [UInt8] = []
    for (index, leaf) in leaves.enumerated() {
      let position = (leaves.count - index) * 16 + keys.count
      body += BoltSketch.little(UInt32(position)) + BoltSketch.little(UInt32(leaf.key.utf8.count))
      body += BoltSketch.little(leaf.page)
      keys += Array(leaf.key.utf8)
    }
    return BoltSketch.add((flags: 1, count: leaves.count, body: body + keys), &pages, pageSize)
  }

  private static func leaf(
    _ elements: [(String, BoltSketch)], _ pages: inout [[UInt8]], _ pageSize: Int
  ) -> (flags: UInt16, count: Int, body: [UInt8]) {
    var body: [UInt8] = []
    var data: [UInt8] = []
    for (index, (key, element)) in elements.enumerated() {
      var value: [UInt8] = []
      var flags: UInt32 = 0
      switch element {
      case .value(let text): value = Array(text.utf8)
      case .bucket(let below):
        flags = 1
        let isSmall = below.count <= 2 && below.values.allSatisfy { if case .value = $0 { true } else { false } }
        if isSmall {
          let inner = leaf(below.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, &pages, pageSize)
          value = little(UInt64(0)) + little(UInt64(0)) + head(0, flags: 2, count: inner.count) + inner.body
        } else {
          value = little(element.write(&pages, pageSize)) + little(UInt64(0))
        }
      }
      let position = (elements.count - index) * 16 + data.count
      body += little(flags) + little(UInt32(position)) + little(UInt32(key.utf8.count)) + little(UInt32(value.count))
      data += Array(key.utf8) + value
    }
    return (2, elements.count, body + data)
  }

  private static func add(
    _ page: (flags: UInt16, count: Int, body: [UInt8]), _ pages: inout [[UInt8]], _ pageSize: Int
  ) -> UInt64 {
    let id = UInt64(pages.count)
    let needed = (page.body.count + 16 + pageSize - 1) / pageSize
    let bytes = head(id, flags: page.flags, count: page.count, further: needed - 1) + page.body
    for index in 0..<needed { pages.append(Array(bytes.dropFirst(index * pageSize).prefix(pageSize))) }
    return id
  }
}
