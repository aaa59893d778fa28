import EventBatch
import EventSchema
import ScapFormat
import TestSupport
import Testing

/// What a program's start tells: its result, its name and where it is.
private func execution(_ comm: String, result: Int64 = 0) -> [[UInt8]] {
  [
    i64(result), text(comm), text("-l"), i64(10), i64(10), i64(1), text("/cwd"), i64(1024), i64(0), i64(0), u32(1),
    u32(1), u32(0), text(comm), [], text("A=1"), u32(0), i64(10), u32(1000), u32(0),
  ]
}

/// The path of the executable of an event's thread.
private func executable(_ batch: EventBatch, _ row: Int) -> String {
  let dimensions = batch.dimensions
  let thread = Int(dimensions.lineages[Int(batch.lineages[row]), .thread])
  return dimensions.strings.text(Int(dimensions.images[Int(dimensions.threads[thread, .image]), .path]))
}

extension ScapFileBuilder {
  /// Appends an open of a relative path, as descriptor 7.
  fileprivate mutating func open(_ path: String, time: UInt64) {
    event(306, time: time, tid: 10, [i64(-100), ScapFileBuilder.parameter(path), u32(1), u32(0)])
    event(307, time: time + 5, tid: 10, [i64(7), i64(-100), ScapFileBuilder.parameter(path), u32(1), u32(0), u32(0)])
  }
}

@Suite("What events of scap files do to threads and descriptors")
struct ScapReplayTests {
  // MARK: Executions below a directory

  @Test("What was named below a directory runs as if named by its path: one event, with its latency")
  func executionBelow() throws {
    var file = shell()
    file.event(330, time: 100, tid: 10, [i64(5), text("run"), u32(0)])
    file.event(293, time: 150, tid: 10, execution("run"))
    file.event(7, time: 200, tid: 10, [i64(0), [], i64(5)])
    let batch = try #require(try batches(file).batches.first)
    #expect(words(batch) == ["2 execve run /etc/hosts/run 0 50", "3 read run /etc/hosts 0 -"])
    #expect(executable(batch, 0) == "/etc/hosts/run")
  }

  @Test(
    "The executable of execveat is found by its directory, or is the descriptor itself",
    arguments: [
      (5, "run", 0, "/etc/hosts/run"), (-100, "run", 0, "/home/me/run"), (5, "/bin/run", 0, "/bin/run"),
      (5, "", 0x1, "/etc/hosts"), (5, "<NA>", 0x1, "/etc/hosts"), (5, "", 0, ""), (6, "run", 0, "<UNKNOWN>/run"),
    ] as [(Int64, String, UInt32, String)], [UInt16(293), 331])
  func executables(_ call: (directory: Int64, path: String, flags: UInt32, executable: String), end: UInt16) throws {
    var file = shell()
    file.event(330, time: 100, tid: 10, [i64(call.directory), text(call.path), u32(call.flags)])
    file.event(end, time: 150, tid: 10, execution("run"))
    let batch = try #require(try batches(file).batches.first)
    #expect(batch.count == 1)
    #expect(batch.latencies[0] == 50)
    #expect(executable(batch, 0) == call.executable)
  }

  @Test("An execution below a directory that failed changes nothing, and has the file that it named")
  func failedExecution() throws {
    var file = shell()
    file.event(330, time: 100, tid: 10, [i64(5), text("gone"), u32(0)])
    file.event(331, time: 150, tid: 10, execution("gone", result: -2))
    let batch = try #require(try batches(file).batches.first)
    #expect(words(batch) == ["2 execveat sh /etc/hosts/gone -2 50"])
    #expect(executable(batch, 0) == "/bin/sh")
    #expect(ObjectFlags(rawValue: batch.dimensions.objects[0, .flags]).contains(.fromArguments))
  }

  // MARK: Hidden events

