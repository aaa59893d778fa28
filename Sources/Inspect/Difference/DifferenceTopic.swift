import Query

/// What two captures are compared by: groups of events that people have words for.
struct DifferenceTopic: Sendable {
  /// `file`, `connection`, …
  var name: String
  /// Which events are grouped.
  var filter: String
  /// The fields that make the group.
  var fields: [String]
  /// How much it matters when only one capture has the group: 0 to 1.
  var weight: Double
  /// Whether the time that calls took is compared as well.
  var comparesTime = false

  /// In the order in which ties are shown.
  static let all = [
    DifferenceTopic(
      name: "connection", filter: "evt.type = connect and fd.type in (ipv4, ipv6) and fd.sport exists",
      fields: ["proc.name", "fd.l4proto", "fd.sip", "fd.sport"], weight: 1),
    DifferenceTopic(
      name: "listening", filter: "evt.type = listen and fd.type in (ipv4, ipv6)",
      fields: ["proc.name", "fd.l4proto", "fd.lport"], weight: 0.98),
    DifferenceTopic(
      name: "program", filter: "evt.type in (execve, execveat) and evt.failed = false", fields: ["proc.exepath"],
      weight: 0.95),
    DifferenceTopic(
      name: "file", filter: "fd.type = file and evt.failed = false and evt.type != close", fields: ["fd.name"],
      weight: 0.9),
    DifferenceTopic(
      name: "exit", filter: "evt.type = procexit and not (evt.rawarg.ret = 0 and evt.rawarg.sig = 0)",
      fields: ["proc.name", "evt.arg.status"], weight: 0.8),
    DifferenceTopic(
      name: "signal", filter: "evt.type = signaldeliver", fields: ["proc.name", "evt.arg.sig"], weight: 0.6),
    DifferenceTopic(
      name: "error", filter: "evt.failed = true", fields: ["proc.name", "evt.type", "evt.res"], weight: 0.55),
    DifferenceTopic(
      name: "syscall", filter: "syscall.type exists", fields: ["proc.name", "evt.type"], weight: 0.5,
      comparesTime: true),
  ]

  /// Calls that wait for somebody else: what they take is told by whoever they waited for.
  static let waits: Set<String> = [
    "wait4", "waitid", "waitpid", "poll", "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait", "epoll_pwait2",
    "futex", "futex_wait", "futex_waitv", "rt_sigtimedwait", "rt_sigsuspend", "pause", "vfork", "io_uring_enter",
  ]
}
