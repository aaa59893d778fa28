import EventBatch
import EventSchema
import TestSupport
import Testing

@testable import Inspect

/// A state and the events behind it give the state of a later moment.
@Suite struct StateReplayTests {
  /// Compares with a machine that knows what it did: any state, any events behind it, any moment.
  @Test(arguments: UInt64(0)..<40)
  func descriptorsAreThoseOfTheMachine(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var machine = SimulatedMachine(seed: seed)
    var moments = [machine.processes]
    for _ in 0..<300 {
      machine.step()
      moments.append(machine.processes)
    }
    for _ in 0..<4 {
      let from = random.below(moments.count)
      // A state takes some steps; each process is looked at in one of them.
      let until = min(from + random.below(2) * random.below(12), moments.count - 1)
      let to = until + random.below(moments.count - until)
      let replay = StateReplay(.builtIn, withDescriptors: true, mostCopied: seed % 2 == 0 ? 0 : 1 << 18)
      var maker = MachineMaker()
      machine.writeThreads(moments[from], at: from, &maker)
      for (index, pid) in moments[from].keys.sorted().enumerated() {
        let look = min(from + index, until)
        if let process = moments[look][pid] { machine.writeDescriptors(pid, process, at: look, &maker) }
      }
      replay.take(state: maker.finish())
      var pending = 0
      for event in machine.events where event.step > from && event.step <= to {
        machine.write(event, &maker)
        pending += 1
        if random.oneIn(10) || event.step == to {
          let batch = maker.finish()
          replay.apply(batch, rows: (0..<UInt32(batch.count)).map { $0 })
          pending = 0
        }
      }
      if pending > 0 {
        let batch = maker.finish()
        replay.apply(batch, rows: (0..<UInt32(batch.count)).map { $0 })
      }
      let found = descriptors(replay.finish(at: 1))
      // What a process inherited that was made meanwhile is not known exactly: its parent was looked at later.
      let doubtful = machine.descendants(startedIn: from + 1..<until + 1)
      let expected = moments[to].mapValues { process in process.table.mapValues(\.name) }
        .filter { !$0.value.isEmpty && !doubtful.contains($0.key) }
      for (pid, table) in expected {
        let other = found[pid] ?? [:]
        #expect(Set(other.keys) == Set(table.keys), "seed \(seed), \(from) to \(to), process \(pid)")
        for (number, name) in table {
          // The ends of a pipe have no name until they are used.
          #expect(
            other[number] == name || (other[number] == .some(nil) && name.hasPrefix("pipe")),
            "seed \(seed), \(from) to \(to), process \(pid), descriptor \(number)")
        }
      }
      #expect(
        Set(found.keys).subtracting(doubtful).isSubset(of: expected.keys), "seed \(seed), \(from) to \(to)")
      #expect(replay.uncertain == 0 || !doubtful.isEmpty)
    }
  }

  private func descriptors(_ batch: EventBatch) -> [Int64: [Int64: String?]] {
    var found: [Int64: [Int64: String?]] = [:]
    guard let type = Schema.builtIn.type(named: "state_descriptor") else { return [:] }
    for row in 0..<batch.count where batch.types[row] == type.id.rawValue {
      let thread = Int(batch.dimensions.lineages[Int(batch.lineages[row]), .thread])
      let number = ArgumentPlace("fd", of: type).flatMap { AppliedEvent(batch, row: row).value($0) } ?? -1
      let object = batch.objects[row]
      let name: String? =
        object == EventBatch.noRow
        ? nil : batch.dimensions.strings.text(Int(batch.dimensions.objects[Int(object), .label]))
      found[batch.dimensions.threads[thread, .pid], default: [:]].updateValue(name, forKey: number)
    }
    return found
  }

  @Test func theLastEventOfAThreadSaysWhatItWas() throws {
    var maker = MachineMaker()
    let shell = maker.process(10, "sh")
    let other = maker.process(11, "cron")
    for lineage in [shell, other] {
      maker.event(
        "state_thread", at: 5, of: lineage, ["state": "sleeping", "vm_rss": 4096, "cpu_time": 7, "call": "read"])
    }
    let replay = StateReplay(.builtIn, withDescriptors: false)
    replay.take(state: maker.finish())
    let child = maker.process(12, "sh", parent: shell, started: 6)
    let executed = maker.process(12, "ls", parent: shell, started: 6, uid: 1000)
    let worker = maker.process(12, "ls", thread: 13, parent: shell, started: 6, uid: 1000)
    maker.event("clone", at: 6, of: child, result: 0, flags: .childReturn)
    maker.event("execve", at: 7, of: executed, result: 0)
    maker.event("clone", at: 8, of: worker, result: 0, flags: .childReturn)
    maker.event("procexit", at: 9, of: worker)
    maker.event("procexit", at: 9, of: shell)
    // A process id that is used again.
    maker.event("read", at: 10, of: maker.process(10, "sshd", started: 9), result: 3)
    let batch = maker.finish()
    replay.apply(batch, rows: (0..<UInt32(batch.count)).map { $0 })
    let state = replay.finish(at: 11)
    try state.checkInvariants()
    let threads = state.dimensions.threads
    let names = state.lineages.map { lineage -> String in
      let thread = Int(state.dimensions.lineages[Int(lineage), .thread])
      return "\(threads[thread, .tid]) \(state.dimensions.strings.text(Int(threads[thread, .comm])))"
    }
    #expect(names == ["10 sshd", "11 cron", "12 ls"])
    let type = try #require(Schema.builtIn.type(named: "state_thread"))
    let memory = try #require(ArgumentPlace("vm_rss", of: type))
    // What was measured holds only for the process that has done nothing since.
    #expect((0..<3).map { AppliedEvent(state, row: $0).value(memory) } == [nil, 4096, nil])
  }

  @Test func aRunningThreadMayHaveGoneOn() throws {
    var maker = MachineMaker()
    maker.event("state_thread", at: 5, of: maker.process(10, "dd"), ["state": "running", "cpu_time": 7])
    let replay = StateReplay(.builtIn, withDescriptors: false)
    replay.take(state: maker.finish())
    let state = replay.finish(at: 11)
    let type = try #require(Schema.builtIn.type(named: "state_thread"))
    let time = try #require(ArgumentPlace("cpu_time", of: type))
    #expect(state.count == 1 && AppliedEvent(state).value(time) == nil)
  }

  /// A read of descriptor 5 that ends at 20, and what it says of the descriptor afterwards.
  @Test(
    arguments: [
      ("nothing seen", nil, 1, "/used"), ("opened before", ("openat", 5), 1, "/used"),
      ("opened while it ran", ("openat", 15), 10, "/opened"), ("closed while it ran", ("close", 15), 10, nil),
      ("closed before", ("close", 5), 1, "/used"), ("latency unknown", ("close", 15), EventBatch.missing, "/used"),
    ] as [(String, (String, Int64)?, Int64, String?)])
  func useTellsWhatADescriptorIs(case name: String, before: (String, Int64)?, latency: Int64, expected: String?) {
    var maker = MachineMaker()
    let shell = maker.process(10, "sh")
    if let (call, time) = before {
      maker.event(
        call, at: time, of: shell, object: maker.file("/opened"), result: call == "close" ? 0 : 5, latency: 1,
        call == "close" ? ["fd": 5] : ["flags": 0])
    }
    maker.event("read", at: 20, of: shell, object: maker.file("/used"), result: 1, latency: latency, ["fd": 5])
    let replay = StateReplay(.builtIn, withDescriptors: true)
    let batch = maker.finish()
    replay.apply(batch, rows: (0..<UInt32(batch.count)).map { $0 })
    #expect(descriptors(replay.finish(at: 30)) == (expected.map { [10: [5: $0]] } ?? [:]), "\(name)")
  }

  @Test func failedCallsChangeNothing() {
    var maker = MachineMaker()
    let shell = maker.process(10, "sh")
    let replay = StateReplay(.builtIn, withDescriptors: true)
    maker.event("state_descriptor", at: 1, of: shell, object: maker.file("/kept"), ["fd": 3, "cloexec": 1])
    replay.take(state: maker.finish())
    maker.event("openat", at: 2, of: shell, object: maker.file("/no", flags: .fromArguments), result: -2)
    maker.event("close", at: 3, of: shell, result: -9, ["fd": 9])
    maker.event("execve", at: 4, of: shell, object: maker.file("/no", flags: .fromArguments), result: -2)
    maker.event("close_range", at: 5, of: shell, result: -22, ["first": 3, "last": 1, "flags": 0])
    maker.event(
      "dup2", at: 6, of: shell, object: maker.file("/kept"), result: -9, latency: 1, ["oldfd": 3, "newfd": 9])
    let batch = maker.finish()
    replay.apply(batch, rows: (0..<UInt32(batch.count)).map { $0 })
    #expect(descriptors(replay.finish(at: 30)) == [10: [3: "/kept"]])
  }
}

