import EventBatch
import EventSchema
import TestSupport

/// A batch with random events over a few random dimension rows; references and values are missing here and there.
func randomBatch(_ generator: inout SeededGenerator, events: Int, firstTime: Int64 = 1_000_000_000) -> EventBatch {
  var maker = BatchMaker(firstNumber: UInt64(firstTime / 1000))
  let names = ["bash", "cat", "nginx", "sshd", "myexe", "Cat"]
  let paths = ["/etc/passwd", "/etc/shadow", "/tmp/a b", "/var/log/syslog", "/", "/usr/lib/x.so", "relative"]
  let containers = [
    maker.container(id: "aaaaaaaaaaaabbbb", name: "web"), maker.container(id: "cccccccccccc", name: nil),
  ]
  maker.user(1000, "alice")
  let images = (0..<3).map { _ in
    maker.image(
      exe: names.randomElement(using: &generator) ?? "", path: "/bin/" + (names.randomElement(using: &generator) ?? ""),
      arguments: (0..<Int.random(in: 0...3, using: &generator)).map { "arg\($0)" })
  }
  var lineages: [UInt32] = [EventBatch.noRow]
  for _ in 0..<8 {
    let pid = Int64.random(in: 1...12, using: &generator)
    let columns: [ThreadColumn: Int64] = [
      .effectiveUid: [0, 1000, 7].randomElement(using: &generator) ?? 0,
      .container: (containers + [EventBatch.missing]).randomElement(using: &generator) ?? EventBatch.missing,
      .processStartTime: pid,
    ]
    lineages.append(
      maker.lineage(
        parent: lineages.dropFirst().randomElement(using: &generator),
        tid: Bool.random(using: &generator) ? pid : pid + 100, pid: pid,
        comm: names.randomElement(using: &generator) ?? "",
        image: (images + [EventBatch.missing]).randomElement(using: &generator) ?? 0, columns: columns))
  }
  var objects: [UInt32] = [EventBatch.noRow]
  for path in paths { objects.append(maker.object(path.hasSuffix("/") ? .directory : .file, name: path)) }
  let addresses: [[UInt8]] = [[127, 0, 0, 1], [10, 0, 0, 7], [192, 168, 1, 1]]
  for _ in 0..<5 {
    objects.append(
      maker.socket(
        .ipv4Socket,
        local: (addresses.randomElement(using: &generator) ?? [], Int64.random(in: 1...3, using: &generator)),
        remote: (addresses.randomElement(using: &generator) ?? [], Int64.random(in: 1...3, using: &generator)),
        role: [.client, .server, .unknown].randomElement(using: &generator) ?? .client))
  }
  objects.append(maker.object(.unixSocket, name: "/run/x"))
  let types = ["openat", "read", "write", "close", "getpid", "connect", "kill", "unlinkat"]
  var time = firstTime
  for _ in 0..<events {
    time += Int64.random(in: 0...50, using: &generator)
    maker.event(
      types.randomElement(using: &generator) ?? "read", at: time,
      latency: Bool.random(using: &generator) ? Int64.random(in: 0...2000, using: &generator) : EventBatch.missing,
      cpu: UInt16.random(in: 0...3, using: &generator), lineage: lineages.randomElement(using: &generator) ?? 0,
      object: objects.randomElement(using: &generator) ?? 0,
      result: [EventBatch.missing, -2, -13, 0, 5, 4096].randomElement(using: &generator) ?? 0,
      [
        "fd": .integer(Int64.random(in: -1...5, using: &generator)),
        "flags": .integer([0, 0o2, 0o101, 0o2_000_000].randomElement(using: &generator) ?? 0),
        "name": .text(paths.randomElement(using: &generator) ?? ""), "size": .integer(512),
        "data": Bool.random(using: &generator) ? .text("hello GET /") : .raw([0, 1, 255]),
      ])
  }
  return maker.finish()
}
