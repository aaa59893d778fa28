import EventSchema
import Probe
import Testing

@testable import KernelSource

@Suite struct OperationTableTests {
  private let table = OperationTable(schema: .builtIn, architecture: .x86_64, snapLength: 80)

  private func operation(_ base: Int32, _ number: Int) -> reel_operation { table.operations[Int(base) + number] }

  private static let compatCases: [(number: Int, call: String)] = [
    (1, "exit"), (3, "read"), (4, "write"), (5, "open"), (6, "close"), (11, "execve"), (20, "getpid"), (37, "kill"),
    (54, "ioctl"), (102, "socketcall"), (114, "wait4"), (117, "ipc"), (120, "clone"), (146, "writev"), (180, "pread64"),
    (192, "mmap2"), (195, "stat64"), (199, "getuid"), (221, "fcntl"), (252, "exit_group"), (265, "clock_gettime"),
    (295, "openat"), (358, "execveat"), (359, "socket"), (362, "connect"), (403, "clock_gettime"),
    (425, "io_uring_setup"),
  ]

  @Test("The 32-bit entry has numbers of its own", arguments: compatCases)
  func compatNumbers(number: Int, call: String) throws {
    let type = try #require(Schema.builtIn.type(systemCall: call))
    #expect(operation(REEL_OPERATION_COMPAT, number).type == type.id.rawValue)
  }

  @Test("What socketcall stands for", arguments: [(1, "socket"), (3, "connect"), (9, "send"), (18, "accept4")])
  func socketCalls(number: Int, call: String) throws {
    let type = try #require(Schema.builtIn.type(systemCall: call))
    let operation = operation(REEL_OPERATION_SOCKET, number)
    #expect(operation.type == type.id.rawValue)
    #expect(operation.flags & UInt32(REEL_OPERATION_INDIRECT) != 0)
  }