/// Processes with descriptors that do random things, one at a time, and the events that a recorder would see.
struct SimulatedMachine {
  struct Descriptor: Hashable {
    var name: String
    var closesOnExec: Bool
  }

  struct Process: Hashable {
    var name: String
    var parent: Int64
    var started: Int64
    var table: [Int64: Descriptor] = [:]
  }

  struct Event {
    var step: Int
    var call: String
    var process: Int64
    /// The process as it was after the event.
    var identity: Process
    var object: String?
    var result: Int64
    var flags: EventFlags = []
    var arguments: [String: MachineMaker.Argument] = [:]
  }

  /// Nanoseconds between two steps.
  static let step: Int64 = 1000

  private var random: SeededGenerator
  private(set) var processes: [Int64: Process] = [1: Process(name: "init", parent: 0, started: 0)]
  private(set) var events: [Event] = []
  private var steps = 0
  private var nextPid: Int64 = 2
  private var nextFile = 0

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  mutating func step() {
    steps += 1
    let pids = processes.keys.sorted()
    let pid = pids[random.below(pids.count)]
    switch random.below(14) {
    case 0, 1, 2: open(pid)
    case 3, 4: if let number = anyDescriptor(pid) { close(pid, number) }
    case 5:
      if let number = anyDescriptor(pid) { duplicate(pid, number, call: "dup3", flags: random.oneIn(2) ? 0x80000 : 0) }
    case 6: if let number = anyDescriptor(pid) { duplicate(pid, number, call: "dup", flags: 0) }
    case 7: if let number = anyDescriptor(pid) { control(pid, number) }
    case 8: pipe(pid)
    case 9: closeRange(pid)
    case 10: if processes.count < 8 { fork(pid) }
    case 11: execute(pid)
    case 12: if pid != 1 { exit(pid) }
    default: if let number = anyDescriptor(pid) { use(pid, number) }
    }
  }

