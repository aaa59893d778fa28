import EventSchema

/// Which tasks and calls the kernel program looks at: what is decided there costs nothing in user space.
///
/// A task is selected when each part that is not empty has one that fits. Tasks that are not selected leave no event; what
/// they rename or mount is still noticed for the names of others.
public struct KernelSelection: Sendable, Hashable {
  /// Control groups by their id (the inode number below the unified hierarchy): tasks in one of them or below.
  public var cgroups: Set<UInt64> = []
  /// Processes of now by their id outside of all pid namespaces, with all their descendants, those of now and later ones.
  /// Whoever gets such an id later is somebody else.
  public var processTrees: Set<UInt32> = []
  /// Processes by their id, whoever has it whenever, with all their descendants. Not looked at beside `processTrees`.
  public var processes: Set<UInt32> = []
  /// Effective user ids.
  public var users: Set<UInt32> = []
  /// Names of processes (`proc.name`), at most 15 bytes each.
  public var names: Set<[UInt8]> = []
  /// Types of events; `nil` for all.
  public var types: Set<EventTypeID>?

  /// Everything on the machine.
  public init() {}

  /// Adds the types of events that show what is asked for: those of containers' lives are told by executions and ends.
  mutating func addCauses() {
    guard let types, !types.isDisjoint(with: KernelSelection.livesOfContainers) else { return }
    self.types = types.union([.execve, .execveat, .procexit])
  }

  private static let livesOfContainers: Set<EventTypeID> = [
    .containerCreated, .containerStarted, .containerExec, .containerPaused, .containerUnpaused, .containerDied,
    .containerOom,
  ]

  /// Whether nothing is left out.
  public var isEverything: Bool { self == KernelSelection() }
}

/// Which variables of an environment are kept. Environments carry secrets: only names that are asked for leave the
/// recorder's memory.
public enum EnvironmentSelection: Sendable, Hashable {
  case all
  case none
  case names(Set<[UInt8]>)

  /// Names whose values say how a program runs and hold no secrets.
  public static let harmless = EnvironmentSelection.names(
    Set(
      [
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "PWD", "OLDPWD", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TERM",
        "HOSTNAME", "LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "TMPDIR", "SUDO_USER", "SUDO_UID", "SSH_CONNECTION",
        "SSH_TTY", "XDG_SESSION_ID", "INVOCATION_ID", "KUBERNETES_SERVICE_HOST",
      ].map { Array($0.utf8) }))
}
