// The columns of the star's dimensions. Times are nanoseconds of the epoch unless said otherwise.

/// What was executed; one row for each different program start.
public enum ImageColumn: Int, DimensionColumn {
  /// The first argument, as given (`proc.exe`).
  case exe
  /// The absolute path of the executable (`proc.exepath`).
  case path
  /// All arguments behind the first, each followed by a NUL.
  case arguments
  /// The recorded part of the environment, each `NAME=value` followed by a NUL.
  case environment
  /// The path that was given to `execve`.
  case filename
  case device
  case inode
  /// When the executable's inode was last changed.
  case changeTime
  /// When the executable's content was last changed.
  case modificationTime
  /// `ImageFlags.rawValue`.
  case flags

  /// The stable name that stands in files.
  public var name: String { "\(self)" }
  /// What the numbers are.
  public var kind: DimensionValueKind {
    switch self {
    case .exe, .path, .arguments, .environment, .filename: .string
    default: .integer
    }
  }
}

/// One version of a thread: a new row whenever one of these values changes.
public enum ThreadColumn: Int, DimensionColumn {
  case tid
  /// The process: the id of the thread group.
  case pid
  /// The ids inside the innermost pid namespace.
  case virtualTid, virtualPid
  /// When the thread was made.
  case startTime
  /// When the leader of the process was made: (pid, this) is the identity of the process.
  case processStartTime
  /// The kernel's current parent.
  case parentPid
  /// The process that made it, also after it was handed to another parent.
  case originalParentPid
  /// The thread's own name (`comm`).
  case comm
  /// What the process executes.
  case image
  case workingDirectory
  case rootDirectory
  case uid, effectiveUid, savedUid, filesystemUid
  case gid, effectiveGid, savedGid, filesystemGid
  case loginUid
  case session, processGroup
  case virtualSession, virtualProcessGroup
  /// The controlling terminal's device number, 0 without one.
  case tty
  case capabilitiesInheritable, capabilitiesPermitted, capabilitiesEffective
  case cgroupID
  /// The path of the cgroup below the root of its hierarchy.
  case cgroup
  case container
  case mountNamespace, pidNamespace, netNamespace, userNamespace, utsNamespace, ipcNamespace, cgroupNamespace
  /// The kernel's flags of the task (`PF_*`).
  case taskFlags
  /// The soft limit of open descriptors.
  case descriptorLimit
  /// The name (`comm`) of the process's main thread: what `proc.name` says.
  case processName

  /// The stable name that stands in files.
  public var name: String { "\(self)" }
  /// What the numbers are.
  public var kind: DimensionValueKind {
    switch self {
    case .comm, .workingDirectory, .rootDirectory, .cgroup, .processName: .string
    case .image: .image
    case .container: .container
    default: .integer
    }
  }
}

/// A thread row, the lineage row of its parent, and who led its session and process group as of the event: the chain up to
/// the first process.
public enum LineageColumn: Int, DimensionColumn {
  case thread
  /// Missing for the first process and where the parent is not known.
  case parent
  /// A row of the process that made the session, also when it has ended; missing where it was never seen.
  case sessionLeader
  /// The same for the process group.
  case groupLeader

  /// The stable name that stands in files.
  public var name: String { "\(self)" }
  /// What the numbers are.
  public var kind: DimensionValueKind { self == .parent ? .lineage : .thread }
}

/// One version of what a descriptor pointed to.
public enum ObjectColumn: Int, DimensionColumn {
  /// The recorder's number for the thing itself; versions of one thing share it.
  case identity
  /// `ObjectKind.rawValue`.
  case objectKind
  /// The path as requested, absolute and lexically normal; the name of things without a path. `fd.name` of sockets
  /// is made from their addresses.
  case label
  /// What the kernel's directory entries say, when different.
  case realName
  case device
  case inode
  case mountID
  /// The file's open flags.
  case openFlags
  /// `ObjectFlags.rawValue`.
  case flags
  /// `AF_*` of a socket.
  case family
  /// `SOCK_*` of a socket.
  case socketType
  /// `IPPROTO_*` of a socket.
  case networkProtocol
  /// 4 or 16 bytes, as in the packet; for a unix socket its path.
  case localAddress
  case localPort
  case remoteAddress
  case remotePort
  /// `SocketRole.rawValue`.
  case role
  /// The kernel's address of a unix socket's own end and of its peer.
  case socketSource, socketPeer

  /// The stable name that stands in files.
  public var name: String {
    switch self {
    case .objectKind: "kind"
    case .label: "name"
    default: "\(self)"
    }
  }
  /// What the numbers are.
  public var kind: DimensionValueKind {
    switch self {
    case .label, .realName, .localAddress, .remoteAddress: .string
    default: .integer
    }
  }
}

/// A container, pod or other set of tasks that an engine names. Metadata of an id may come in later versions.
public enum ContainerColumn: Int, DimensionColumn {
  /// The full id.
  case id
  case label
  case image
  case engine
  case pod
  case podNamespace

  /// The stable name that stands in files.
  public var name: String { self == .label ? "name" : "\(self)" }
  /// What the numbers are.
  public var kind: DimensionValueKind { .string }
}

/// A user or group, keyed by container (host: missing) and number.
public enum UserColumn: Int, DimensionColumn {
  case container
  case number
  /// 0 a user, 1 a group.
  case isGroup
  case label
  case homeDirectory
  case shell
  /// The user's first group.
  case group

  /// The stable name that stands in files.
  public var name: String { self == .label ? "name" : "\(self)" }
  /// What the numbers are.
  public var kind: DimensionValueKind {
    switch self {
    case .container: .container
    case .label, .homeDirectory, .shell: .string
    default: .integer
    }
  }
}