  private mutating func anyDescriptor(_ pid: Int64) -> Int64? {
    guard let numbers = processes[pid]?.table.keys.sorted(), !numbers.isEmpty else { return nil }
    return numbers[random.below(numbers.count)]
  }

  private func free(_ pid: Int64, from first: Int64 = 0) -> Int64 {
    var number = first
    while processes[pid]?.table[number] != nil { number += 1 }
    return number
  }

  private mutating func note(
    _ call: String, _ pid: Int64, object: String? = nil, result: Int64, flags: EventFlags = [],
    _ arguments: [String: MachineMaker.Argument] = [:]
  ) {
    guard let identity = processes[pid] else { return }
    events.append(
      Event(
        step: steps, call: call, process: pid, identity: identity, object: object, result: result, flags: flags,
        arguments: arguments))
  }

  private mutating func open(_ pid: Int64) {
    nextFile += 1
    let closes = random.oneIn(2)
    let number = free(pid)
    let name = "/file\(nextFile)"
    processes[pid]?.table[number] = Descriptor(name: name, closesOnExec: closes)
    note("openat", pid, object: name, result: number, ["flags": closes ? 0x80000 : 0, "dirfd": -100])
  }

  private mutating func close(_ pid: Int64, _ number: Int64) {
    let name = processes[pid]?.table.removeValue(forKey: number)?.name
    note("close", pid, object: name, result: 0, ["fd": .integer(number)])
  }

  private mutating func duplicate(_ pid: Int64, _ number: Int64, call: String, flags: Int64) {
    guard var descriptor = processes[pid]?.table[number] else { return }
    descriptor.closesOnExec = flags != 0
    let target = call == "dup" ? free(pid) : Int64(random.below(12))
    if target == number { return }
    processes[pid]?.table[target] = descriptor
    note(
      call, pid, object: descriptor.name, result: target,
      ["oldfd": .integer(number), "newfd": .integer(target), "flags": .integer(flags)])
  }

  private mutating func control(_ pid: Int64, _ number: Int64) {
    guard var descriptor = processes[pid]?.table[number] else { return }
    let command: Int64 = [0, 1030, 2][random.below(3)]
    let argument = Int64(random.below(2))
    var result: Int64 = 0
    descriptor.closesOnExec = command == 2 ? argument == 1 : command == 1030
    if command == 2 {
      processes[pid]?.table[number] = descriptor
    } else {
      result = free(pid, from: argument)
      processes[pid]?.table[result] = descriptor
    }
    note(
      "fcntl", pid, object: descriptor.name, result: result,
      ["fd": .integer(number), "cmd": .integer(command), "arg": .integer(argument)])
  }

