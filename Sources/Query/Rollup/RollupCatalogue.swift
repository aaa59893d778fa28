extension RollupCounter {
  private static let opens = Types.named(["open", "openat", "openat2", "creat", "open_by_handle_at"])
  private static let accepts = Types.named(["accept", "accept4"])
  private static let connects = Types.named(["connect"])
  private static let forks = Types.named(["clone", "clone3", "fork", "vfork"])
  private static let executions = Types.named(["execve", "execveat"])
  private static let privileges = Types.named([
    "setuid", "setreuid", "setresuid", "setgid", "setregid", "setresgid", "setgroups", "capset", "unshare",
  ])
  private static let slow: Int64 = 1_000_000

  /// Who starts a program that is typed: the names of shells.
  static let shells = "proc.pname in (bash, sh, dash, zsh, ksh, mksh, fish, csh, tcsh, ash, busybox)"
  private static let requests = [
    "GET /", "POST /", "PUT /", "HEAD /", "DELETE /", "PATCH /", "OPTIONS /", "GET http", "OPTIONS *", "CONNECT ",
    "TRACE /",
    "PROPFIND /",
  ]
  private static let failedResponses = ["HTTP/1.1 4", "HTTP/1.1 5", "HTTP/1.0 4", "HTTP/1.0 5"]
  private static let warnings = ["warn", "Warn", "WARN"]
  private static let graveWords = [
    "error", "Error", "ERROR", "critic", "Critic", "CRIT", "emerg", "EMERG", "alert", "ALERT",
  ]

  /// What an overview shows of every capture.
  static let overview: [RollupCounter] =
    general + file + network + applications + security + performance + logs + infrastructure

  private static let general = [
    RollupCounter(name: "general.events"),
    RollupCounter(name: "general.system_calls", types: .systemCalls),
    RollupCounter(name: "general.failed_calls", results: .failed),
    RollupCounter(name: "general.running_processes", sum: .distinct(.process)),
    RollupCounter(name: "general.running_containers", sum: .distinct(.container)),
    RollupCounter(name: "general.ended_tasks", types: .named(["procexit"])),
    RollupCounter(name: "general.notifications", types: .named(["notification"])),
  ]

  private static let file = [
    RollupCounter(name: "file.bytes", sum: .bytes(nil, .file)),
    RollupCounter(name: "file.bytes_in", sum: .bytes(.read, .file)),
    RollupCounter(name: "file.bytes_out", sum: .bytes(.write, .file)),
    RollupCounter(
      name: "file.accessed_files", types: .reads, results: .succeeded, object: .file, sum: .distinct(.objectName)),
    RollupCounter(
      name: "file.modified_files", types: .writes, results: .succeeded, object: .file, sum: .distinct(.objectName)),
    RollupCounter(name: "file.opens", types: opens),
    RollupCounter(
      name: "file.renamed_files", types: .named(["rename", "renameat", "renameat2"]), results: .succeeded),
  ]

  private static let network = [
    RollupCounter(name: "network.bytes", sum: .bytes(nil, .network)),
    RollupCounter(name: "network.bytes_in", sum: .bytes(.read, .network)),
    RollupCounter(name: "network.bytes_out", sum: .bytes(.write, .network)),
    RollupCounter(
      name: "network.active_connections", types: .inputOutput, results: .succeeded, object: .network,
      sum: .distinct(.objectName)),
    RollupCounter(
      name: "network.listening_ports", types: .named(["listen", "accept", "accept4"]), results: .succeeded,
      object: .network, sum: .distinct(.serverPort)),
    RollupCounter(name: "network.new_listening_ports", types: .named(["bind"]), results: .succeeded, object: .network),
    RollupCounter(
      name: "network.new_outbound_connections", types: connects, results: .succeededOrPending, object: .network),
    RollupCounter(name: "network.new_inbound_connections", types: accepts, results: .succeeded, object: .network),
  ]

  private static let applications = NetworkApplication.all.enumerated().map { index, application in
    RollupCounter(
      name: "network_applications.\(application.name)_bytes", object: .application(index), sum: .bytes(nil, .network))
  }

  private static let ssh = NetworkApplication.all.firstIndex { $0.name == "ssh" } ?? 0

  private static let security = [
    RollupCounter(name: "security.executed_commands", types: executions, results: .succeeded),
    RollupCounter(
      name: "security.executed_interactive_commands", types: executions, results: .succeeded, extra: shells),
    RollupCounter(name: "security.new_symlinks", types: .named(["symlink", "symlinkat"]), results: .succeeded),
    RollupCounter(
      name: "security.modified_system_files", types: .writes, results: .succeeded, object: .systemFile,
      sum: .distinct(.objectName)),
    RollupCounter(
      name: "security.sudo_invocations", types: executions, results: .succeeded, extra: "proc.name = sudo"),
    RollupCounter(name: "security.setns_invocations", types: .named(["setns"]), results: .succeeded),
    RollupCounter(
      name: "security.new_ssh_connections", types: .named(["accept", "accept4", "connect"]),
      results: .succeededOrPending, object: .application(ssh)),
    RollupCounter(name: "security.deleted_files", types: .named(["unlink", "unlinkat"]), results: .succeeded),
    RollupCounter(name: "security.privilege_changes", types: privileges, results: .succeeded),
  ]

  private static let performance = [
    RollupCounter(
      name: "performance.http_requests", types: .inputOutput, object: .network, prefixes: requests),
    RollupCounter(
      name: "performance.http_errors", types: .inputOutput, object: .network, prefixes: failedResponses),
    RollupCounter(name: "performance.file_open_errors", types: opens, results: .failed),
    RollupCounter(name: "performance.forks", types: forks, results: .positive),
    RollupCounter(
      name: "performance.failed_connections", types: connects, results: .failedAndNotPending, object: .network),
    RollupCounter(name: "performance.received_signals", types: .named(["signaldeliver"])),
    RollupCounter(
      name: "performance.segmentation_faults", types: .named(["signaldeliver"]), extra: "evt.arg.sig = SIGSEGV"),
    RollupCounter(name: "performance.slow_file_io_1ms", types: .inputOutput, object: .storedFile, latency: slow),
    RollupCounter(name: "performance.slow_file_io_10ms", types: .inputOutput, object: .storedFile, latency: 10 * slow),
    RollupCounter(
      name: "performance.slow_file_io_100ms", types: .inputOutput, object: .storedFile, latency: 100 * slow),
  ]

  private static let logs = [
    RollupCounter(name: "logs.app_log_messages", types: .writes, results: .succeeded, object: .log),
    RollupCounter(
      name: "logs.app_log_warnings", types: .writes, results: .succeeded, object: .log, words: warnings),
    RollupCounter(name: "logs.app_log_errors", types: .writes, results: .succeeded, object: .log, words: graveWords),
    RollupCounter(name: "logs.syslog_messages", types: .writes, results: .succeeded, object: .syslog),
    RollupCounter(
      name: "logs.syslog_warnings", types: .writes, results: .succeeded, object: .syslog,
      extra: "syslog.severity = 4"),
    RollupCounter(
      name: "logs.syslog_errors", types: .writes, results: .succeeded, object: .syslog,
      extra: "syslog.severity < 4"),
  ]

  private static let infrastructure = [
    RollupCounter(name: "infrastructure.container_events", types: .named(["container"])),
    RollupCounter(name: "infrastructure.docker_events", types: .named(["infra"])),
  ]
}
