import Query

/// All tiles.
public enum OverviewCatalogue {
  /// The tiles in the order in which they are shown.
  public static let all: [OverviewTile] =
    general + file + network + applications + security + performance + logs + infrastructure

  private static let general = [
    OverviewTile(.general, "system_calls", "System calls", view: "syscalls", isAlwaysShown: true),
    OverviewTile(
      .general, "failed_calls", "Failed calls", view: "errors", isAlwaysShown: true,
      .share(25, of: "general.system_calls", "more than a quarter of all calls failed")),
    OverviewTile(.general, "running_processes", "Processes that ran", view: "processes", isAlwaysShown: true),
    OverviewTile(.general, "running_containers", "Containers that ran", view: "containers"),
    OverviewTile(.general, "ended_tasks", "Ended tasks", view: "events", filter: "evt.type = procexit"),
    OverviewTile(.general, "notifications", "Notifications", view: "notifications", .any("a policy fired")),
  ]

  private static let file = [
    OverviewTile(.file, "bytes", "Bytes read and written", unit: .bytes, view: "files", isAlwaysShown: true),
    OverviewTile(.file, "bytes_in", "Bytes read", unit: .bytes, view: "files", isAlwaysShown: true),
    OverviewTile(.file, "bytes_out", "Bytes written", unit: .bytes, view: "files", isAlwaysShown: true),
    OverviewTile(.file, "accessed_files", "Files read", view: "files", filter: "evt.is_io_read = true"),
    OverviewTile(.file, "modified_files", "Files written", view: "files", filter: "evt.is_io_write = true"),
    OverviewTile(.file, "opens", "Opens", view: "file_opens"),
    OverviewTile(.file, "renamed_files", "Renamed files", view: "renamed_files"),
  ]

  private static let network = [
    OverviewTile(
      .network, "bytes", "Bytes received and sent", unit: .bytes, view: "server_ports", isAlwaysShown: true),
    OverviewTile(.network, "bytes_in", "Bytes received", unit: .bytes, view: "server_ports", isAlwaysShown: true),
    OverviewTile(.network, "bytes_out", "Bytes sent", unit: .bytes, view: "server_ports", isAlwaysShown: true),
    OverviewTile(
      .network, "active_connections", "Active connections", view: "connections", filter: "evt.is_io = true"),
    OverviewTile(.network, "listening_ports", "Listening ports", view: "listening_ports"),
    OverviewTile(.network, "new_listening_ports", "New port bindings", view: "port_bindings"),
    OverviewTile(
      .network, "new_outbound_connections", "New outbound connections", view: "new_connections",
      filter: "evt.type = connect"),
    OverviewTile(
      .network, "new_inbound_connections", "New inbound connections", view: "new_connections",
      filter: "evt.type in (accept, accept4)"),
  ]

  private static let applications = NetworkApplication.all.map { application in
    OverviewTile(
      .networkApplications, "\(application.name)_bytes", "\(application.title) bytes", unit: .bytes,
      view: "connections", filter: application.filter)
  }

  private static let security = [
    OverviewTile(.security, "executed_commands", "Executed commands", view: "commands", isAlwaysShown: true),
    OverviewTile(
      .security, "executed_interactive_commands", "Commands from shells", view: "commands",
      filter: "proc.pname in (bash, sh, dash, zsh, ksh, mksh, fish, csh, tcsh, ash, busybox)"),
    OverviewTile(
      .security, "new_symlinks", "New symbolic links", view: "events",
      filter: "evt.type in (symlink, symlinkat) and evt.failed = false"),
    OverviewTile(
      .security, "modified_system_files", "Modified system files", view: "files",
      filter: "evt.is_io_write = true and fd.name pmatch "
        + "(/bin, /sbin, /boot, /etc, /lib, /lib64, /usr/bin, /usr/sbin, /usr/share, /usr/lib, /usr/lib64)",
      .any("programs or settings of the system were written")),
    OverviewTile(
      .security, "sudo_invocations", "Sudo invocations", view: "commands", filter: "proc.name = sudo",
      .any("somebody took root's rights")),
    OverviewTile(
      .security, "setns_invocations", "Changes of namespace", view: "privilege_changes", filter: "evt.type = setns",
      .any("somebody entered a namespace")),
    OverviewTile(
      .security, "new_ssh_connections", "New SSH connections", view: "new_connections", filter: "fd.sport = 22"),
    OverviewTile(
      .security, "deleted_files", "Deleted files", view: "deleted_files", filter: "evt.type in (unlink, unlinkat)"),
    OverviewTile(.security, "privilege_changes", "Changes of rights", view: "privilege_changes"),
  ]

