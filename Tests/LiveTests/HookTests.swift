import TestSupport
import Testing

extension Live {
  /// What happens beside the system calls of their names: `workload/hooks.c` does it.
  @Suite struct HookTests {
    /// Records a part of the workload; `facts` is what it wrote.
    private func record(
      _ part: String, _ options: [String] = [],
      _ body: (_ capture: Capture, _ facts: Row, _ directory: String) async throws -> Void
    ) async throws {
      let program = try await Workload.program("hooks")
      try await withTemporaryDirectory { directory in
        let capture = Capture(path: "\(directory)/capture.reel")
        let result = try await reel(
          ["record", "-o", capture.path] + options + ["--", program, part, directory])
        try #require(result.status == 0, "reel record: \(result.errorText)")
        try await capture.expectNothingLost()
        try await body(capture, try JSONValue.object(line: result.lines.first ?? ""), directory)
      }
    }

    // MARK: Signals and ends

    @Test("a signal is an event of the thread that it comes to, with who sent it")
    func signals() async throws {
      try await record("signals") { capture, facts, _ in
        let pid = try #require(facts.integer("pid"))
        let child = try #require(facts.integer("child"))
        let victim = try #require(facts.integer("victim"))
        let handler = try #require(facts.integer("handler"))
        // From itself, and from its child.
        let users = try await capture.events(
          "evt.type = signaldeliver and evt.arg.sig = SIGUSR1 and proc.pid = \(pid)",
          ["evt.rawarg.spid", "evt.rawarg.dpid", "evt.rawarg.handler", "evt.arg.flags"])
        #expect(users.map { $0.integer("evt.rawarg.spid") } == [pid, child])
        #expect(users.allSatisfy { $0.integer("evt.rawarg.dpid") == pid })
        #expect(users.allSatisfy { $0.integer("evt.rawarg.handler") == handler })
        #expect(users.allSatisfy { $0.text("evt.arg.flags")?.contains("SA_RESTART") == true })
        let children = try await capture.events(
          "evt.type = signaldeliver and evt.arg.sig = SIGCHLD and proc.pid = \(pid)", ["evt.rawarg.spid"])
        #expect(children.map { $0.integer("evt.rawarg.spid") } == [child, victim])
        // No process sends the signal of a bad access: it has an address.
        let faults = try await capture.events(
          "evt.type = signaldeliver and evt.arg.sig = SIGSEGV and proc.pid = \(victim)",
          ["evt.rawarg.spid", "evt.rawarg.addr", "evt.rawarg.handler"])
        try #require(faults.count == 1)
        #expect(faults[0]["evt.rawarg.spid"] == .null)
        #expect(faults[0].integer("evt.rawarg.addr") == 0x1234)
        #expect(faults[0].integer("evt.rawarg.handler") == 0)
      }
    }

    @Test("an end says its code, or its signal and whether there was a core")
    func ends() async throws {
      try await record("exits") { capture, facts, _ in
        let cases: [(String, [String: Int64])] = [
          ("coded", ["ret": 7, "sig": 0, "core": 0]), ("killed", ["sig": 9, "core": 0]),
          ("aborted", ["sig": 6, "core": 1]),
        ]
        for (name, wanted) in cases {
          let pid = try #require(facts.integer(name))
          let status = try #require(facts.integer("\(name)_status"))
          let ends = try await capture.events(
            "evt.type = procexit and proc.pid = \(pid)",
            ["status", "ret", "sig", "core"].map { "evt.rawarg.\($0)" })
          try #require(ends.count == 1, "\(name)")
          #expect(ends[0].integer("evt.rawarg.status") == status, "\(name)")
          for (argument, value) in wanted {
            #expect(ends[0].integer("evt.rawarg.\(argument)") == value, "\(name) \(argument)")
          }
          let waits = try await capture.events(
            "evt.type = wait4 and evt.rawres = \(pid)", ["evt.rawarg.status"])
          #expect(waits.map { $0.integer("evt.rawarg.status") } == [status], "\(name)")
        }
      }
    }

    // MARK: io_uring