  @Test("Calls of a number are skipped where neither entry has anything to do for it")
  func skipped() throws {
    func skipped(_ names: [String]) throws -> [UInt8] {
      let types = try Set(names.map { try #require(Schema.builtIn.type(systemCall: $0)).id })
      return OperationTable(schema: .builtIn, architecture: .x86_64, snapLength: 80, types: types).skipped
    }
    #expect(!table.skipped.contains(1))
    let opens = try skipped(["openat"])
    // read, write (`exit` at the other entry, of which nothing is told), close (`read`), getpid.
    for number in [0, 1, 3, 39] { #expect(opens[number] == 1, "\(number)") }
    // open, fstat (`open`), munmap (`execve`), rt_sigreturn, execve, rename, `socketcall`, openat, and openat of the others.
    for number in [2, 5, 11, 15, 59, 82, 102, 257, 295] { #expect(opens[number] == 0, "\(number)") }
    let ends = try skipped(["exit"])
    for number in [1, 60] { #expect(ends[number] == 0, "\(number)") }
    #expect(opens[60] == 1)
  }

  @Test("Numbers that nobody knows are events all the same")
  func unknown() throws {
    let type = try #require(Schema.builtIn.type(named: "syscall"))
    for operation in [
      operation(0, 600), operation(REEL_OPERATION_COMPAT, 17), operation(REEL_OPERATION_COMPAT, 511),
      operation(REEL_OPERATION_SOCKET, 0), operation(REEL_OPERATION_SOCKET, 31),
    ] {
      #expect(operation.type == type.id.rawValue)
      #expect(operation.flags & UInt32(REEL_OPERATION_WITH_NUMBER) != 0)
    }
  }

  @Test("Arguments of two registers, and structures that are laid out otherwise")
  func layouts() throws {
    #expect(operation(REEL_OPERATION_COMPAT, 181).wide == 1 << 3)
    #expect(operation(REEL_OPERATION_COMPAT, 324).wide == 1 << 2 | 1 << 3)
    #expect(operation(0, 18).wide == 0)
    // nanosleep's timespec has half the size; that of clock_nanosleep_time64 has not.
    #expect(operation(REEL_OPERATION_COMPAT, 162).captures.0.size == 8)
    #expect(operation(REEL_OPERATION_COMPAT, 162).flags & UInt32(REEL_OPERATION_NARROW) != 0)
    #expect(operation(REEL_OPERATION_COMPAT, 407).flags & UInt32(REEL_OPERATION_NARROW) == 0)
    // Of the old `stat`, nothing is said: nothing is read of it.
    #expect(operation(REEL_OPERATION_COMPAT, 106).captures.1.size == 0)
    #expect(operation(REEL_OPERATION_COMPAT, 407).captures.0.size == 16)
    #expect(operation(0, 35).captures.0.size == 16)
  }

  @Test("Captures that depend on an argument or on the result")
  func conditions() {
    let futex = operation(0, 202)
    #expect(futex.captures.0.condition == 1)
    #expect(futex.captures.0.when == UInt8(REEL_WHEN_IN_SET))
    #expect(futex.condition_set == 1 << 0 | 1 << 6 | 1 << 9 | 1 << 11 | 1 << 13)
    let wait = operation(0, 61)
    #expect(wait.captures.0.when == UInt8(REEL_WHEN_SUCCEEDED | REEL_WHEN_POSITIVE))
    #expect(wait.captures.0.condition == UInt8(REEL_NO_ARGUMENT))
  }

  private static let armCases: [(number: Int, call: String)] = [
    (57, "close"), (63, "read"), (64, "write"), (56, "openat"), (79, "newfstatat"), (80, "fstat"), (220, "clone"),
    (221, "execve"), (203, "connect"), (242, "accept4"), (22, "epoll_pwait"), (425, "io_uring_setup"), (435, "clone3"),
  ]

  @Test("aarch64 has numbers of its own, and structures", arguments: armCases)
  func aarch64(number: Int, call: String) throws {
    let table = OperationTable(schema: .builtIn, architecture: .aarch64, snapLength: 80)
    let type = try #require(Schema.builtIn.type(systemCall: call))
    let operation = table.operations[number]
    #expect(operation.type == type.id.rawValue)
    #expect(operation.flags & UInt32(REEL_OPERATION_ENABLED | REEL_OPERATION_NARROW) == UInt32(REEL_OPERATION_ENABLED))
    if call == "epoll_pwait" { #expect([operation.captures.0.size, operation.captures.1.size].contains(16)) }
    // There is no 32-bit entry of x86.
    let unknown = try #require(Schema.builtIn.type(named: "syscall"))
    #expect(table.operations[Int(REEL_OPERATION_COMPAT) + number].type == unknown.id.rawValue)
  }

  @Test("Every layout is of parameters that are there, and stays inside what is captured")
  func layoutsFit() throws {
    for layout in CallLayout.all {
      let type = try #require(Schema.builtIn.type(layout.type))
      let applied = layout.applied(to: type)
      for index in layout.sources.keys {
        guard case .field(let capture, let offset, let size) = applied.parameters[index].source else { continue }
        let bytes = size == CallLayout.narrowTimespec ? 8 : Int(size)
        #expect(Int(offset) + bytes <= Int(applied.captures[Int(capture)].size), "\(type.name)")
      }
    }
    #expect(CallLayout.all.filter { $0.entry == .i386 }.count >= 30)
  }

  private static let ignoredCases: [(call: String, isIgnored: Bool)] = [
    ("read", true), ("write", false), ("close", true), ("dup2", true), ("openat", false), ("connect", false),
    ("listen", false), ("accept4", false), ("rename", false), ("mount", false), ("execve", false),
    ("exit_group", false), ("rt_sigreturn", false), ("futex", true),
  ]

  @Test("A call that nobody asked for is left alone when no other event shows what it does", arguments: ignoredCases)
  func ignored(call: String, isIgnored: Bool) throws {
    let number = try #require(Schema.builtIn.type(systemCall: call)?.number(on: .x86_64))
    let some = OperationTable(schema: .builtIn, architecture: .x86_64, snapLength: 80, types: [.write])
    #expect((some.operations[Int(number)].flags & UInt32(REEL_OPERATION_IGNORED) != 0) == isIgnored)
    #expect(table.operations[Int(number)].flags & UInt32(REEL_OPERATION_IGNORED) == 0)
  }

  @Test("What is not selected is not recorded, by whichever entry it comes")
  func selection() {
    let table = OperationTable(schema: .builtIn, architecture: .x86_64, snapLength: 80, types: [.write])
    func isEnabled(_ index: Int) -> Bool { table.operations[index].flags & UInt32(REEL_OPERATION_ENABLED) != 0 }
    #expect(isEnabled(1))
    #expect(isEnabled(Int(REEL_OPERATION_COMPAT) + 4))
    #expect(!isEnabled(0))
    #expect(!isEnabled(Int(REEL_OPERATION_COMPAT) + 3))
  }
}
