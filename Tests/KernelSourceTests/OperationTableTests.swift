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
    #expect(operation(REEL_OPERATION_COMPAT, 162).captures.0.size == 0)
    #expect(operation(REEL_OPERATION_COMPAT, 407).captures.0.size == 16)
    #expect(operation(0, 35).captures.0.size == 16)
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
