import EventBatch

#if canImport(Glibc)
import Glibc
#endif

/// What `/proc` and the account files say about the machine when a recording starts.
///
/// Threads that make a system call are defined by the probe itself; the snapshot knows those that only ever stand in
/// somebody's lineage, the ports that are listened on, and the names of users.
struct MachineSnapshot {
  /// Adds a row for each process that the store does not know yet.
  ///
  /// Inside a pid namespace `/proc` has numbers that mean other processes to the kernel: nothing is added then, and
  /// processes that make no call stay unknown.
  static func addProcesses(to definitions: inout Definitions) {
    guard isOutermostNamespace() else { return }
    let ticks = Int64(sysconf(Int32(_SC_CLK_TCK)))
    for name in ProcFile.entries("/proc") {
      guard let pid = Int64(name), let status = ProcessStatus(pid: pid, ticksPerSecond: ticks) else { continue }
      addProcess(status, to: &definitions)
    }
  }

  /// Whether this process sees the pids that the kernel sees.
  static func isOutermostNamespace() -> Bool {
    // The kernel's own pid namespace has this number on every machine.
    ProcFile.link("/proc/self/ns/pid").map { String(decoding: $0, as: UTF8.self) } == "pid:[4026531836]"
  }

  private static func addProcess(_ status: ProcessStatus, to definitions: inout Definitions) {
    let folder = "/proc/\(status.pid)"
    var image = [Int64](repeating: EventBatch.missing, count: ImageColumn.allCases.count)
    var imageFlags: ImageFlags = []
    if let path = ProcFile.link("\(folder)/exe") {
      image[ImageColumn.path.rawValue] = definitions.store.text(withoutRemark(path))
      if let area = ProcFile.bytes("\(folder)/cmdline", limit: 8192), !area.isEmpty {
        let arguments = area.withUnsafeBytes { ArgumentArea($0) }
        image[ImageColumn.exe.rawValue] = definitions.store.text(arguments.first)
        image[ImageColumn.arguments.rawValue] = definitions.store.text(arguments.rest)
      }
    } else {
      imageFlags.insert(.kernelTask)
    }
    image[ImageColumn.flags.rawValue] = imageFlags.rawValue
    let imageRow = definitions.store.image(image, identity: nil)

    var values = [Int64](repeating: EventBatch.missing, count: ThreadColumn.allCases.count)
    func set(_ column: ThreadColumn, _ value: Int64) { values[column.rawValue] = value }
    set(.tid, status.pid)
    set(.pid, status.pid)
    set(.virtualTid, status.virtualPid)
    set(.virtualPid, status.virtualPid)
    set(.startTime, status.startTime + definitions.epochOffset)
    set(.processStartTime, status.startTime + definitions.epochOffset)
    set(.parentPid, status.parentPid)
    set(.comm, definitions.store.text(status.name))
    set(.processName, definitions.store.text(status.name))
    set(.image, Int64(imageRow))
    set(.session, status.session)
    set(.processGroup, status.processGroup)
    set(.tty, status.tty)
    set(.uid, status.uids[0])
    set(.effectiveUid, status.uids[1])
    set(.savedUid, status.uids[2])
    set(.filesystemUid, status.uids[3])
    set(.gid, status.gids[0])
    set(.effectiveGid, status.gids[1])
    set(.savedGid, status.gids[2])
    set(.filesystemGid, status.gids[3])
    if let login = ProcFile.integer("\(folder)/loginuid") {
      set(.loginUid, login == Int(UInt32.max) ? -1 : Int64(login))
    }
    if let directory = ProcFile.link("\(folder)/cwd") { set(.workingDirectory, definitions.store.text(directory)) }
    if let cgroup = containerCgroup(folder) {
      let text = definitions.store.text(cgroup)
      set(.cgroup, text)
      if let container = definitions.store.container(ofCgroup: cgroup, in: text) { set(.container, Int64(container)) }
    }
    let row = definitions.store.thread(values, identity: nil)
    definitions.lineages.note(
      row: row, parentStart: EventBatch.missing, in: definitions.store.dimensions.threads, isSnapshot: true,
      isCoarse: true)
  }

  /// The control group that the kernel program names, too.
  private static func containerCgroup(_ folder: String) -> [UInt8]? {
    ProcFile.bytes("\(folder)/cgroup").flatMap { MachineSnapshot.cgroup(inTable: $0) }
  }

