/// What can be asked of a state: views whose events are the rows of a state.
public enum StateCatalogue {
  /// The tables in the order in which they are listed.
  public static let all: [View] = [
    .stateProcesses, .stateFiles, .stateSockets, .stateContainers, .stateUsers, .stateMounts,
  ]

  /// Sums that are shown only when every row behind them has a value: a sum of some would be a guess. With each the
  /// hidden column that counts the values, and the one that says how many there should be.
  static let wholeSums = [
    "processes": [("cpu_time", "cpu_time.known", "threads")],
    "containers": [("cpu_time", "cpu_time.known", "threads"), ("vm_rss", "vm_rss.known", "processes")],
  ]

  /// The table with a name.
  public static func table(named name: String) -> View? {
    all.first { $0.name == name }
  }
}

extension View.Column {
  /// A field that decides about what other columns show.
  fileprivate static func hidden(_ name: String, _ field: String) -> View.Column {
    View.Column(name: name, title: "", content: .field(field), unit: .plain, isHidden: true)
  }

  /// How many rows have a value of a field that another column sums.
  fileprivate static func known(_ name: String, _ field: String, where filter: String? = nil) -> View.Column {
    View.Column(
      name: name + ".known", title: "", content: .aggregate("count", of: field, where: filter), unit: .plain,
      isHidden: true)
  }
}

extension View {
  static let stateProcesses = View(
    name: "processes", title: "Processes", description: "Each process: `ps` of that moment.",
    filter: "evt.type = state_thread", kind: .table,
    columns: [
      .key("pid", "PID", "proc.pid"),
      // A process id is used again; its start tells processes apart.
      Column(name: "started", title: "STARTED", content: .key("proc.pid.ts"), unit: .time),
      .last("ppid", "PPID", "proc.ppid"),
      // In an imported capture the threads of a process have names of their own.
      Column(
        name: "name", title: "NAME",
        content: .aggregate("last", of: "proc.name", where: "thread.ismain = true"), unit: .plain),
      .last("user", "USER", "user.name", "user.uid"),
      Column(
        name: "state", title: "STATE",
        content: .aggregate("last", of: "evt.rawarg.state", where: "thread.ismain = true"), unit: .plain),
      .count("threads", "THREADS"),
      .sum("cpu_time", "CPU TIME", "evt.rawarg.cpu_time", .duration),
      .known("cpu_time", "evt.rawarg.cpu_time"),
      .aggregate("vm_rss", "MEMORY", "max", "evt.rawarg.vm_rss", .bytes),
      .aggregate("vm_size", "VIRTUAL", "max", "evt.rawarg.vm_size", .bytes),
      .container, .command,
    ], sort: "-pid", drillDown: nil, appliesTo: [])

  static let stateFiles = View(
    name: "files", title: "Files", description: "Each open descriptor with what it stood for: `lsof` of that moment.",
    filter: "evt.type = state_descriptor", kind: .list,
    columns: [
      .listPid,
      .field("fd", "FD", "fd.num"),
      .field("name", "NAME", "proc.name"),
      .field("user", "USER", "user.name"),
      .field("type", "TYPE", "fd.type"),
      .field("device", "DEVICE", "fd.dev"),
      .field("inode", "INODE", "fd.ino"),
      .field("position", "POSITION", "evt.rawarg.position"),
      .field("file", "FILE", "fd.name"),
      .field("deleted", "DELETED", "fd.is_deleted"),
      .listContainer,
    ], sort: "-pid", drillDown: nil, appliesTo: [])

  static let stateSockets = View(
    name: "sockets", title: "Sockets",
    description: "Each descriptor of a socket, and sockets that nobody holds: `netstat` of that moment.",
    filter: """
      evt.type = state_socket or \
      (evt.type = state_descriptor and fd.type in (ipv4, ipv6, unix, netlink, packet, socket))
      """, kind: .list,
    columns: [
      .field("type", "TYPE", "fd.type"),
      .field("protocol", "PROTO", "fd.l4proto"),
      .field("state", "STATE", "evt.rawarg.state"),
      .hidden("listening", "fd.listening"),
      .hidden("connected", "fd.connected"),
      .field("queued_in", "IN-Q", "evt.rawarg.queued_in"),
      .field("queued_out", "OUT-Q", "evt.rawarg.queued_out"),
      .field("connection", "CONNECTION", "fd.name"),
      .field("local_address", "LOCAL", "fd.lip"),
      .field("local_port", "PORT", "fd.lport"),
      .field("remote_address", "REMOTE", "fd.rip"),
      .field("remote_port", "PORT", "fd.rport"),
      .field("inode", "INODE", "fd.ino"),
      .listPid,
      .field("fd", "FD", "fd.num"),
      .field("name", "NAME", "proc.name"),
      .field("user", "USER", "user.name"),
      .listContainer,
    ], sort: nil, drillDown: nil, appliesTo: [])

  static let stateContainers = View(
    name: "containers", title: "Containers", description: "Each container with its processes at that moment.",
    filter: "evt.type = state_thread and container.id != host", kind: .table,
    columns: [
      .key("id", "ID", "container.id"),
      .last("name", "NAME", "container.name", "container.id"),
      .last("image", "IMAGE", "container.image"),
      .last("engine", "ENGINE", "container.type"),
      .last("pod", "POD", "k8s.pod.name"),
      .aggregate("processes", "PROCS", "distinct", "proc.pid"),
      .count("threads", "THREADS"),
      .sum("cpu_time", "CPU TIME", "evt.rawarg.cpu_time", .duration),
      .known("cpu_time", "evt.rawarg.cpu_time"),
      Column(
        name: "vm_rss", title: "MEMORY",
        content: .aggregate("sum", of: "evt.rawarg.vm_rss", where: "thread.ismain = true"),
        unit: .bytes),
      .known("vm_rss", "evt.rawarg.vm_rss", where: "thread.ismain = true"),
    ], sort: "-id", drillDown: nil, appliesTo: [])

  static let stateUsers = View(
    name: "users", title: "Users", description: "The users that the machine and its containers know.",
    filter: "evt.type = state_user", kind: .list,
    columns: [
      .field("uid", "UID", "evt.rawarg.uid"),
      .field("gid", "GID", "evt.rawarg.gid"),
      .field("name", "NAME", "evt.rawarg.name"),
      .field("home", "HOME", "evt.rawarg.home"),
      .field("shell", "SHELL", "evt.rawarg.shell"),
      .listContainer,
    ], sort: "-uid", drillDown: nil, appliesTo: [])

  static let stateMounts = View(
    name: "mounts", title: "Mounts", description: "The mounted file systems, by mount namespace.",
    filter: "evt.type = state_mount", kind: .list,
    columns: [
      .field("point", "POINT", "evt.rawarg.point"),
      .field("type", "TYPE", "evt.rawarg.type"),
      .field("source", "SOURCE", "evt.rawarg.source"),
      .field("root", "ROOT", "evt.rawarg.root"),
      .field("options", "OPTIONS", "evt.rawarg.options"),
      .field("device", "DEVICE", "evt.rawarg.dev"),
      .field("id", "ID", "evt.rawarg.id"),
      .field("parent", "PARENT", "evt.rawarg.parent"),
      .field("namespace", "NAMESPACE", "evt.rawarg.namespace"),
      .listContainer,
    ], sort: nil, drillDown: nil, appliesTo: [])
}