  @Test("What is hidden changes what is known, is no event, and has a number")
  func hidden() throws {
    var file = shell()
    file.open("a", time: 100)
    file.event(94, time: 110, tid: 10, [], isHidden: true)
    file.event(95, time: 115, tid: 10, [i64(0), text("/hidden")], isHidden: true)
    file.open("b", time: 120)
    file.event(186, time: 130, tid: 10, [i64(0)], isHidden: true)
    file.event(324, time: 135, tid: 1, [text("{\"container\":{\"id\":\"abc\",\"name\":\"web\"}}")], isHidden: true)
    file.event(900, time: 136, tid: 10, [[1]], isHidden: true)
    file.event(7, time: 140, tid: 10, [i64(0), [], i64(5)])
    let batch = try #require(try batches(file).batches.first)
    #expect(
      words(batch) == ["2 openat sh /home/me/a 7 5", "6 openat sh /hidden/b 7 5", "10 read - - 0 -"])
  }

  @Test("A call of which one part is hidden is shown", arguments: [(true, false), (false, true)])
  func hiddenInPart(begin: Bool, end: Bool) throws {
    var file = shell()
    file.event(94, time: 110, tid: 10, [], isHidden: begin)
    file.event(95, time: 115, tid: 10, [i64(0), text("/half")], isHidden: end)
    file.open("b", time: 120)
    let batch = try #require(try batches(file).batches.first)
    #expect(words(batch) == ["2 chdir sh - 0 5", "4 openat sh /half/b 7 5"])
  }

  @Test("A hidden beginning without a return is no call that did not end")
  func hiddenUnfinished() throws {
    var file = shell()
    file.event(6, time: 100, tid: 10, [i64(5), u32(64)], isHidden: true)
    file.event(0, time: 110, tid: 10, [[39, 0], [39, 0]], isHidden: true)
    file.event(1, time: 120, tid: 10, [[39, 0]], isHidden: true)
    file.open("a", time: 130)
    file.event(6, time: 140, tid: 10, [i64(5), u32(64)], isHidden: true)
    let batch = try #require(try batches(file).batches.first)
    #expect(words(batch) == ["5 openat sh /home/me/a 7 5"])
  }

  // MARK: Order

  @Test("Events happen in the order of the file, whatever their times; times never descend, not even between batches")
  func order() throws {
    var file = shell()
    file.process(tid: 20, pid: 20, parent: 1, comm: "web")
    file.open("a", time: 500)
    file.event(7, time: 300, tid: 10, [i64(1), [65], i64(7)])
    // It returned before it began, as the clocks of two processors say.
    file.event(6, time: 520, tid: 20, [i64(5), u32(64)])
    file.event(7, time: 510, tid: 20, [i64(0), []])
    file.event(94, time: 100, tid: 10, [])
    file.event(95, time: 110, tid: 10, [i64(0), text("/late")])
    file.open("b", time: 600)
    var limits = ScapImport.Limits()
    limits.events = 2
    var input = try ScapImport(bytes: file.bytes, limits: limits)
    var shown: [String] = []
    var times: [Int64] = []
    while let batch = try input.nextBatch() {
      try batch.checkInvariants()
      shown += words(batch)
      times += batch.exitTimes
    }
    #expect(
      shown == [
        "2 openat sh /home/me/a 7 5", "3 read sh /home/me/a 1 -", "5 read web - 0 -", "7 chdir sh - 0 10",
        "9 openat sh /late/b 7 5",
      ])
    #expect(times == [505, 505, 510, 510, 605])
  }

  @Test("A directory is the one before when the return of chdir is not in the file, until something tells another")
  func lostDirectory() throws {
    var file = shell()
    file.event(94, time: 100, tid: 10, [])
    file.open("a", time: 110)
    file.event(94, time: 120, tid: 10, [])
    file.event(8, time: 130, tid: 10, [i64(5), u32(1)])
    file.event(95, time: 140, tid: 10, [i64(0), text("below")])
    file.open("b", time: 150)
    file.event(292, time: 160, tid: 10, [text("/bin/ls")])
    file.event(293, time: 165, tid: 10, execution("ls"))
    file.open("c", time: 170)
    let batch = try #require(try batches(file).batches.first)
    let opened = words(batch).filter { $0.contains("openat") }.map { $0.split(separator: " ")[3] }
    #expect(opened == ["/home/me/a", "/home/me/below/b", "/home/me/below/c"])
  }
}