    @Test("what a program does through io_uring is visible without a system call of that name")
    func ring() async throws {
      try await record("uring") { capture, facts, directory in
        let pid = try #require(facts.integer("pid"))
        func number(_ name: String) throws -> Int64 { try #require(facts.integer(name)) }
        let calls = try await capture.count(
          "proc.pid = \(pid) and evt.type in (open, openat, read, connect, sendto, rename, close) and fd.name contains made"
        )
        #expect(calls == 0)
        let fields = [
          "evt.arg.opcode", "evt.rawres", "fd.name", "fd.type", "evt.arg.name", "evt.arg.data", "evt.latency",
          "thread.tid",
          "evt.arg.open_flags", "evt.is_unfinished",
        ]
        let events = try await capture.events(
          "evt.type = io_uring and proc.pid = \(pid)", fields + ["evt.rawarg.user_data"])
        var byNumber: [Int64: Row] = [:]
        for event in events { byNumber[event.number("evt.rawarg.user_data")] = event }
        #expect(events.count == byNumber.count)
        #expect(byNumber.keys.sorted() == Array(101...111))
        #expect(events.allSatisfy { $0.integer("thread.tid") == pid })
        let address = "127.0.0.1:\(try number("port"))"
        // Number, operation, result, and what the descriptor's name is or ends with.
        let cases: [(Int64, String, String, String)] = [
          (101, "OPENAT", "opened", "\(directory)/made"), (102, "WRITE", "wrote", "\(directory)/made"),
          (103, "OPENAT", "linked", "\(directory)/link"), (104, "READ", "read", "\(directory)/link"),
          (105, "OPENAT", "failed", "\(directory)/absent"), (106, "CLOSE", "closed", "\(directory)/link"),
          (107, "CONNECT", "connected", "->\(address)"), (108, "SEND", "sent", "->\(address)"),
          (109, "CONNECT", "unconnected", "127.0.0.1:1"),
        ]
        for (key, operation, result, name) in cases {
          let event = try #require(byNumber[key])
          #expect(event.text("evt.arg.opcode") == "IORING_OP_\(operation)", "\(key)")
          let wantedResult = try number(result)
          #expect(event.integer("evt.rawres") == wantedResult, "\(key)")
          #expect(event.text("fd.name")?.hasSuffix(name) == true, "\(key): \(String(describing: event["fd.name"]))")
          #expect(event.number("evt.latency") > 0, "\(key)")
        }
        #expect(byNumber[101]?.text("evt.arg.open_flags")?.contains("O_CREAT") == true)
        #expect(byNumber[102]?.text("evt.arg.data") == "through the ring")
        #expect(byNumber[104]?.text("evt.arg.data") == "through the ring")
        #expect(byNumber[108]?.text("evt.arg.data") == "hello")
        #expect(byNumber[110]?.text("evt.arg.name")?.hasSuffix("made") == true)
        // Nobody is told when it succeeds: it is there all the same.
        #expect(byNumber[111]?.bool("evt.is_unfinished") == true)
        #expect(byNumber[111]?.text("fd.name") == "\(directory)/made")
      }
    }

    // MARK: The 32-bit entry

    #if arch(x86_64)
    @Test("calls of the 32-bit entry are the calls that they stand for")
    func compat() async throws {
      try await record("compat") { capture, facts, directory in
        let pid = try #require(facts.integer("pid"))
        let fields = [
          "evt.type", "evt.rawres", "fd.name", "evt.arg.data", "evt.rawarg.pos", "evt.arg.name", "syscall.type",
        ]
        let events = try await capture.events("evt.is_compat = true and proc.pid = \(pid)", fields)
        let file = "\(directory)/compat"
        let cases: [(String, String, [String: JSONValue])] = [
          ("openat", "opened", ["fd.name": .text(file)]),
          ("write", "wrote", ["fd.name": .text(file), "evt.arg.data": .text("old entry")]),
          ("writev", "vectored", ["fd.name": .text(file), "evt.arg.data": .text("oldentry")]),
          ("pwrite", "placed", ["fd.name": .text(file), "evt.arg.data": .text("old entry")]),
          ("socket", "made", [:]), ("getpid", "pid", [:]), ("open", "failed", [:]), ("syscall", "unknown", [:]),
          ("close", "closed", ["fd.name": .text(file)]),
        ]
        try #require(events.count == cases.count, "\(events)")
        for (event, (type, result, wanted)) in zip(events, cases) {
          #expect(event.text("evt.type") == type)
          if let value = facts.integer(result) { #expect(event.integer("evt.rawres") == value, "\(type)") }
          for (field, value) in wanted { #expect(event[field] == value, "\(type) \(field)") }
        }
        #expect(events[3].integer("evt.rawarg.pos") == 5 << 30)
        #expect(try await capture.count("evt.is_compat = true and proc.pid != \(pid)") == 0)
      }
    }

    @Test("a 32-bit program that executes a 64-bit one, and the other way round", arguments: ["exact", "none"])
    func executions(latency: String) async throws {
      try await withTemporaryDirectory { directory in
        let program = "\(directory)/narrow"
        let source = "\(LiveMachine.root)/Tests/LiveTests/workload/narrow.c"
        let compiled = try await Command([
          "clang", "-m32", "-O1", "-nostdlib", "-static", "-ffreestanding", "-fuse-ld=lld", "-o", program, source,
        ]).run()
        try #require(compiled.status == 0, "\(compiled.errorText)")
        let capture = Capture(path: "\(directory)/capture.reel")
        let result = try await reel(["record", "--latency", latency, "-o", capture.path, "--", program])
        #expect(result.status == 5, "\(result.errorText)")
        let executions = try await capture.text(
          "evt.type = execve and evt.rawres = 0 and proc.name in (narrow, true)", "%proc.name %proc.args")
        #expect(executions == "narrow \ntrue argument\n")
        let others = try await capture.count("evt.type = syscall and proc.name in (narrow, true)")
        #expect(others == 0)
        let waits = try await capture.events("evt.type = waitpid and proc.name = narrow", ["evt.is_compat"])
        #expect(waits == [["evt.is_compat": .bool(true)]])
      }
    }
    #endif

    // MARK: On request, and from time to time

    #if arch(x86_64)
    @Test("--page-faults records each page that is touched first, with its address")
    func pageFaults() async throws {
      try await record("faults", ["--page-faults", "evt.type in (page_fault, execve)"]) { capture, facts, _ in
        let pid = try #require(facts.integer("pid"))
        let first = try #require(facts.integer("first"))
        let last = try #require(facts.integer("last"))
        let faults = try await capture.events(
          "evt.type = page_fault and proc.pid = \(pid) and evt.arg.error contains WRITE_ACCESS",
          ["evt.rawarg.addr", "evt.rawarg.ip", "evt.arg.error"])
        let addresses = faults.compactMap { $0.integer("evt.rawarg.addr") }.filter { (first...last).contains($0) }
        #expect(addresses == stride(from: first, through: last, by: 4096).map { $0 })
        #expect(faults.allSatisfy { $0.text("evt.arg.error")?.contains("USER_FAULT") == true })
        #expect(faults.allSatisfy { $0.number("evt.rawarg.ip") > 0 })
      }
    }
    #endif

    @Test("--switches records how long a thread ran and had waited")
    func switches() async throws {
      try await record("switches", ["--switches"]) { capture, facts, _ in
        let pid = try #require(facts.integer("pid"))
        let sleeps = try await capture.events(
          "evt.type = switch and proc.pid = \(pid) and evt.arg.prev_state contains TASK_INTERRUPTIBLE",
          ["evt.rawarg.wait_time", "evt.rawarg.run_time", "evt.rawarg.vm_rss", "evt.rawarg.next"])
        #expect(sleeps.count >= 20)
        // It sleeps 2 ms between them.
        #expect(sleeps.suffix(18).allSatisfy { $0.number("evt.rawarg.wait_time") > 0 })
        #expect(sleeps.suffix(18).filter { $0.number("evt.rawarg.wait_time") >= 1_900_000 }.count >= 10)
        #expect(sleeps.allSatisfy { $0.number("evt.rawarg.vm_rss") > 0 })
      }
    }

    @Test("neither faults nor switches are recorded unasked")
    func unasked() async throws {
      try await record("switches") { capture, _, _ in
        let unwanted = try await capture.count("evt.type in (switch, page_fault)")
        #expect(unwanted == 0)
      }
    }

    @Test("what a process uses is recorded from time to time, and not for one that does nothing")
    func samples() async throws {
      try await record("busy", ["--sample", "100ms"]) { capture, facts, _ in
        let pid = try #require(facts.integer("pid"))
        let cpu = try #require(facts.integer("cpu"))
        let samples = try await capture.events(
          "evt.type = process_sample and proc.pid = \(pid)",
          ["cpu_time", "cpu_used", "vm_rss", "threads", "fds"].map { "evt.rawarg.\($0)" })
        #expect(samples.count >= 6)
        let times = samples.compactMap { $0.integer("evt.rawarg.cpu_time") }
        #expect(times == times.sorted())
        let last = try #require(times.last)
        #expect(last > cpu / 2 && last < cpu + 100_000_000, "\(last) of \(cpu)")
        let newest = try #require(samples.last)
        #expect(newest.integer("evt.rawarg.threads") == 1)
        #expect(newest.number("evt.rawarg.fds") >= 13)
        #expect(newest.number("evt.rawarg.vm_rss") >= 32 << 10)
      }
      // Processes that make no call while the recording runs: one uses the CPU, the other does not.
      let program = try await Workload.program("hooks")
      let burner = try Command([program, "burn", "/"]).start()
      defer { burner.killGroup() }
      let sleeper = try Command([program, "sleep", "/"]).start()
      defer { sleeper.killGroup() }
      try await withTemporaryDirectory { directory in
        let capture = Capture(path: "\(directory)/capture.reel")
        let result = try await reel(["record", "-o", capture.path, "--duration", "2s", "--sample", "200ms"])
        try #require(result.status == 0, "\(result.errorText)")
        try await capture.expectNothingLost()
        let burnt = try await capture.events(
          "evt.type = process_sample and proc.pid = \(burner.pid)",
          ["proc.name", "proc.exepath", "evt.rawarg.cpu_used", "evt.rawarg.threads"])
        #expect(burnt.count >= 3)
        #expect(burnt.allSatisfy { $0.text("proc.name") == "hooks" && $0.text("proc.exepath") == program })
        #expect(burnt.allSatisfy { $0.number("evt.rawarg.cpu_used") > 0 && $0.number("evt.rawarg.threads") == 1 })
        let slept = try await capture.count("evt.type = process_sample and proc.pid = \(sleeper.pid)")
        #expect(slept == 0)
      }
      try await record("switches", ["--sample", "none"]) { capture, _, _ in
        let unwanted = try await capture.count("evt.type = process_sample")
        #expect(unwanted == 0)
      }
    }
  }
}

extension [String: JSONValue] {
  /// A number that is there; else one that nothing has.
  fileprivate func number(_ name: String) -> Int64 { integer(name) ?? .min }
}
