import Foundation
import TestSupport
import Testing

extension Live {
  /// A recording of a part of the machine: what is asked for is there, and nothing else.
  @Suite struct ScopeTests {
    @Test("a container that is waited for is recorded until it is empty")
    func container() async throws {
      try await withTemporaryDirectory { directory in
        let hierarchy = try #require(try Self.unifiedHierarchy())
        let id = (0..<4).map { _ in
          let digits = String(UInt64.random(in: .min ... .max), radix: 16)
          return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
        let group = "\(hierarchy)/reel-test-\(id).scope"
        let path = "\(directory)/x.reel"
        let arguments = ["record", "-o", path, "--container", String(id.prefix(12))]
        let refused = try await reel(arguments)
        #expect(refused.status == 2)
        #expect(refused.errorText.contains("--wait"), "\(refused.errorText)")

        let recorder = try reelCommand(arguments + ["--wait", "--until-exit"]).start()
        defer { recorder.killGroup() }
        try FileManager.default.createDirectory(atPath: group, withIntermediateDirectories: false)
        defer { rmdir(group) }
        try await waitUntilAttached(recorder)
        let inside = try await Command(
          "/bin/sh", "-c", "echo $$ >'\(group)/cgroup.procs'; for i in 1 2 3 4 5; do ls / >/dev/null; sleep 0.1; done"
        ).run()
        #expect(inside.status == 0, "\(inside.errorText)")
        let result = try await recorder.result(timeout: .seconds(60))
        #expect(result.status == 0, "\(result.errorText)")
        let capture = Capture(path: path)
        try await capture.expectNothingLost()
        #expect(try await capture.count("container.full_id = \(id) and proc.name = ls and evt.type = execve") == 5)
        // Who finds it there already means this one; who waits, whichever begins so.
        let filter = try await capture.info().text("filter") ?? ""
        #expect(
          filter.contains("container.full_id = \(id)")
            || filter.contains("container.full_id startswith \(id.prefix(12))"), "\(filter)")
      }
    }

    @Test("a process is recorded until it ends")
    func process() async throws {
      try await withTemporaryDirectory { directory in
        let target = try Command("/bin/sh", "-c", "while [ ! -e '\(directory)/stop' ]; do sleep 0.05; done").start()
        defer { target.killGroup() }
        let capture = Capture(path: "\(directory)/x.reel")
        let recorder = try reelCommand([
          "record", "-o", capture.path, "--pid", "\(target.pid)", "--until-exit", "evt.type != futex",
        ]).start()
        defer { recorder.killGroup() }
        try await waitUntilAttached(recorder)
        #expect(FileManager.default.createFile(atPath: "\(directory)/stop", contents: nil))
        _ = try await target.result()
        let result = try await recorder.result(timeout: .seconds(60))
        #expect(result.status == 0, "\(result.errorText)")
        #expect(try await capture.count("proc.pid = \(target.pid) and evt.type = procexit") == 1)
        let filter = try await capture.info().text("filter")
        #expect(
          filter == "(proc.pid in (\(target.pid)) or proc.apid in (\(target.pid))) and (evt.type != futex)")
      }
    }

