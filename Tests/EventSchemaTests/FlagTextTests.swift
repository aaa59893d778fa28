import EventSchema
import Testing

private func table(_ name: String) throws -> FlagTable {
  try #require(Schema.builtIn.flagTables.first { $0.name == name })
}

@Suite("Numbers as names")
struct FlagTextTests {
  static let flagCases: [(table: String, value: UInt64, text: String)] = [
    ("file_flags", 0, "O_RDONLY"),
    ("file_flags", 0x80000, "O_RDONLY|O_CLOEXEC"),
    ("file_flags", 0x80042, "O_CREAT|O_RDWR|O_CLOEXEC"),
    ("file_flags", 0x241, "O_TRUNC|O_CREAT|O_WRONLY"),
    ("file_flags", 0x101001, "O_SYNC|O_WRONLY"),
    ("file_flags", 0x1001, "O_DSYNC|O_WRONLY"),
    ("file_flags", 0x410002, "O_DIRECTORY|O_RDWR|O_TMPFILE"),
    ("file_flags", 0x0800_0002, "O_RDWR|0x8000000"),
    ("file_flags", 3, "0x3"),
    ("file_flags", 1 << 29 | 0x41, "O_CREAT|O_WRONLY|O_F_CREATED"),
    ("prot_flags", 0, "PROT_NONE"),
    ("prot_flags", 5, "PROT_READ|PROT_EXEC"),
    ("mmap_flags", 0x22, "MAP_PRIVATE|MAP_ANONYMOUS"),
    ("mmap_flags", 0x03, "MAP_SHARED_VALIDATE"),
    ("access_flags", 0, "F_OK"),
    ("access_flags", 6, "R_OK|W_OK"),
    ("splice_flags", 0, "0"),
    ("splice_flags", 0x100, "0x100"),
    ("socket_flags", 0x80801, "O_NONBLOCK|O_CLOEXEC"),
    ("socket_flags", 1, "O_NONE"),
    ("clone_flags", 0x1200011, "CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD"),
    ("futex_operations", 0x81, "FUTEX_PRIVATE_FLAG|FUTEX_WAKE"),
    ("futex_operations", 0x80, "FUTEX_PRIVATE_FLAG|FUTEX_WAIT"),
    ("mknod_mode", 0o010644, "S_IROTH|S_IRGRP|S_IWUSR|S_IRUSR|S_IFIFO"),
    ("signal_set", 0x1_0000_0101, "SIGHUP|SIGKILL|SIGRTMIN+1"),
  ]

  @Test("Flags", arguments: flagCases)
  func flags(_ name: String, value: UInt64, text: String) throws {
    #expect(try table(name).text(for: value) == text)
  }

  @Test("A few flags differ on aarch64")
  func architectures() throws {
    let flags = try table("file_flags")
    #expect(flags.text(for: 0x4000, architecture: .aarch64) == "O_DIRECTORY|O_RDONLY")
    #expect(flags.text(for: 0x4000, architecture: .x86_64) == "O_DIRECT|O_RDONLY")
    #expect(flags.text(for: 0x8000, architecture: .aarch64) == "O_RDONLY|O_NOFOLLOW")
    #expect(flags.value(named: "O_LARGEFILE", architecture: .aarch64) == 0x20000)
  }

  static let enumerationCases: [(table: String, value: UInt64, name: String?)] = [
    ("lseek_whence", 2, "SEEK_END"), ("lseek_whence", 9, nil), ("socket_families", 1, "AF_LOCAL"),
    ("socket_types", 0x80801, "SOCK_STREAM"), ("fcntl_commands", 1030, "F_DUPFD_CLOEXEC"),
    ("sockopt_options", 2, "SO_REUSEADDR"), ("ptrace_requests", 16, "PTRACE_ATTACH"),
    ("quotactl_cmds", 0x8000_0701, "Q_GETQUOTA"), ("semctl_commands", 0, "IPC_RMID"),
  ]

  @Test("Enumerations", arguments: enumerationCases)
  func enumerations(_ name: String, value: UInt64, text: String?) throws {
    #expect(try table(name).name(of: value) == text)
  }

  @Test(
    "Portable flags",
    arguments: [
      (0x80042, 0x1000 | 0x4 | 0x3), (0, 1), (0x101001, 0x80 | 0x2), (0x0800_0000, 1),
    ] as [(UInt64, UInt64)])
  func portable(native: UInt64, portable: UInt64) throws {
    let flags = try table("file_flags")
    #expect(flags.portableFlags(for: native) == portable)
    // What has no portable value is lost on the way, everything else comes back.
    #expect(flags.flags(portable: portable) == native & ~0x0800_0000)
  }

  @Test("Portable enumerations")
  func portableEnumerations() throws {
    let commands = try table("fcntl_commands")
    #expect(commands.value(portable: 0x1a) == 1030)
    #expect(commands.portableValue(for: 1030) == 0x1a)
    #expect(commands.portableValue(for: 1033) == nil)
    #expect(commands.value(portable: 0xFFFF) == nil)
  }

  @Test(
    "Errors", arguments: [(2, "ENOENT"), (-2, "ENOENT"), (11, "EAGAIN"), (133, "EHWPOISON"), (-512, "ERESTARTSYS")])
  func errors(number: Int, name: String) {
    #expect(ErrorNames.name(of: number) == name)
    #expect(ErrorNames.number(named: name) == Int(number.magnitude))
  }

  @Test("Numbers that are no errors", arguments: [0, 41, 58, 134, 511, 520, 532, Int.min, Int.max])
  func noErrors(number: Int) {
    #expect(ErrorNames.name(of: number) == nil)
  }

  @Test("Second names of errors")
  func errorAliases() {
    #expect(ErrorNames.number(named: "EWOULDBLOCK") == 11)
    #expect(ErrorNames.number(named: "") == nil)
    #expect(ErrorNames.number(named: "ENONSENSE") == nil)
  }

  @Test(
    "Signals",
    arguments: [(1, "SIGHUP"), (9, "SIGKILL"), (17, "SIGCHLD"), (31, "SIGSYS"), (32, "SIGRTMIN"), (64, "SIGRTMIN+32")])
  func signals(number: Int, name: String) {
    #expect(SignalNames.name(of: number) == name)
    #expect(SignalNames.number(named: name) == number)
    #expect(SignalNames.number(named: String(name.dropFirst(3))) == number)
  }

  @Test("Numbers and names that are no signals")
  func noSignals() {
    for number in [0, -1, 65, Int.min] { #expect(SignalNames.name(of: number) == nil) }
    for name in ["", "SIG", "SIGRTMIN+33", "SIGRTMIN+x", "SIGNAL"] { #expect(SignalNames.number(named: name) == nil) }
    #expect(SignalNames.number(named: "SIGPOLL") == 29)
    #expect(SignalNames.number(named: "SIGRTMAX") == 64)
  }
}
