import TestSupport
import Testing

extension Live {
  /// What `workload/rings.c` does through io_uring, with no system call of such a name: vectors, messages, chosen buffers,
  /// several completions of one request, registered files, a queue that the kernel polls.
  @Suite struct RingTests {
    /// One request, by the number that the workload gave it: what each of its completions says.
    private struct Request: Sendable, CustomTestStringConvertible {
      var number: Int
      var operation: String
      /// Below the workload's directory; `nil` for sockets.
      var name: String?
      /// One for each completion.
      var data: [String?]
      var testDescription: String { "\(number) \(operation)" }
    }

    private static let requests = [
      Request(number: 200, operation: "IORING_OP_OPENAT", name: "vectors", data: [nil]),
      Request(number: 201, operation: "IORING_OP_WRITEV", name: "vectors", data: ["uno dos tres"]),
      Request(number: 202, operation: "IORING_OP_READV", name: "vectors", data: ["uno dos tres"]),
      Request(number: 203, operation: "IORING_OP_RECVMSG", name: nil, data: ["uno dos tres"]),
      Request(number: 204, operation: "IORING_OP_SENDMSG", name: nil, data: ["uno dos tres"]),
      Request(number: 205, operation: "IORING_OP_OPENAT", name: "absent", data: [nil]),
      Request(number: 206, operation: "IORING_OP_OPENAT", name: "below/absent", data: [nil]),
      Request(number: 207, operation: "IORING_OP_OPENAT", name: "fixed", data: [nil]),
      Request(number: 208, operation: "IORING_OP_WRITE_FIXED", name: "fixed", data: ["fixed bytes"]),
      Request(number: 209, operation: "IORING_OP_READ_FIXED", name: "fixed", data: ["fixed bytes"]),
      Request(number: 212, operation: "IORING_OP_RECV", name: nil, data: ["first shot", "second"]),
      Request(number: 213, operation: "IORING_OP_OPENAT", name: "polled", data: [nil]),
      Request(number: 214, operation: "IORING_OP_WRITE", name: "polled", data: ["no call at all"]),
    ]

    @Test("requests of io_uring are seen with their names and bytes, whatever form they have")
    func requests() async throws {
      let program = try await Workload.program("rings")
      try await withTemporaryDirectory { directory in
        let capture = Capture(path: "\(directory)/capture.reel")
        let result = try await reel(["record", "-o", capture.path, "--", program, directory])
        try #require(result.status == 0, "\(result.errorText)")
        try await capture.expectNothingLost()
        let facts = try JSONValue.object(line: result.lines.first ?? "")
        let pid = try #require(facts.integer("pid"))
        let fields = ["evt.arg.opcode", "fd.name", "evt.rawarg.data", "evt.rawres", "evt.rawarg.user_data", "fd.type"]
        // Multishot requests end with their ring; that is no completion of theirs that moves anything.
        let rows = try await capture.events("evt.type = io_uring and proc.pid = \(pid) and evt.rawres != -125", fields)
        for request in RingTests.requests {
          let own = rows.filter { $0.integer("evt.rawarg.user_data") == Int64(request.number) }
          let done = own.filter { $0.integer("evt.rawres") != nil }
          #expect(done.map { $0.text("evt.rawarg.data") } == request.data, "\(request.testDescription)")
          #expect(own.allSatisfy { $0.text("evt.arg.opcode") == request.operation }, "\(request.testDescription)")
          if let name = request.name {
            let names = own.map { $0.text("fd.name") }
            #expect(names.allSatisfy { $0 == "\(directory)/\(name)" }, "\(request.testDescription): \(names)")
          }
        }
        let accepted = rows.filter { $0.integer("evt.rawarg.user_data") == 210 && $0.integer("evt.rawres") != nil }
        #expect(accepted.map { $0.integer("evt.rawres") } == [facts.integer("accepted"), facts.integer("also")])
        #expect(accepted.allSatisfy { $0.text("fd.type") == "ipv4" && $0.text("fd.name")?.contains("->") == true })
        let results = rows.filter { [205, 206].contains($0.integer("evt.rawarg.user_data") ?? 0) }
        #expect(results.map { $0.integer("evt.rawres") } == [-2, -2])
        // Nothing of it was a call of that name.
        let calls = try await capture.count(
          "proc.pid = \(pid) and evt.type in (openat, writev, readv, recvmsg, sendmsg, accept, recvfrom) and "
            + "(fd.name contains vectors or fd.name contains absent or fd.name contains polled or fd.type = ipv4)")
        #expect(calls == 0)
      }
    }
  }
}
