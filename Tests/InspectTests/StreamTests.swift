import EventBatch
import EventSchema
import Inspect
import Query
import TestSupport
import Testing

struct StreamTests {
  /// Two processes talk through a socket each; the second chunk goes on where the first ends.
  private static func source() -> BatchSource {
    var machine = MachineMaker()
    let client = machine.process(10, "client")
    let server = machine.process(20, "server")
    let near = machine.socket([127, 0, 0, 1], 4000, to: [127, 0, 0, 1], 80)
    let far = machine.socket([127, 0, 0, 1], 80, to: [127, 0, 0, 1], 4000)
    func bytes(_ text: String) -> MachineMaker.Argument { .bytes(Array(text.utf8)) }
    machine.event("write", at: 10, of: client, object: near, result: 4, ["fd": 3, "data": bytes("ping")])
    machine.event("recvfrom", at: 11, of: server, object: far, result: 4, ["fd": 5, "flags": 2, "data": bytes("ping")])
    machine.event("recvfrom", at: 12, of: server, object: far, result: 4, ["fd": 5, "flags": 0, "data": bytes("ping")])
    machine.event("read", at: 13, of: server, object: far, result: -11, ["fd": 5])
    let chunk = machine.finish()
    machine.event("sendto", at: 14, of: server, object: far, result: 9, ["fd": 5, "data": bytes("pong")])
    machine.event("read", at: 15, of: client, object: near, result: 9, ["fd": 3, "data": bytes("pong")])
    machine.event("close", at: 16, of: client, object: near, result: 0, ["fd": 3])
    return BatchSource([chunk, machine.finish()], schema: .builtIn)
  }

  private func pieces(_ filter: String?, _ direction: StreamDirection? = nil) async throws -> [String] {
    let source = StreamTests.source()
    let run = try StreamRun(schema: source.schema, filter: filter, direction: direction)
    var lines: [String] = []
    _ = try await run.pieces(over: source) { piece, streams in
      let stream = streams[piece.stream]
      lines.append(
        "\(piece.time) \(stream.processName.text) \(stream.descriptor ?? -1) \(piece.direction.rawValue) "
          + String(decoding: piece.bytes, as: UTF8.self) + (piece.missing > 0 ? " and \(piece.missing) more" : ""))
      return true
    }
    return lines
  }

  @Test(
    "pieces are what calls moved: not what failed, and not what was only looked at",
    arguments: [
      (
        nil, nil,
        [
          "10 client 3 out ping", "12 server 5 in ping", "14 server 5 out pong and 5 more",
          "15 client 3 in pong and 5 more",
        ]
      ),
      ("proc.name = server", .input, ["12 server 5 in ping"]),
      ("fd.sport = 9", nil, []),
    ] as [(String?, StreamDirection?, [String])])
  func order(filter: String?, direction: StreamDirection?, expected: [String]) async throws {
    #expect(try await pieces(filter, direction) == expected)
  }

  @Test("streams beyond the limit are left out, which is said", arguments: [(1, true), (2, false)])
  func limit(limit: Int, isCut: Bool) async throws {
    let source = StreamTests.source()
    var times: [Int64] = []
    let outcome = try await StreamRun(schema: source.schema, limit: limit).pieces(over: source) { piece, _ in
      times.append(piece.time)
      return true
    }
    #expect(outcome.isCut == isCut)
    #expect(outcome.streams.map(\.processName.text) == ["client", "server"].prefix(limit).map { $0 })
    #expect(times == (isCut ? [10, 15] : [10, 12, 14, 15]))
  }

  @Test("a store gives back what it was given, from memory or from its file", arguments: [3, 400])
  func store(kibibytes: Int) async throws {
    var random = SeededGenerator(seed: UInt64(kibibytes))
    var store = StreamStore()
    var given: [[StreamPiece]] = [[], [], []]
    for number in 0..<40 {
      let bytes = (0..<random.below(kibibytes << 10)).map { UInt8(truncatingIfNeeded: $0 &* number) }
      let piece = StreamPiece(
        stream: random.below(3), direction: random.chance(50) ? .input : .output, time: Int64(number), number: 7,
        length: Int64(bytes.count + random.below(2)), bytes: bytes[...])
      try store.append(piece)
      given[piece.stream].append(piece)
    }
    for stream in 0..<3 {
      #expect(store.count(of: stream) == given[stream].count)
      for (index, piece) in given[stream].enumerated() {
        let kept = try store.piece(index, of: stream)
        #expect(kept.bytes == piece.bytes && kept.direction == piece.direction && kept.time == piece.time)
        #expect(kept.length == piece.length && kept.number == piece.number)
      }
    }
  }
}
