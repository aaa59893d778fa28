import Foundation
import TestSupport
import Testing

extension Live {
  /// A process tree of known shape: who made whom, what was executed, how each one ended.
  @Suite struct Processes {
    static let forks = "evt.type in (clone, clone3, fork, vfork)"

    @Test("both returns of each fork, and the parent of each child", arguments: 1...3)
    func parents(round: Int) async throws {
      try await Capture.ofWorkload(.processes) { capture, log, _ in
        let links = log.entries(["parent"])
        #expect(links.count == 6)
        for link in links {
          let about = Comment(rawValue: "\(link)")
          let parent = try #require(link.integer("pid"))
          let child = try #require(link.integer("child"))
          let inParent = try await capture.events(
            "proc.pid = \(parent) and \(Processes.forks) and evt.rawres = \(child)", ["thread.tid", "evt.latency"])
          #expect(inParent.count == 1, about)
          #expect((inParent.first?.integer("evt.latency") ?? 0) > 0, about)
          let inChild = try await capture.events(
            "proc.pid = \(child) and \(Processes.forks) and evt.rawres = 0", ["proc.ppid", "evt.latency"])
          #expect(inChild.map { $0.integer("proc.ppid") } == [parent], about)
          #expect(inChild.first?["evt.latency"] == .null, "a call that began in another process has no latency")
          let strangers = try await capture.count("proc.pid = \(child) and proc.ppid != \(parent)")
          #expect(strangers == 0, about)
        }
      }
    }

    // The maker has the arguments of clone3 on its stack, and goes on before the thread returns from it.
    @Test("a thread's first return says of clone3 what its maker's return says")
    func firstReturns() async throws {
      if LiveMachine.recorded != nil { return }
      try await withTemporaryDirectory { directory in
        let capture = Capture(path: "\(directory)/threads.reel")
        let script = """
          import threading
          for round in range(300):
              thread = threading.Thread(target=lambda: None)
              thread.start()
              thread.join()
          """
        let result = try await reel(["record", "-o", capture.path, "--", "python3", "-I", "-c", script])
        try #require(result.status == 0, "reel record: \(result.errorText)")
        let fields = ["thread.tid", "evt.rawres", "evt.arg.flags", "evt.arg.exit_signal"]
        let events = try await capture.events("evt.type = clone3 and proc.name startswith python", fields)
        let makers = events.filter { $0.integer("evt.rawres") != 0 }
        #expect(makers.count >= 300)
        for maker in makers {
          let thread = maker.integer("evt.rawres")
          let own = events.filter { $0.integer("evt.rawres") == 0 && $0.integer("thread.tid") == thread }
          #expect(own.contains { $0["evt.arg.flags"] == maker["evt.arg.flags"] }, "\(own) of \(maker)")
          #expect(own.contains { $0["evt.arg.exit_signal"] == maker["evt.arg.exit_signal"] }, "\(own) of \(maker)")
        }
      }
    }

    @Test("exit codes and signals, once for each process and thread", arguments: 1...3)
    func exits(round: Int) async throws {
      try await Capture.ofWorkload(.processes) { capture, log, _ in
        let ended = log.entries(["ended"])
        #expect(ended.count == 6)
        for truth in ended {
          let child = try #require(truth.integer("child"))
          let events = try await capture.events(
            "evt.type = procexit and proc.pid = \(child)",
            ["evt.rawarg.status", "evt.rawarg.ret", "evt.rawarg.sig", "proc.ppid", "thread.tid"])
          let about = Comment(rawValue: "\(truth)")
          try #require(events.count == 1, about)
          #expect(events[0].integer("evt.rawarg.status") == truth.integer("status"), about)
          #expect((events[0].integer("evt.rawarg.ret") ?? 0) == truth.integer("code"), about)
          #expect((events[0].integer("evt.rawarg.sig") ?? 0) == truth.integer("signal"), about)
          #expect(events[0].integer("proc.ppid") == truth.integer("pid"), about)
        }
        let main = try log.mainPid()
        // Seven descendants, a thread, and the first process itself.
        let all = try await capture.count(
          "evt.type = procexit and (proc.name startswith truth or proc.ppid = \(main))")
        #expect(all == 9)
      }
    }