    @Test(
      "a filter keeps what it would select of everything, whoever decides it",
      arguments: [
        "proc.name = twofold", "proc.name in (twofold, cat) and evt.type in (execve, openat, read, procexit)",
        "user.uid = 65534", "evt.type = execve and proc.pname = lifeshell", "fd.name = /etc/passwd",
        "proc.name = cat or (evt.type in (clone, clone3, fork, vfork) and proc.name = lifeshell)",
        "not evt.type in (mmap, close)", "evt.is_open_read = true and proc.aname = lifeshell",
        "evt.type = read", "evt.type in (close, procexit)", "proc.aname[2] = lifeshell and evt.type in (read, write)",
        "evt.type in (sendto, recvfrom, sendmsg, recvmsg) or (evt.type in (read, write) and fd.sockfamily = ip)",
        "proc.name = renamed", "user.uid = 65534 and evt.type in (getppid, setresuid)",
      ])
    func filterInTheKernel(filter: String) async throws {
      try await withTemporaryDirectory { directory in
        for (program, name) in [("/bin/bash", "lifeshell"), ("/bin/dd", "twofold")] {
          try FileManager.default.copyItem(atPath: program, toPath: "\(directory)/\(name)")
        }
        let captures = [("some", [filter]), ("all", [])].map { name, filter in
          (capture: Capture(path: "\(directory)/\(name).reel"), filter: filter)
        }
        // Each recorder looks at processes at moments of its own.
        let recorders = try captures.map {
          try reelCommand(["record", "-o", $0.capture.path, "--sample", "none"] + $0.filter).start()
        }
        defer { for recorder in recorders { recorder.killGroup() } }
        for recorder in recorders { try await waitUntilAttached(recorder) }
        let busy = try await Command(
          "\(directory)/lifeshell", "-c",
          """
          for i in 1 2 3; do
            '\(directory)/twofold' if=/dev/zero of=/dev/null count=5 status=none
            setpriv --reuid 65534 --clear-groups cat /etc/passwd >/dev/null
            (exec cat /etc/group >/dev/null)
            ln -sf /etc/hostname "$2/by-link"
            cat <"$2/by-link" >/dev/null
            python3 -I -c "$1"
            python3 -I -c "$3"
          done
          """, "lifeshell", Self.connecting, directory, Self.changing
        ).run()
        #expect(busy.status == 0, "\(busy.errorText)")
        for recorder in recorders {
          recorder.send(SIGINT)
          #expect(try await recorder.result().status == 0)
        }
        var rows: [[String]] = []
        for (capture, _) in captures {
          try await capture.expectNothingLost()
          let fields = [
            "evt.type", "evt.rawres", "proc.pid", "proc.name", "proc.pname", "user.uid", "fd.name", "fd.is_server",
            "fd.sport",
          ]
          let events = try await capture.events(
            "(\(filter)) and (proc.name = lifeshell or proc.aname = lifeshell)", fields)
          rows.append(
            events.map { event in
              fields.map { event.text($0) ?? event.integer($0).map(String.init) ?? "-" }.joined(separator: " ")
            }.sorted())
        }
        #expect(!rows[0].isEmpty)
        #expect(rows[0] == rows[1])
        let others = try await captures[0].capture.count("not (\(filter))")
        #expect(others == 0)
      }
    }

    @Test("--pid leaves out everybody else")
    func processAlone() async throws {
      try await withTemporaryDirectory { directory in
        let script = "while [ ! -e '\(directory)/stop' ]; do ls / >/dev/null; sleep 0.05; done"
        let targets = try (0..<2).map { _ in try Command("/bin/sh", "-c", script).start() }
        defer { for target in targets { target.killGroup() } }
        let capture = Capture(path: "\(directory)/x.reel")
        let result = try await reel(["record", "-o", capture.path, "--pid", "\(targets[0].pid)", "--duration", "1s"])
        #expect(result.status == 0, "\(result.errorText)")
        try await capture.expectNothingLost()
        let own = "(proc.pid = \(targets[0].pid) or proc.ppid = \(targets[0].pid))"
        #expect(try await capture.count("\(own) and proc.name = ls and evt.type = execve") > 3)
        #expect(try await capture.count("not \(own)") == 0)
      }
    }

    /// A program that talks to itself over a connection: which end is the server is known from calls that a filter may
    /// leave out.
    private static let connecting = """
      import socket
      listener = socket.create_server(("127.0.0.1", 0))
      near = socket.create_connection(listener.getsockname())
      far, _ = listener.accept()
      near.sendall(b"question")
      far.recv(8)
      far.sendall(b"answer")
      near.recv(6)
      """

    /// A program that becomes somebody else in the midst of what it does, and back, by its own call and by another thread's:
    /// who was left out is remembered.
    private static let changing = """
      import ctypes, os, threading
      libc = ctypes.CDLL(None)
      def work():
          for _ in range(20):
              os.getppid()
      def rename(name, pipe):
          work()
          with open("/proc/self/comm", "wb") as comm:
              comm.write(name)
          os.write(pipe, b"x")
      for name in (b"renamed", b"python3"):
          work()
          libc.prctl(15, name)
          work()
          libc.prctl(15, b"between")
          ready, told = os.pipe()
          threading.Thread(target=rename, args=(name, told)).start()
          os.read(ready, 1)
          work()
          os.seteuid(65534)
          work()
          os.seteuid(0)
      """

    /// Where the unified hierarchy of control groups is mounted.
    private static func unifiedHierarchy() throws -> String? {
      try String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8).split(separator: "\n")
        .first { $0.contains(" - cgroup2 ") }?.split(separator: " ").dropFirst(4).first.map(String.init)
    }
  }
}
