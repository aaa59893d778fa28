import TestSupport
import Testing

@testable import KernelSource

/// What a state takes from the kernel's tables of sockets.
struct NetworkTableTests {
  private static let heading =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"

  private func sockets(_ tables: [String]) async throws -> [NetworkTable.Socket] {
    try await withTemporaryDirectory { directory in
      var paths = ["\(directory)/there-is-none"]
      for (index, text) in tables.enumerated() {
        paths.append("\(directory)/\(index)")
        try text.write(toFile: paths[index + 1], atomically: false, encoding: .utf8)
      }
      var table = NetworkTable(paths)
      var found: [NetworkTable.Socket] = []
      while let line = table.next() { if case .withoutDescriptor(let socket) = line { found.append(socket) } }
      return found
    }
  }

  @Test func thoseThatNobodyHolds() async throws {
    let four = """
      \(Self.heading)
         0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 19402 1 0
         1: 0100007F:9C40 0200007F:0050 06 0000000A:0000000B 03:000017CF 00000000     0        0 0 3 0
      """
    let six = """
      \(Self.heading)
         0: 00000000000000000000000001000000:0016 0000000000000000FFFF00000200007F:D431 08 00000000:00000000 00:0 0 0 0 0 1

      """
    let found = try await sockets([four, six])
    #expect(
      found == [
        NetworkTable.Socket(
          local: .init(address: [127, 0, 0, 1], port: 40_000), remote: .init(address: [127, 0, 0, 2], port: 80),
          state: "time_wait", queuedIn: 11, queuedOut: 10),
        NetworkTable.Socket(
          local: .init(address: [UInt8](repeating: 0, count: 15) + [1], port: 22),
          remote: .init(address: [UInt8](repeating: 0, count: 10) + [255, 255, 127, 0, 0, 2], port: 54_321),
          state: "close_wait", queuedIn: 0, queuedOut: 0),
      ])
  }

  @Test("lines that make no sense are passed over", arguments: ["", "\n\n", "x", "0: 1:2 3:4 06 1:2 0 0 0 0 0 0\n"])
  func nonsense(text: String) async throws {
    #expect(try await sockets([text]).isEmpty)
  }

  /// More than is read at once, with lines across the borders, and a last line without an end.
  @Test func longTables() async throws {
    let lines = (0..<3000).map { number in
      let port = String(number, radix: 16, uppercase: true)
      return "\(number): 0100007F:\(port) 0100007F:0001 06 00000000:00000000 03:0 00000000 0 0 0 3 0000000000000000"
    }
    let found = try await sockets([([Self.heading] + lines).joined(separator: "\n")])
    #expect(found.map { Int($0.local.port) } == Array(0..<3000))
  }
}