    @Test("names along the line of ancestors")
    func ancestors() async throws {
      try await Capture.ofWorkload(.processes) { capture, log, directory in
        let fields = [
          "proc.name", "proc.pname", "proc.aname[1]", "proc.aname[2]", "proc.aname[3]", "proc.apid[1]", "proc.apid[2]",
        ]
        let events = try await capture.events("fd.name = \(directory)/inner.txt and evt.type = openat", fields)
        try #require(events.count == 1)
        #expect(events[0].text("proc.name") == "truth-inner")
        #expect(events[0].text("proc.pname") == "truth-middle")
        #expect(events[0].text("proc.aname[1]") == "truth-middle")
        #expect(events[0].text("proc.aname[2]") == "truth")
        let recorderName = URL(fileURLWithPath: try #require(LiveMachine.binary)).lastPathComponent
        #expect(events[0].text("proc.aname[3]") == recorderName)
        #expect(events[0].integer("proc.apid[2]") == (try log.mainPid()))
        let byAncestor = try await capture.count(
          "proc.aname = truth-middle and fd.name = \(directory)/inner.txt and evt.type = openat")
        #expect(byAncestor == 1)

        let start = try log.entry("start")
        let main = try await capture.events("proc.pid = \(try log.mainPid()) and evt.type = execve", ["proc.ppid"])
        #expect(main.last?.integer("proc.ppid") == start.integer("parent"))
        let recorder = try #require(start.integer("parent"))
        let own = try await capture.count("proc.pid = \(recorder) and evt.type != procexit")
        #expect(own == 0, "the recorder recorded itself")
      }
    }

    @Test("an executed program: who it is, its arguments, and the attempt that failed")
    func execution() async throws {
      try await Capture.ofWorkload(.processes) { capture, log, directory in
        let child = try #require(try log.entry("execve").integer("pid"))
        let events = try await capture.events(
          "evt.type = execve and proc.pid = \(child)",
          [
            "evt.rawres", "proc.name", "proc.exe", "proc.exepath", "proc.args", "proc.cmdline", "proc.ppid",
            "evt.rawarg.filename",
          ])
        try #require(events.count == 2)
        #expect(events[0].integer("evt.rawres") == -2)
        #expect(events[0].text("proc.name") == "truth")
        #expect(events[0].text("evt.rawarg.filename") == "\(directory)/no-such-program")
        let done = events[1]
        #expect(done.integer("evt.rawres") == 0)
        #expect(done.text("evt.rawarg.filename") == "/bin/true")
        #expect(done.text("proc.name") == "true")
        #expect(done.text("proc.exe") == "/bin/true")
        #expect(done.text("proc.exepath") == URL(fileURLWithPath: "/bin/true").resolvingSymlinksInPath().path)
        #expect(done.text("proc.args")?.trimmingCharacters(in: .whitespaces) == "--reel two words")
        #expect(done.text("proc.cmdline")?.trimmingCharacters(in: .whitespaces) == "true --reel two words")
        #expect(done.integer("proc.ppid") == (try log.mainPid()))
      }
    }

    @Test("a process whose parent ended has the parent that the kernel gave it")
    func orphans() async throws {
      try await Capture.ofWorkload(.processes) { capture, log, directory in
        let truth = try log.entry("orphan")
        let events = try await capture.events(
          "fd.name = \(directory)/orphan.txt and evt.type = openat", ["proc.pid", "proc.ppid", "proc.name"])
        try #require(events.count == 1)
        #expect(events[0].integer("proc.pid") == truth.integer("pid"))
        #expect(events[0].integer("proc.ppid") == truth.integer("new_parent"))
        #expect(events[0].text("proc.name") == "truth-orphan")
      }
    }

    @Test("a signal that was sent")
    func signals() async throws {
      try await Capture.ofWorkload(.processes) { capture, log, _ in
        let truth = try log.entry("kill")
        let events = try await capture.events(
          "evt.type = kill and proc.pid = \(try log.mainPid())",
          ["evt.rawres", "evt.rawarg.pid", "evt.rawarg.sig", "evt.arg.sig"])
        try #require(events.count == 1)
        #expect(events[0].integer("evt.rawres") == 0)
        #expect(events[0].integer("evt.rawarg.pid") == truth.integer("child"))
        #expect(events[0].integer("evt.rawarg.sig") == 9)
        #expect(events[0].text("evt.arg.sig") == "SIGKILL")
      }
    }

    @Test("a thread: its own id and name, the process's id and name")
    func threads() async throws {
      try await Capture.ofWorkload(.processes) { capture, log, directory in
        let truth = try log.entry("thread")
        let pid = try #require(truth.integer("pid"))
        let tid = try #require(truth.integer("tid"))
        let events = try await capture.events(
          "fd.name = \(directory)/thread.txt",
          ["evt.type", "evt.rawres", "proc.pid", "thread.tid", "proc.name", "thread.name"])
        #expect(events.map { $0.text("evt.type") } == ["openat", "write", "close"])
        for event in events {
          #expect(event.integer("proc.pid") == pid)
          #expect(event.integer("thread.tid") == tid)
          #expect(event.text("proc.name") == "truth")
          #expect(event.text("thread.name") == "truth-thread")
        }
        let made = try await capture.events(
          "proc.pid = \(pid) and \(Processes.forks) and evt.rawres = \(tid)", ["evt.arg.flags"])
        try #require(made.count == 1)
        #expect((made[0].text("evt.arg.flags") ?? "").contains("CLONE_THREAD"))
        #expect(try await capture.count("evt.type = procexit and thread.tid = \(tid)") == 1)
      }
    }

    @Test("the view of processes has a row for each, with its command")
    func view() async throws {
      try await Capture.ofWorkload(.processes) { capture, log, _ in
        let rows = try await capture.view("processes", "proc.name startswith truth or proc.ppid = \(log.mainPid())")
        let pids = Set(rows.compactMap { $0.integer("pid") })
        for truth in log.entries(["ended", "orphan"]) {
          let pid = try #require(truth.integer("child") ?? truth.integer("pid"))
          #expect(pids.contains(pid), "no row for \(truth)")
        }
        let executed = try #require(try log.entry("execve").integer("pid"))
        let row = try #require(rows.first { $0.integer("pid") == executed && $0.text("name") == "true" })
        #expect((row.text("command") ?? "").contains("--reel two words"))
      }
    }
  }
}
