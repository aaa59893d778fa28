import TestSupport
import Testing

extension Live {
  /// Exchanges with known ports and sizes: both ends of each are in the capture, with the right tuple.
  @Suite struct Network {
    static let tuple = [
      "fd.cip", "fd.cport", "fd.sip", "fd.sport", "fd.lip", "fd.lport", "fd.rip", "fd.rport", "fd.l4proto", "fd.type",
      "fd.name", "fd.is_server", "fd.num",
    ]

    @Test("a TCP exchange on loopback: calls, bytes, both addresses and ports", arguments: 1...3)
    func tcp(round: Int) async throws {
      try await Capture.ofWorkload(.network) { capture, log, _ in
        let calls: Set<String> = ["connect", "accept4", "write", "read", "sendto", "recvfrom", "sendmsg", "close"]
        for side in ["client", "server"] {
          let truth = log.entries(calls).filter { $0.text("side") == side }
          let first = try #require(truth.first)
          let pid = try #require(first.integer("pid"))
          let client = try #require(first.integer("client_port"))
          let server = try #require(first.integer("server_port"))
          let events = try await capture.events(
            "proc.pid = \(pid) and fd.cport = \(client) and fd.sport = \(server) "
              + "and evt.type in (\(calls.sorted().joined(separator: ", ")))",
            ["evt.type", "evt.rawres"] + Network.tuple)
          #expect(events.map { $0.text("evt.type") } == truth.map { $0.text("call") }, "\(side)")
          #expect(events.map { $0.integer("evt.rawres") } == truth.map { $0.integer("result") }, "\(side)")
          for event in events {
            let about = Comment(rawValue: "\(side): \(event)")
            #expect(event.text("fd.cip") == "127.0.0.1", about)
            #expect(event.text("fd.sip") == "127.0.0.1", about)
            #expect(event.integer("fd.lport") == (side == "client" ? client : server), about)
            #expect(event.integer("fd.rport") == (side == "client" ? server : client), about)
            #expect(event.text("fd.l4proto") == "tcp", about)
            #expect(event.text("fd.type") == "ipv4", about)
            #expect(event.bool("fd.is_server") == (side == "server"), about)
            #expect(event.text("fd.name") == "127.0.0.1:\(client)->127.0.0.1:\(server)", about)
            #expect(event.integer("fd.num") == first.integer("fd"), about)
          }
          let rows = try await capture.view("connections", "proc.pid = \(pid) and fd.sport = \(server)")
          let row = try #require(rows.first { $0.text("connection") == "127.0.0.1:\(client)->127.0.0.1:\(server)" })
          #expect(row.integer("bytes_in") == (side == "client" ? 5000 : 3050))
          #expect(row.integer("bytes_out") == (side == "client" ? 3050 : 5000))
        }
      }
    }

    @Test("a refused connection has its tuple and is not connected")
    func refused() async throws {
      try await Capture.ofWorkload(.network) { capture, log, _ in
        let truth = try log.entry("refused")
        let pid = try #require(truth.integer("pid"))
        let server = try #require(truth.integer("server_port"))
        let events = try await capture.events(
          "proc.pid = \(pid) and evt.type = connect and fd.sport = \(server)",
          ["evt.rawres", "evt.res", "fd.connected"] + Network.tuple)
        try #require(events.count == 1)
        #expect(events[0].integer("evt.rawres") == truth.integer("result"))
        #expect(events[0].text("evt.res") == "ECONNREFUSED")
        #expect(events[0].text("fd.sip") == "127.0.0.1")
        #expect(events[0].bool("fd.connected") == false)
      }
    }

    @Test("datagrams without a connection: the addresses of each message")
    func datagrams() async throws {
      try await Capture.ofWorkload(.network) { capture, log, _ in
        for (call, type) in [("datagram_sendto", "sendto"), ("datagram_recvfrom", "recvfrom")] {
          let truth = try log.entry(call)
          let pid = try #require(truth.integer("pid"))
          let from = try #require(truth.integer("from"))
          let to = try #require(truth.integer("to"))
          let events = try await capture.events(
            "proc.pid = \(pid) and evt.type = \(type) and fd.l4proto = udp and evt.rawres = 700", Network.tuple)
          try #require(events.count == 1, "\(call)")
          let ports = type == "sendto" ? (from, to) : (to, from)
          #expect(events[0].integer("fd.lport") == ports.0, "\(call)")
          #expect(events[0].integer("fd.rport") == ports.1, "\(call)")
          #expect(events[0].text("fd.rip") == "127.0.0.1", "\(call)")
        }
      }
    }

    @Test("a unix socket exchange carries the path on both sides")
    func unixSockets() async throws {
      try await Capture.ofWorkload(.network) { capture, log, directory in
        let calls: Set<String> = ["unix_connect", "unix_accept", "unix_write", "unix_recvfrom"]
        let truth = log.entries(calls)
        for pid in Set(truth.compactMap { $0.integer("pid") }) {
          let expected = truth.filter { $0.integer("pid") == pid }
          let events = try await capture.events(
            "proc.pid = \(pid) and fd.type = unix and fd.name contains \(directory)/talk.sock "
              + "and evt.type in (connect, accept, write, recvfrom)", ["evt.type", "evt.rawres"])
          #expect(events.map { $0.text("evt.type").map { "unix_" + $0 } } == expected.map { $0.text("call") })
          #expect(events.map { $0.integer("evt.rawres") } == expected.map { $0.integer("result") })
        }
      }
    }

    @Test("a pipe: both descriptors, and the bytes through it")
    func pipes() async throws {
      try await Capture.ofWorkload(.network) { capture, log, _ in
        let made = try log.entry("pipe2")
        let pid = try #require(made.integer("pid"))
        let events = try await capture.events(
          "proc.pid = \(pid) and evt.type = pipe2", ["evt.rawres", "evt.rawarg.fd1", "evt.rawarg.fd2"])
        try #require(events.count == 1)
        #expect(events[0].integer("evt.rawarg.fd1") == made.integer("read_end"))
        #expect(events[0].integer("evt.rawarg.fd2") == made.integer("write_end"))
        let inode = try #require(made.integer("inode"))
        for type in ["write", "read"] {
          let truth = try log.entry("pipe_\(type)")
          let used = try await capture.events(
            "proc.pid = \(pid) and evt.type = \(type) and fd.type = pipe and fd.name contains \(inode)",
            ["evt.rawres", "fd.num", "fd.name"])
          #expect(used.map { $0.integer("evt.rawres") } == [777])
          #expect(used.first?.integer("fd.num") == truth.integer("fd"))
        }
      }
    }
  }
}