  /// The path in a table as `/proc/PID/cgroup` is: of the unified hierarchy (`0::/path`), or where that is its root, of the
  /// memory controller (`4:memory:/path`) or else the controller `pids`.
  static func cgroup(inTable table: [UInt8]) -> [UInt8]? {
    var paths: [String: [UInt8]] = [:]
    for line in table.split(separator: UInt8(ascii: "\n")) {
      let parts = line.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { continue }
      for name in parts[1].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
        paths[String(decoding: name, as: UTF8.self)] = Array(parts[2])
      }
    }
    let root = [UInt8(ascii: "/")]
    return ["", "memory", "pids"].lazy.compactMap { paths[$0] }.first { $0 != root } ?? paths[""]
  }

  /// `/proc` marks an executable that was removed; the mark is no part of its name.
  private static func withoutRemark(_ path: [UInt8]) -> [UInt8] {
    let remark = Array(" (deleted)".utf8)
    return path.count > remark.count && path.suffix(remark.count).elementsEqual(remark)
      ? Array(path.dropLast(remark.count)) : path
  }

  /// Local ports of TCP sockets that listen, in the network namespace of the recorder.
  static func listeningPorts() -> Set<ListeningPort> {
    var ports: Set<ListeningPort> = []
    let link = ProcFile.link("/proc/self/ns/net").map { String(decoding: $0, as: UTF8.self) } ?? ""
    let namespace = UInt32(link.drop { $0 != "[" }.dropFirst().prefix { $0 != "]" }) ?? 0
    for path in ["/proc/net/tcp", "/proc/net/tcp6"] {
      for line in (ProcFile.text(path) ?? "").split(separator: "\n").dropFirst() {
        let parts = line.split(separator: " ")
        // sl, local address, remote address, state: 0A is LISTEN.
        guard parts.count > 3, parts[3] == "0A", let port = parts[1].split(separator: ":").last else { continue }
        if let number = UInt16(port, radix: 16) { ports.insert(ListeningPort(namespace: namespace, port: number)) }
      }
    }
    return ports
  }

  /// Adds the users and groups of the host.
  static func addUsers(to definitions: inout Definitions) {
    for (path, isGroup) in [("/etc/passwd", false), ("/etc/group", true)] {
      for line in (ProcFile.bytes(path) ?? []).split(separator: UInt8(ascii: "\n")) {
        let parts = line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count >= (isGroup ? 3 : 7), let number = Int64(String(decoding: parts[2], as: UTF8.self)) else {
          continue
        }
        var values = [Int64](repeating: EventBatch.missing, count: UserColumn.allCases.count)
        values[UserColumn.number.rawValue] = number
        values[UserColumn.isGroup.rawValue] = isGroup ? 1 : 0
        values[UserColumn.label.rawValue] = definitions.store.text(Array(parts[0]))
        if !isGroup {
          values[UserColumn.group.rawValue] = Int64(String(decoding: parts[3], as: UTF8.self)) ?? EventBatch.missing
          values[UserColumn.homeDirectory.rawValue] = definitions.store.text(Array(parts[5]))
          values[UserColumn.shell.rawValue] = definitions.store.text(Array(parts[6]))
        }
        _ = definitions.store.dimensions.users.appendRow(values)
      }
    }
  }
}

/// The numbers of `/proc/PID/stat` and `status` that a thread row has.
struct ProcessStatus {
  let pid: Int64
  let virtualPid: Int64
  let parentPid: Int64
  let processGroup: Int64
  let session: Int64
  let tty: Int64
  /// Nanoseconds since boot, as fine as the kernel's clock ticks.
  let startTime: Int64
  let name: [UInt8]
  /// Real, effective, saved, file system.
  let uids: [Int64]
  let gids: [Int64]

  /// `nil` when the process has gone.
  init?(pid: Int64, ticksPerSecond: Int64) {
    guard let stat = ProcFile.bytes("/proc/\(pid)/stat"), let status = ProcFile.text("/proc/\(pid)/status"),
      let open = stat.firstIndex(of: UInt8(ascii: "(")), let end = stat.lastIndex(of: UInt8(ascii: ")"))
    else { return nil }
    // The name may hold anything, parentheses too: what counts is behind the last one.
    let fields = String(decoding: stat[(end + 1)...], as: UTF8.self).split(separator: " ")
    guard fields.count > 20, let parent = Int64(fields[1]), let group = Int64(fields[2]),
      let session = Int64(fields[3]), let tty = Int64(fields[4]), let start = Int64(fields[19])
    else { return nil }
    self.pid = pid
    name = Array(stat[(open + 1)..<end])
    parentPid = parent
    processGroup = group
    self.session = session
    self.tty = tty
    startTime = start * (1_000_000_000 / ticksPerSecond)
    var lines: [Substring: [Int64]] = [:]
    for line in status.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, ["Uid", "Gid", "NSpid"].contains(parts[0]) else { continue }
      lines[parts[0]] = parts[1].split(whereSeparator: \.isWhitespace).compactMap { Int64($0) }
    }
    guard let uids = lines["Uid"], uids.count == 4, let gids = lines["Gid"], gids.count == 4 else { return nil }
    self.uids = uids
    self.gids = gids
    virtualPid = lines["NSpid"]?.last ?? pid
  }
}
