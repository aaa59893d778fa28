import EventBatch
import EventSchema
import Query
import Testing

/// One hand-made batch, whose fields have known texts.
struct FieldTextTests {
  static let start: Int64 = 1_690_557_262_753_887_343
  static let batch = makeBatch()

  static func makeBatch() -> EventBatch {
    var maker = BatchMaker()
    let container = maker.container(
      id: "3ad7b26ded6d8e7b23da7d48fe889434573036c27ae5a74837233de441c3601e", name: "web",
      image: "registry:5000/lib/nginx:1.17@sha256:abcd")
    maker.user(1000, "alice")
    maker.user(0, "root")
    maker.user(1000, "staff", isGroup: true)
    let shell = maker.image(exe: "-bash", path: "/usr/bin/bash")
    let cat = maker.image(
      exe: "cat", path: "/usr/bin/cat", arguments: ["-n", "/etc/passwd"], environment: ["HOME=/root", "LANG=C"])
    let initTask = maker.lineage(tid: 1, comm: "init", columns: [.processStartTime: start - 9_000_000_000])
    let bash = maker.lineage(
      parent: initTask, tid: 100, comm: "bash", image: shell,
      columns: [.parentPid: 1, .session: 100, .processGroup: 100, .processStartTime: start - 5_000_000_000])
    let work = maker.text("/root")
    let root = maker.text("/srv/jail")
    let cgroup = maker.text("/system.slice/web.service")
    let process = maker.lineage(
      parent: bash, tid: 200, comm: "cat", image: cat,
      columns: [
        .parentPid: 100, .session: 100, .processGroup: 200, .effectiveUid: 1000, .effectiveGid: 1000, .loginUid: 0,
        .workingDirectory: work, .processStartTime: start - 1_500_000_000, .container: container, .virtualPid: 7,
        .virtualTid: 7, .virtualProcessGroup: 7, .capabilitiesEffective: 0b1001, .tty: 34816,
        .originalParentPid: 99, .uid: 1001, .savedUid: 1002, .filesystemUid: 1003, .gid: 2001, .savedGid: 2002,
        .filesystemGid: 2003, .rootDirectory: root, .mountNamespace: 4_026_531_841, .pidNamespace: 4_026_531_836,
        .netNamespace: 4_026_531_840, .userNamespace: 4_026_531_837, .utsNamespace: 4_026_531_838,
        .ipcNamespace: 4_026_531_839, .cgroupNamespace: 4_026_531_835, .cgroup: cgroup, .cgroupID: 77,
        .taskFlags: 0x400100, .virtualSession: 3,
      ])
    let thread = maker.lineage(
      parent: bash, tid: 201, pid: 200, comm: "worker", image: cat,
      columns: [.parentPid: 100, .processStartTime: start - 1_500_000_000, .effectiveUid: 0, .loginUid: 0xFFFF_FFFF])
    let passwd = maker.object(
      .file, name: "/etc/passwd", columns: [.device: 0x0801, .inode: 42, .mountID: 29, .openFlags: 0o102001])
    let connection = maker.socket(
      .ipv4Socket, local: ([127, 0, 0, 1], 80), remote: ([127, 0, 0, 1], 40000), role: .server)
    let mapped = maker.socket(
      .ipv6Socket, local: ([UInt8](repeating: 0, count: 10) + [255, 255, 10, 0, 0, 1], 5000),
      remote: ([UInt8](repeating: 0, count: 10) + [255, 255, 10, 0, 0, 2], 443), role: .client)
    let pipe = maker.object(.pipe, columns: [.inode: 22242])
    let directory = maker.object(.directory, name: "/tmp")
    let listening = maker.socket(
      .ipv6Socket, local: ([UInt8](repeating: 0, count: 16), 22), remote: nil, role: .unknown)
    // 0
    maker.event(
      "openat", at: start, latency: 1534, cpu: 3, lineage: process, object: passwd, result: 3,
      [
        "dirfd": .integer(-100), "name": .text("../etc/passwd"), "flags": .integer(0o2_000_000), "mode": .integer(0),
      ])
    // 1
    maker.event(
      "read", at: start + 49875, latency: 120_577, lineage: process, object: passwd, result: 5,
      ["fd": .integer(3), "size": .integer(4096), "data": .raw([0x72, 0x6F, 0x6F, 0x74, 0x0A])])
    // 2
    maker.event("close", at: start + 60000, lineage: thread, object: connection, result: 0, ["fd": .integer(5)])
    // 3
    maker.event(
      "connect", at: start + 70000, lineage: process, object: mapped, result: -115,
      ["fd": .integer(6), "addr": .raw([2, 10, 0, 0, 2, 0xBB, 0x01])])
    // 4
    maker.event(
      "unlinkat", at: start + 80000, lineage: process, object: directory, result: -2,
      ["dirfd": .integer(9), "name": .text("./a/../b"), "flags": .integer(0)])
    // 5
    maker.event("write", at: start + 90000, lineage: process, object: pipe, result: -32, ["fd": .integer(1)])
    // 6
    maker.event("kill", at: start + 95000, lineage: process, result: 0, ["pid": .integer(7), "sig": .integer(9)])
    // 7
    maker.event("close", at: start + 99000, object: listening, result: 0, ["fd": .integer(7)])
    // 8
    maker.event(
      "setuid", at: start + 100_000, lineage: process, result: 0, ["uid": .integer(1000)])
    return maker.finish()
  }

