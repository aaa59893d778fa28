import TestSupport
import Testing

extension Live {
  /// The bytes that `workload/payloads.c` moved, through everything that holds bytes and with every call that moves them.
  @Suite struct PayloadTests {
    /// One call of the workload's journal.
    private struct Move {
      var call: String
      /// What was moved, by stream and position there; empty where the bytes say nothing.
      var parts: [(stream: Int, position: Int, length: Int)]

      init(_ row: Row) throws {
        call = try #require(row.text("call"))
        parts = try (row.text("parts") ?? "").split(separator: ";").map { part in
          let numbers = part.split(separator: ",").compactMap { Int($0) }
          try #require(numbers.count == 3)
          return (numbers[0], numbers[1], numbers[2])
        }
      }

      /// The first of its bytes.
      func bytes(_ limit: Int) -> String {
        var bytes: [UInt8] = []
        for part in parts {
          for position in part.position..<(part.position + min(part.length, limit - bytes.count)) {
            bytes.append(Move.byte(part.stream, position))
          }
        }
        return String(decoding: bytes, as: UTF8.self)
      }

      private static let signs = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)

      /// As the workload makes them.
      private static func byte(_ stream: Int, _ position: Int) -> UInt8 {
        signs[(stream * 131 + position * 7 + (position >> 6) * 13 + (position >> 12) * 29) % 62]
      }
    }

    @Test("payloads are what was sent and received", arguments: [0, 1, 79, 80, 81, 4096, 65_535])
    func payloads(snapLength: Int) async throws {
      let program = try await Workload.program("payloads")
      try await withTemporaryDirectory { directory in
        let capture = Capture(path: "\(directory)/capture.reel")
        let result = try await reel(
          [
            "record", "-o", capture.path, "--snaplen", "\(snapLength)", "--buffer", "32MiB", "--", program, directory,
          ])
        try #require(result.status == 0, "\(result.errorText)")
        try await capture.expectNothingLost()
        let moves = try result.lines.map { try Move(JSONValue.object(line: $0)) }
        #expect(moves.count > 400)
        let calls = Set(moves.map(\.call)).sorted()
        let rows = try await capture.events(
          "proc.name = payloads and evt.type in (\(calls.joined(separator: ", "))) and evt.rawres > 0 and fd.num >= 100",
          ["evt.type", "evt.rawarg.data"])
        try #require(rows.count == moves.count)
        for (index, (row, move)) in zip(rows, moves).enumerated() {
          #expect(row.text("evt.type") == move.call, "call \(index)")
          let wanted = snapLength == 0 || move.parts.isEmpty ? nil : move.bytes(snapLength)
          #expect(row.text("evt.rawarg.data") == wanted, "call \(index), \(move.call)")
        }
      }
    }
  }
}
