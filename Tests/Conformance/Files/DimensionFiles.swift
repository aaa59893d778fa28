import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema
import TestSupport

/// Files about who does something, and to what.
func dimensionFiles() throws -> [ConformanceFile] {
  [
    ConformanceFile(
      "dimensions", "Every column of every dimension table has a value in one row and none in another.",
      try FileSketch(recorded: [.chunk(everyColumn)])),
    ConformanceFile(
      "ancestors", "Lineages: parents as of the event, leaders, a parent that executes something else.",
      try FileSketch(recorded: [.chunk(ancestors)])),
    ConformanceFile(
      "objects", "Files with a second name, sockets of every family, and what has no name.",
      try FileSketch(recorded: [.chunk(objects)])),
    ConformanceFile(
      "containers", "Threads of two containers and of none; what is known of a container comes later.",
      try FileSketch(recorded: containers.map { .chunk($0) })),
    ConformanceFile(
      "no-identity", "Events whose thread and object are not known, and a chunk without any dimension row.",
      try FileSketch(recorded: [
        .chunk(Scene().batch([Event(1, "tick"), Event(2, "tick", result: nil, latency: nil)]))
      ])),
  ]
}

private var everyColumn: EventBatch {
  var scene = Scene()
  let container = scene.container(
    String(repeating: "0123456789abcdef", count: 4),
    [
      .label: "shop", .image: "docker.io/library/shop:1.2", .engine: "docker", .pod: "shop-7d4b",
      .podNamespace: "sales",
    ])
  let image = scene.image("/usr/bin/cash", arguments: "-v\0")
  let bare = scene.thread(20, comm: "bare", image: nil)
  let full = scene.thread(30, tid: 31, comm: "cash", image: image, uid: 1000, container: container, parent: bare)
  scene.lead(full, session: bare, group: full)
  scene.fillThread(of: full)
  let empty = scene.object(.anonymous, [:])
  let filled = scene.fullObject()
  scene.user(1000, "clerk", container: container)
  scene.user(1000, "clerks", container: container, isGroup: true)
  return scene.batch([
    Event(1, "tick", by: full, on: filled), Event(2, "tick", by: bare, on: empty),
  ])
}

extension Scene {
  /// Gives a thread, and its image, a value in every column that has none yet.
  fileprivate mutating func fillThread(of lineage: UInt32) {
    let row = Int(dimensions.lineages[Int(lineage), .thread])
    for column in ThreadColumn.allCases where dimensions.threads.value(row, column) == nil {
      setThread(of: lineage, column, column.kind == .string ? text("/\(column)") : 1000 + Int64(column.rawValue))
    }
    fillImage(Int(dimensions.threads[row, .image]))
  }

  fileprivate mutating func fullObject() -> UInt32 {
    var columns: [ObjectColumn: Int64] = [:]
    for column in ObjectColumn.allCases where column != .identity && column != .objectKind {
      columns[column] = column.kind == .string ? text("/\(column)") : 2000 + Int64(column.rawValue)
    }
    return object(.file, columns)
  }
}

private var ancestors: EventBatch {
  var scene = Scene()
  let (systemd, sshd) = (scene.image("/lib/systemd/systemd"), scene.image("/usr/sbin/sshd", arguments: "-D\0"))
  let (bash, make) = (scene.image("/usr/bin/bash"), scene.image("/usr/bin/make"))
  let first = scene.thread(1, comm: "systemd", image: systemd)
  let daemon = scene.thread(800, comm: "sshd", image: sshd, parent: first)
  let session = scene.thread(900, comm: "sshd", image: sshd, uid: 1000, parent: daemon)
  let shell = scene.thread(901, comm: "bash", image: bash, uid: 1000, parent: session)
  let before = scene.thread(902, comm: "bash", image: bash, uid: 1000, parent: shell)
  // The shell becomes make; what its child said before, it said as the child of a shell.
  let replaced = scene.thread(901, comm: "make", image: make, uid: 1000, parent: session)
  let after = scene.thread(902, comm: "bash", image: bash, uid: 1000, parent: replaced)
  for lineage in [shell, before, replaced, after] { scene.lead(lineage, session: shell, group: shell) }
  let kernelThread = scene.thread(2, comm: "kthreadd", image: nil)
  return scene.batch([
    Event(1, "tick", by: before), Event(2, "tick", by: shell), Event(3, "tick", by: replaced),
    Event(4, "tick", by: after), Event(5, "tick", by: daemon), Event(6, "tick", by: kernelThread),
  ])
}

private var objects: EventBatch {
  var scene = Scene()
  let thread = scene.thread(5, comm: "x", image: scene.image("/usr/bin/x"))
  let localhost6 = [UInt8](repeating: 0, count: 15) + [1]
  let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF, 192, 0, 2, 7]
  let made = [
    scene.file("/etc/passwd"), scene.file("/proc/self/exe", realName: "/usr/bin/x"), scene.file("relative"),
    scene.file("/"), scene.file("//odd//name/"), scene.file(""),
    scene.object(
      .ipv4Socket,
      [
        .family: 2, .socketType: 1, .networkProtocol: 6, .localAddress: scene.bytes([127, 0, 0, 1]), .localPort: 40_000,
        .remoteAddress: scene.bytes([10, 0, 0, 1]), .remotePort: 443, .role: 1,
      ]),
    scene.object(
      .ipv6Socket,
      [
        .family: 10, .socketType: 1, .networkProtocol: 6, .localAddress: scene.bytes(localhost6), .localPort: 80,
        .remoteAddress: scene.bytes(mapped), .remotePort: 50_123, .role: 2,
      ]),
    scene.object(.unixSocket, [.family: 1, .socketType: 1, .remoteAddress: scene.text("/run/shop/db.sock")]),
    scene.object(.unixSocket, [.family: 1, .socketType: 2, .localAddress: scene.bytes([0] + Array("abstract".utf8))]),
    scene.object(.pipe, [.inode: 77]), scene.object(.epoll, [:]),
  ]
  return scene.batch(
    made.enumerated().map { place, object in Event(Int64(place), "tick", by: thread, on: object) })
}

private var containers: [EventBatch] {
  let ids = ["aaaa", "bbbb"].map { String(repeating: $0, count: 16) }
  return (0..<2).map { place in
    var scene = Scene()
    let image = scene.image("/usr/bin/x")
    let first = scene.container(ids[0], place == 0 ? [:] : [.label: "front", .image: "shop:1", .engine: "podman"])
    let second = scene.container(ids[1], place == 0 ? [.label: "back"] : [.pod: "back-1", .podNamespace: "sales"])
    let lineages = [
      scene.thread(10, comm: "a", image: image, container: first),
      scene.thread(11, comm: "b", image: image, uid: 33, container: second),
      scene.thread(12, comm: "c", image: image, uid: 1000),
    ]
    scene.user(33, "www-data", container: second)
    scene.user(1000, "clerk")
    return scene.batch(
      lineages.enumerated().map { index, lineage in Event(Int64(place * 10 + index), "tick", by: lineage) },
      first: UInt64(1 + place * 3))
  }
}