  @Test(arguments: [
    (0, "evt.num", "1"), (1, "evt.num", "2"), (0, "evt.time", "15:14:22.753887343"),
    (0, "evt.time.s", "15:14:22"), (0, "evt.time.iso8601", "2023-07-28T15:14:22.753887343+0000"),
    (0, "evt.datetime", "2023-07-28 15:14:22.753887343"), (0, "evt.datetime.s", "2023-07-28 15:14:22"),
    (0, "evt.rawtime", "1690557262753887343"), (0, "evt.rawtime.s", "1690557262"), (0, "evt.rawtime.ns", "753887343"),
    (0, "evt.starttime", "1690557262753885809"), (2, "evt.starttime", "<NA>"),
    (1, "evt.reltime", "000049875"), (1, "evt.deltatime", "49875"), (0, "evt.latency", "1534"),
    (0, "evt.latency.human", "1.53us"), (1, "evt.latency.human", "120us"), (2, "evt.latency", "<NA>"),
    (0, "evt.dir", "<"), (0, "evt.type", "openat"), (0, "evt.type.is.openat", "1"), (1, "evt.type.is.openat", "0"),
    (0, "syscall.type", "openat"), (0, "evt.category", "file"), (1, "evt.category", "file"), (5, "evt.category", "ipc"),
    (0, "evt.cpu", "3"), (0, "evt.arg.fd", "<f>/etc/passwd"), (0, "evt.arg[0]", "<f>/etc/passwd"),
    (0, "evt.arg.dirfd", "AT_FDCWD"), (0, "evt.arg.name", "/etc/passwd"), (0, "evt.arg.flags", "O_RDONLY|O_CLOEXEC"),
    (0, "evt.rawarg.fd", "3"), (1, "evt.rawarg.size", "4096"), (1, "evt.arg.data", "root."),
    (0, "evt.res", "SUCCESS"), (4, "evt.res", "ENOENT"), (4, "evt.rawres", "-2"), (4, "evt.arg.res", "ENOENT"),
    (4, "evt.failed", "true"), (0, "evt.failed", "false"), (0, "evt.is_unfinished", "false"), (1, "evt.is_io", "true"),
    (0, "evt.is_unreadable", "false"), (0, "evt.is_truncated", "false"), (0, "evt.is_payload_truncated", "false"),
    (0, "evt.is_io", "false"),
    (1, "evt.is_io_read", "true"), (1, "evt.io_dir", "read"), (5, "evt.io_dir", "write"), (0, "evt.io_dir", "<NA>"),
    (1, "evt.buflen", "5"), (5, "evt.buflen", "<NA>"), (1, "evt.buflen.file.in", "5"), (1, "evt.buflen.net", "<NA>"),
    (1, "evt.buflen.out", "<NA>"), (4, "evt.count.error", "1"), (0, "evt.count.error", "<NA>"),
    (4, "evt.count.error.file", "1"), (3, "evt.count.error.net", "1"), (5, "evt.count.error.other", "1"),
    (0, "fd.nameraw", "../etc/passwd"), (1, "fd.nameraw", "/etc/passwd"),
    (0, "evt.is_open_read", "true"), (0, "evt.is_open_write", "false"), (1, "evt.is_open_read", "false"),
    (0, "evt.abspath", "/etc/passwd"), (4, "evt.abspath", "/tmp/b"), (4, "fs.path.nameraw", "./a/../b"),
    (1, "evt.buffer", "root."), (6, "evt.arg.sig", "SIGKILL"), (6, "evt.arg.pid", "cat"),
    (8, "evt.arg.uid", "alice"), (3, "evt.arg.addr", "10.0.0.2:443"),
    (3, "evt.arg.tuple", "10.0.0.1:5000->10.0.0.2:443"),
    (0, "proc.pid", "200"), (0, "proc.ppid", "100"), (0, "proc.vpid", "7"), (0, "proc.name", "cat"),
    (2, "proc.name", "cat"), (2, "thread.name", "worker"), (2, "thread.tid", "201"), (2, "thread.ismain", "false"),
    (0, "proc.pname", "bash"), (0, "proc.aname[2]", "init"), (0, "proc.aname[3]", "<NA>"),
    (0, "proc.aname", "bash->init"),
    (0, "proc.apid[1]", "100"), (0, "proc.exe", "cat"), (0, "proc.pexe", "-bash"), (0, "proc.exepath", "/usr/bin/cat"),
    (0, "proc.args", "-n /etc/passwd"), (0, "proc.args[1]", "/etc/passwd"), (0, "proc.args[2]", "<NA>"),
    (0, "proc.cmdline", "cat -n /etc/passwd"), (0, "proc.pcmdline", "bash"), (0, "proc.exeline", "cat -n /etc/passwd"),
    (0, "proc.cmdnargs", "2"), (0, "proc.cmdlenargs", "13"), (0, "proc.env", "HOME=/root LANG=C"),
    (0, "proc.env[LANG]", "C"), (0, "proc.env[PATH]", "<NA>"), (0, "proc.cwd", "/root/"), (0, "proc.tty", "34816"),
    (0, "proc.sid", "100"), (0, "proc.sname", "bash"), (0, "proc.pgid", "200"), (0, "proc.pgid.name", "cat"),
    (0, "proc.is_vpgid_leader", "true"), (0, "proc.is_sid_leader", "false"), (0, "proc.loginshellid", "100"),
    (0, "proc.duration", "1500000000"), (0, "thread.cap_effective", "CAP_CHOWN CAP_FOWNER"),
    (0, "thread.nametid", "cat200"), (0, "user.uid", "1000"), (0, "user.name", "alice"),
    (0, "user.homedir", "/home/alice"),
    (0, "user.loginuid", "0"), (0, "user.loginname", "root"), (2, "user.loginuid", "-1"), (2, "user.name", "root"),
    (0, "group.gid", "1000"), (0, "group.name", "staff"), (0, "container.id", "3ad7b26ded6d"),
    (0, "container.name", "web"), (2, "container.id", "host"), (2, "container.full_id", "<NA>"),
    (0, "container.image.repository", "registry:5000/lib/nginx"), (0, "container.image.tag", "1.17"),
    (0, "container.image.digest", "sha256:abcd"), (0, "fd.num", "3"), (0, "fd.type", "file"), (0, "fd.typechar", "f"),
    (0, "fd.name", "/etc/passwd"), (0, "fd.directory", "/etc"), (0, "fd.filename", "passwd"), (0, "fd.dev", "2049"),
    (0, "fd.dev.major", "8"), (0, "fd.dev.minor", "1"), (0, "fd.ino", "42"), (0, "fd.uid", "2003"),
    (2, "fd.name", "127.0.0.1:40000->127.0.0.1:80"), (2, "fd.type", "ipv4"), (2, "fd.cport", "40000"),
    (2, "fd.sport", "80"), (2, "fd.lport", "80"), (2, "fd.rport", "40000"), (2, "fd.cip", "127.0.0.1"),
    (2, "fd.is_server", "true"), (2, "fd.l4proto", "tcp"), (2, "fd.sockfamily", "ip"), (2, "fd.connected", "false"),
    (2, "evt.arg.fd", "<4t>127.0.0.1:40000->127.0.0.1:80"), (3, "fd.name", "10.0.0.1:5000->10.0.0.2:443"),
    (3, "fd.typechar", "4"), (3, "fd.sip", "10.0.0.2"), (4, "fd.directory", "/tmp"), (4, "fd.filename", "<NA>"),
    (5, "fd.name", "pipe:[22242]"),
    (5, "fd.typechar", "p"), (7, "fd.name", ":::22"), (7, "fd.sport", "22"), (7, "fd.cport", "<NA>"),
    (7, "proc.name", "<NA>"), (6, "fd.name", "<NA>"), (0, "evt.source", "syscall"), (0, "proc.vmsize", "<NA>"),
    (0, "proc.opid", "99"), (0, "proc.ruid", "1001"), (0, "proc.suid", "1002"), (0, "proc.fsuid", "1003"),
    (0, "proc.rgid", "2001"), (0, "proc.sgid", "2002"), (0, "proc.fsgid", "2003"), (0, "proc.root", "/srv/jail"),
    (0, "proc.ns.mnt", "4026531841"), (0, "proc.ns.pid", "4026531836"), (0, "proc.ns.net", "4026531840"),
    (0, "proc.ns.user", "4026531837"), (0, "proc.ns.uts", "4026531838"), (0, "proc.ns.ipc", "4026531839"),
    (0, "proc.ns.cgroup", "4026531835"), (0, "proc.cgroup", "/system.slice/web.service"),
    (0, "proc.cgroup.id", "77"), (0, "thread.flags", "400100"), (0, "proc.vsid", "3"), (2, "proc.ruid", "<NA>"),
    (0, "proc.is_args_truncated", "false"), (0, "fd.mount_id", "29"),
    (0, "fd.open_flags", "O_LARGEFILE|O_APPEND|O_WRONLY"),
    (0, "fd.is_name_truncated", "false"), (0, "fd.socket_peer", "<NA>"),
    (1, "fd.open_flags", "O_LARGEFILE|O_APPEND|O_WRONLY"),
    (5, "fd.is_server", "false"),
    (0, "fd.containername", "3ad7b26ded6d:/etc/passwd"), (0, "toupper(proc.name)", "CAT"),
    (0, "len(fd.name)", "11"), (0, "join(\"-\", (proc.name, evt.num))", "cat-1"), (0, "evt.is_wait", "false"),
    (1, "evt.info", "res=5 data=root. fd=3(<f>/etc/passwd) size=4096"),
    (4, "evt.args", "res=-2(ENOENT) dirfd=9(<d>/tmp) name=./a/../b(/tmp/b) flags=0"),
  ])
  func text(row: Int, field: String, expected: String) throws {
    let schema = Schema.builtIn
    let spelling = field.contains("(") ? "(\(field))" : field
    let format = try LineFormat("*%" + spelling, schema: schema)
    let printer = EventPrinter(format: format, style: .text, schema: schema)
    let lines = printer.lines(
      for: FieldTextTests.batch, context: ScanContext(start: FieldTextTests.start, zone: .utc))
    let text = String(decoding: lines.text, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    #expect(text[row] == expected)
  }

  @Test func standardLine() throws {
    let schema = Schema.builtIn
    let printer = EventPrinter(format: try .standard(schema: schema), style: .text, schema: schema)
    let lines = printer.lines(for: FieldTextTests.batch, context: ScanContext(zone: .utc))
    let text = String(decoding: lines.text, as: UTF8.self).split(separator: "\n")
    #expect(
      text[1] == """
        2 15:14:22.753937218 0 web (3ad7b26ded6d) cat (200) < read res=5 data=root. fd=3(<f>/etc/passwd) size=4096
        """)
    #expect(text[2].hasPrefix("3 15:14:22.753947343 0 cat (201) < close res=0 fd=5(<4t>127.0.0.1:40000->"))
  }

