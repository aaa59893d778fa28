import CaptureFile
import CaptureFormat
import Compression
import EventBatch
import EventSchema
import Foundation
import TestSupport
import Testing

/// `cut` by container: what is handed to the owner of one container must say nothing of another.
@Suite struct ContainerCutTests {
  private static let web = "aaaa" + String(repeating: "1", count: 60)
  private static let vault = "bbbb" + String(repeating: "2", count: 60)

  /// A capture of two containers and of the machine around them. Nothing is compressed, so that a byte is found where it is.
  private func write(_ path: String) throws {
    var machine = MachineMaker()
    let host = machine.process(1, "systemd", arguments: ["systemd", "--host-secret"])
    let shim = machine.process(9, "shim", parent: host, arguments: ["shim", "--shim-secret"])
    let web = machine.process(20, "nginx", parent: shim, container: Self.web, arguments: ["nginx", "-g"])
    let vault = machine.process(
      30, "vaultd", parent: shim, container: Self.vault, arguments: ["vaultd", "--vault-secret"])
    let page = machine.file("/srv/index.html")
    let secret = machine.file("/vault/private.key")
    let disk = machine.file("/host/private.log")
    var writer = try CaptureWriter(
      path: path, header: .test(started: 1_000_000), schema: .builtIn, options: WriterOptions(codec: .none))
    try writer.append([
      ContainerInfo(id: Self.web, time: 5, texts: ["name": "web-container", "label.owner": "web-label"]),
      ContainerInfo(id: Self.vault, time: 6, texts: ["name": "vault-container", "label.owner": "vault-label"]),
    ])
    for (name, lineage, object) in [("state_thread", web, page), ("state_thread", vault, secret)] {
      machine.event(name, at: 1_000_000, of: lineage, object: object)
    }
    try writer.append(MachineState(time: 1_000_000, reason: .start, part: 0, isLast: true, rows: machine.finish()))
    for round in 0..<3 {
      for index in 0..<30 {
        let (lineage, object) = [(web, page), (vault, secret), (host, disk)][index % 3]
        machine.event(
          "close", at: 2_000_000 + Int64(round * 1000 + index), of: lineage, object: object, result: 0, ["fd": 3])
      }
      var batch = machine.finish()
      batch.numbers = .consecutive(first: UInt64(round * 30 + 1))
      try writer.append(batch)
    }
    _ = try writer.finish()
  }

  @Test(arguments: ["container.id = \(web)", "container.id startswith aaaa", "container.name = web-container"])
  func aCutOfOneContainerSaysNothingOfTheOthers(filter: String) throws {
    let (path, target) = (temporaryPath(), temporaryPath())
    defer {
      removeFile(path)
      removeFile(target)
    }
    try write(path)
    let run = try CommandRun("cut", path, filter, "-o", target)
    #expect(run.status == 0, "\(run.error)")
    #expect(try CommandRun("count", target).lines == ["30"])
    #expect(try CommandRun("count", target, "--by", "container.id", "--json").objects().count == 1)
    #expect(try CommandRun("verify", target).status == 0)
    // Numbers stay, parents keep their names, and states their rows of the container.
    let numbers = try CommandRun("events", target, "-p", "%evt.num").lines
    #expect(numbers == stride(from: 1, through: 88, by: 3).map { "\($0)" })
    let parents = try CommandRun("events", target, "--limit", "1", "-p", "%proc.pname %proc.aname[2]").lines
    #expect(parents == ["shim systemd"])
    let reader = try CaptureReader(path: target)
    let rows = try reader.states.flatMap { try $0.parts.map { try reader.readState($0).rows.count } }.reduce(0, +)
    #expect(rows == 1)
    let plain = temporaryPath()
    defer { removeFile(plain) }
    #expect(try CommandRun("compact", target, "--codec", "none", "-o", plain).status == 0)
    let bytes = Data(try readFile(plain))
    for word in ["nginx", "/srv/index.html", "web-container", "web-label"] {
      #expect(bytes.range(of: Data(word.utf8)) != nil, "\(word) is of the container")
    }
    for word in ["vaultd", "--vault-secret", "/vault/private.key", "vault-container", "vault-label", Self.vault] {
      #expect(bytes.range(of: Data(word.utf8)) == nil, "\(word) is of another container")
    }
    #expect(bytes.range(of: Data("/host/private.log".utf8)) == nil)
  }
}
