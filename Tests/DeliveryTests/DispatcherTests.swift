import Delivery
import Foundation
import TestSupport
import Testing

/// What waits, what is lost, and what is told of it.
struct DispatcherTests {
  private func limits(_ folder: String, bytes: UInt64 = 64 << 20) -> SpoolLimits {
    var limits = SpoolLimits()
    limits.directory = folder + "/spool"
    limits.bytes = bytes
    return limits
  }

  @Test("A channel that hangs holds nobody up, at the end neither, and what waits survives a restart in order")
  func hangs() async throws {
    try await withTemporaryDirectory { folder in
      let server = try await TestServer("http", in: folder, "--behave", "hang")
      let webhook = WebhookConfiguration(url: "http://127.0.0.1:\(server.port)/")
      let clock = ContinuousClock()
      let first = Dispatcher(["c": .webhook(webhook)], spool: limits(folder), hostname: "h") { _ in }
      let sending = clock.measure { for number in 0..<500 { first.send(alert(number), to: ["c"]) } }
      #expect(sending < .seconds(1))
      try await eventually("it is being sent") { try server.received().count == 1 }
      let ending = clock.measure { first.finish(within: 200_000_000) }
      #expect(ending < .seconds(3))
      server.stop()
      let second = try await TestServer("http", in: folder, "--behave", "200")
      defer { second.stop() }
      let other = WebhookConfiguration(url: "http://127.0.0.1:\(second.port)/")
      let dispatcher = Dispatcher(["c": .webhook(other)], spool: limits(folder), hostname: "h") { _ in }
      dispatcher.send(alert(500), to: ["c"])
      try await eventually("all are there") { dispatcher.statuses[0].delivered == 501 }
      #expect(dispatcher.statuses[0].spooledBytes == 0)
      dispatcher.finish(within: 1_000_000_000)
      let bodies = try second.received().compactMap { $0.object?["body"]?.text }
      #expect(bodies == (0...500).map { alert($0).json })
      // Only its owner may read what waits.
      for path in ["/spool", "/spool/c"] {
        let mode = try FileManager.default.attributesOfItem(atPath: folder + path)[.posixPermissions] as? Int
        #expect(mode == 0o700)
      }
    }
  }

  @Test("A spool has a limit: what comes then is lost, counted, and told when the channel takes notices again")
  func limit() async throws {
    try await withTemporaryDirectory { folder in
      let path = folder + "/later/alerts"
      let reports = Reports()
      let dispatcher = Dispatcher(
        ["c": .file(path: path)], spool: limits(folder, bytes: 20_000), hostname: "node1"
      ) { reports.add($0) }
      for number in 0..<1000 { dispatcher.send(alert(number), to: ["c"]) }
      // What was sent may be taken in several portions: not before nothing more is lost is all of it taken.
      var lost: UInt64 = 0
      var steady = 0
      try await eventually("the spool is full") {
        let now = dispatcher.statuses[0].lost
        steady = now == lost && now > 0 ? steady + 1 : 0
        lost = now
        return steady > 50
      }
      #expect(dispatcher.statuses[0].spooledBytes <= 20_000)
      try FileManager.default.createDirectory(atPath: folder + "/later", withIntermediateDirectories: false)
      try await eventually("it takes notices again") { dispatcher.statuses[0].waiting == 0 }
      dispatcher.finish(within: 1_000_000_000)
      let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
      let kept = 1000 - Int(lost)
      #expect(lines.prefix(kept) == (0..<kept).map { alert($0).json }[...])
      #expect(lines.count == kept + 1)
      let told = try JSONValue.object(line: lines[kept])
      #expect(told["rule"]?.text == "Reel internal")
      #expect(told["output_fields"]?.object?["lost"]?.text == "\(lost)")
      #expect(reports.all.count == 3, "\(reports.all)")
    }
  }

  @Test("Spools that were cut off or changed give what is whole, in order", arguments: 0..<40)
  func damage(seed: Int) async throws {
    try await withTemporaryDirectory { folder in
      var random = SeededGenerator(seed: UInt64(seed))
      let nowhere = ChannelConfiguration.file(path: folder + "/no/such/folder")
      let first = Dispatcher(["c": nowhere], spool: limits(folder), hostname: "h") { _ in }
      for number in 0..<50 { first.send(alert(number), to: ["c"]) }
      try await eventually("they wait on disk") {
        first.statuses[0].waiting == 50 && first.statuses[0].spooledBytes > 0
      }
      first.finish(within: 0)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder + "/spool/c").filter { $0.count == 20 }
      let segment = folder + "/spool/c/" + (try #require(names.first))
      var bytes = try readFile(segment)
      let place = Int.random(in: 0..<bytes.count, using: &random)
      if Bool.random(using: &random) { bytes.removeLast(bytes.count - place) } else { bytes[place] ^= 0x41 }
      try writeFile(segment, bytes)
      let path = folder + "/alerts"
      let second = Dispatcher(["c": .file(path: path)], spool: limits(folder), hostname: "h") { _ in }
      second.send(alert(99), to: ["c"])
      try await eventually("all is done") { second.statuses[0].waiting == 0 && second.statuses[0].delivered > 0 }
      second.finish(within: 1_000_000_000)
      let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map(String.init)
      #expect(lines.last == alert(99).json)
      #expect(lines.dropLast().elementsEqual((0..<lines.count - 1).map { alert($0).json }))
    }
  }

  @Test("Channels change while others go on")
  func reconfigure() async throws {
    try await withTemporaryDirectory { folder in
      let dispatcher = Dispatcher(["a": .file(path: folder + "/a")], spool: nil, hostname: "h") { _ in }
      dispatcher.send(alert(0), to: ["a"])
      try await eventually("the first is there") { dispatcher.statuses[0].delivered == 1 }
      dispatcher.reconfigure(["a": .file(path: folder + "/a"), "b": .file(path: folder + "/b")])
      dispatcher.send(alert(1), to: ["a", "b"])
      try await eventually("both are there") { dispatcher.statuses.map(\.delivered) == [2, 1] }
      dispatcher.reconfigure(["b": .file(path: folder + "/c")])
      dispatcher.send(alert(2), to: ["a", "b"])
      try await eventually("the new one has it") { dispatcher.statuses.map(\.delivered) == [1] }
      dispatcher.finish(within: 1_000_000_000)
      #expect(try readFile(folder + "/c") == Array((alert(2).json + "\n").utf8))
    }
  }

  @Test("Two guards do not share a spool")
  func lock() async throws {
    try await withTemporaryDirectory { folder in
      let reports = Reports()
      let nowhere = ChannelConfiguration.file(path: folder + "/no/such/folder")
      let first = Dispatcher(["c": nowhere], spool: limits(folder), hostname: "h") { _ in }
      first.send(alert(0), to: ["c"])
      try await eventually("it waits on disk") { first.statuses[0].spooledBytes > 0 }
      let second = Dispatcher(["c": nowhere], spool: limits(folder), hostname: "h") { reports.add($0) }
      try await eventually("it says so") { reports.all.contains { $0.contains("used by another process") } }
      first.finish(within: 0)
      second.finish(within: 0)
    }
  }
}