  @Test func standardJSON() throws {
    let schema = Schema.builtIn
    let printer = EventPrinter(format: try .standardJSON(schema: schema), style: .json, schema: schema)
    let lines = printer.lines(for: FieldTextTests.batch, context: ScanContext(zone: .utc))
    let text = String(decoding: lines.text, as: UTF8.self).split(separator: "\n")
    #expect(
      text[0].hasPrefix(
        """
        {"evt.num":1,"evt.time":1690557262753887343,"evt.rawtime":1690557262753887343,"evt.cpu":3,"evt.type":"openat",\
        "evt.latency":1534,"proc.pid":200,"thread.tid":200,"proc.name":"cat","fd.name":"/etc/passwd",\
        "container.id":"3ad7b26ded6d","evt.res":"SUCCESS","evt.rawres":3,"evt.args":{"fd":3,"dirfd":-100,\
        "name":"/etc/passwd","flags":"O_RDONLY|O_CLOEXEC","mode":"0",
        """))
    #expect(text[7].contains("\"proc.pid\":null,\"thread.tid\":null,\"proc.name\":null,\"fd.name\":\":::22\""))
  }

  /// Without a star, events that lack a value are left out; a limit counts lines.
  @Test func missingValuesLeaveEventsOut() throws {
    let schema = Schema.builtIn
    let format = try LineFormat("%evt.num %evt.latency%%", schema: schema)
    let printer = EventPrinter(format: format, style: .text, schema: schema)
    let lines = printer.lines(for: FieldTextTests.batch)
    #expect(String(decoding: lines.text, as: UTF8.self) == "1 1534%\n2 120577%\n")
    #expect(String(decoding: lines.prefix(1), as: UTF8.self) == "1 1534%\n")
  }

  @Test func hostileTextStaysValidJSON() throws {
    var json: [UInt8] = []
    FieldValue.text([0x22, 0x5C, 0x1B, 0x0A, 0xFF, 0xC3, 0xA4, 0x7F][...]).appendJSON(to: &json)
    #expect(String(decoding: json, as: UTF8.self) == "\"\\\"\\\\\\u001b\\n\u{FFFD}ä\\u007f\"")
  }
}