  private static let performance = [
    OverviewTile(.performance, "http_requests", "HTTP requests", view: "http"),
    OverviewTile(
      .performance, "http_errors", "HTTP errors", view: "http",
      .share(5, of: "performance.http_requests", "requests failed")),
    OverviewTile(
      .performance, "file_open_errors", "Failed opens", view: "file_opens", filter: "evt.failed = true",
      .share(50, of: "file.opens", "more than half of all opens failed")),
    OverviewTile(
      .performance, "forks", "Forks", view: "events",
      filter: "evt.type in (clone, clone3, fork, vfork) and evt.rawres > 0"),
    OverviewTile(
      .performance, "failed_connections", "Failed connection attempts", view: "events",
      filter: "evt.type = connect and fd.type in (ipv4, ipv6) and evt.failed = true and evt.res != EINPROGRESS",
      .any("somebody could not be reached")),
    OverviewTile(.performance, "received_signals", "Received signals", view: "signals"),
    OverviewTile(
      .performance, "segmentation_faults", "Segmentation faults", view: "signals", filter: "evt.arg.sig = SIGSEGV",
      .any("a program crashed")),
    OverviewTile(.performance, "slow_file_io_1ms", "File I/O of 1 ms or more", view: "slow_io"),
    OverviewTile(
      .performance, "slow_file_io_10ms", "File I/O of 10 ms or more", view: "slow_io",
      filter: "evt.latency >= 10000000"),
    OverviewTile(
      .performance, "slow_file_io_100ms", "File I/O of 100 ms or more", view: "slow_io",
      filter: "evt.latency >= 100000000", .any("somebody waited for a file")),
  ]

  private static let logs = [
    OverviewTile(.logs, "app_log_messages", "Messages in log files", view: "logs"),
    OverviewTile(
      .logs, "app_log_warnings", "Warnings in log files", view: "logs",
      filter: "(evt.buffer contains warn or evt.buffer contains Warn or evt.buffer contains WARN)"),
    OverviewTile(
      .logs, "app_log_errors", "Errors in log files", view: "logs",
      filter: "(evt.buffer contains error or evt.buffer contains Error or evt.buffer contains ERROR or "
        + "evt.buffer contains critic or evt.buffer contains Critic or evt.buffer contains CRIT or "
        + "evt.buffer contains emerg or evt.buffer contains EMERG or evt.buffer contains alert or "
        + "evt.buffer contains ALERT)", .any("programs wrote down errors")),
    OverviewTile(.logs, "syslog_messages", "System log messages", view: "syslog"),
    OverviewTile(
      .logs, "syslog_warnings", "System log warnings", view: "syslog", filter: "syslog.severity = 4"),
    OverviewTile(
      .logs, "syslog_errors", "System log errors", view: "syslog", filter: "syslog.severity < 4",
      .any("programs reported errors")),
  ]

  private static let infrastructure = [
    OverviewTile(
      .infrastructure, "container_events", "Container events", view: "events", filter: "evt.type = container"),
    OverviewTile(.infrastructure, "docker_events", "Docker events", view: "events", filter: "evt.type = infra"),
  ]

  /// The tile with a name.
  public static func tile(named name: String) -> OverviewTile? { all.first { $0.name == name } }
}