  private mutating func pipe(_ pid: Int64) {
    nextFile += 1
    let closes = random.oneIn(2)
    var numbers: [Int64] = []
    for _ in 0..<2 {
      let number = free(pid)
      processes[pid]?.table[number] = Descriptor(name: "pipe\(nextFile)", closesOnExec: closes)
      numbers.append(number)
    }
    note(
      "pipe2", pid, result: 0,
      ["fd1": .integer(numbers[0]), "fd2": .integer(numbers[1]), "flags": closes ? 0x80000 : 0])
  }

  private mutating func closeRange(_ pid: Int64) {
    let first = Int64(random.below(6))
    let last = random.oneIn(2) ? 0xFFFF_FFFF : first + Int64(random.below(4))
    let marks = random.oneIn(3)
    for number in processes[pid]?.table.keys.sorted() ?? [] where number >= first && number <= last {
      if marks { processes[pid]?.table[number]?.closesOnExec = true } else { processes[pid]?.table[number] = nil }
    }
    note(
      "close_range", pid, result: 0,
      ["first": .integer(first), "last": .integer(last), "flags": marks ? 4 : 0])
  }

  /// Both returns in either order; the parent may close something before the child is seen.
  private mutating func fork(_ pid: Int64) {
    guard let parent = processes[pid] else { return }
    let child = nextPid
    nextPid += 1
    let forked = Process(name: parent.name, parent: pid, started: Int64(steps), table: parent.table)
    if random.oneIn(2) {
      note("clone", pid, result: child, ["flags": 0])
      if let number = anyDescriptor(pid), random.oneIn(2) { close(pid, number) }
      processes[child] = forked
      note("clone", child, result: 0, flags: .childReturn)
    } else {
      processes[child] = forked
      note("clone", child, result: 0, flags: .childReturn)
      note("clone", pid, result: child, ["flags": 0])
    }
  }

  private mutating func execute(_ pid: Int64) {
    nextFile += 1
    processes[pid]?.name = "program\(nextFile)"
    for (number, descriptor) in processes[pid]?.table ?? [:] where descriptor.closesOnExec {
      processes[pid]?.table[number] = nil
    }
    note("execve", pid, result: 0)
  }

  private mutating func exit(_ pid: Int64) {
    note("procexit", pid, result: EventBatch.missing)
    processes[pid] = nil
  }

  private mutating func use(_ pid: Int64, _ number: Int64) {
    note("read", pid, object: processes[pid]?.table[number]?.name, result: 1, ["fd": .integer(number)])
  }

  /// Writes an event as a recorder would.
  func write(_ event: Event, _ maker: inout MachineMaker) {
    let lineage = lineage(event.process, event.identity, &maker)
    maker.event(
      event.call, at: Int64(event.step) * SimulatedMachine.step, of: lineage,
      object: event.object.map { maker.file($0) } ?? EventBatch.noRow, result: event.result, latency: 10,
      flags: event.flags, event.arguments)
  }

  /// Writes the threads of a state.
  func writeThreads(_ processes: [Int64: Process], at step: Int, _ maker: inout MachineMaker) {
    for (pid, process) in processes.sorted(by: { $0.key < $1.key }) {
      let time = Int64(step) * SimulatedMachine.step
      maker.event("state_thread", at: time, of: lineage(pid, process, &maker), ["state": "sleeping"])
    }
  }

  /// Writes the descriptors of a process as rows of a state.
  func writeDescriptors(_ pid: Int64, _ process: Process, at step: Int, _ maker: inout MachineMaker) {
    let lineage = lineage(pid, process, &maker)
    for (number, descriptor) in process.table.sorted(by: { $0.key < $1.key }) {
      maker.event(
        "state_descriptor", at: Int64(step) * SimulatedMachine.step, of: lineage,
        object: maker.file(descriptor.name),
        ["fd": .integer(number), "cloexec": descriptor.closesOnExec ? 1 : 0])
    }
  }

  /// The processes that started in some steps, and all that came from them.
  func descendants(startedIn steps: Range<Int>) -> Set<Int64> {
    var found: Set<Int64> = []
    for event in events where !found.contains(event.process) {
      let process = event.identity
      if steps.contains(Int(process.started)) || found.contains(process.parent) { found.insert(event.process) }
    }
    return found
  }

  private func lineage(_ pid: Int64, _ process: Process, _ maker: inout MachineMaker) -> UInt32 {
    let parent = process.parent == 0 ? nil : maker.process(process.parent, "parent")
    return maker.process(pid, process.name, parent: parent, started: process.started)
  }
}
