/// All built-in views.
public enum ViewCatalogue {
  /// The views in the order in which they are listed.
  public static let all: [View] = [
    .containers, .images, .pods, .namespaces, .processes, .processesCPU, .processesErrors, .processesDescriptors,
    .threads, .users, .files, .directories, .fileOpens, .slowIO, .deletedFiles, .renamedFiles, .newExecutables, .logs,
    .connections, .newConnections, .listeningPorts, .portBindings, .serverPorts, .socketQueues, .dns, .http, .tls,
    .syscalls, .syscallCallers, .errors, .containersErrors, .ioByType, .spectrogram, .spectrogramFiles, .pageFaults,
    .scheduler, .signals, .commands, .userActivity, .privilegeChanges, .syslog, .containerEvents, .notifications,
  ]

  /// What other tools call some of them.
  public static let aliases: [String: String] = [
    "procs": "processes", "procs_cpu": "processes_cpu", "procs_errors": "processes_errors",
    "procs_fd_usage": "processes_fd_usage", "sports": "server_ports", "incoming_connections": "new_connections",
    "syscall_procs": "syscall_callers", "backlog": "socket_queues", "spy_syslog": "syslog",
    "spy_users": "user_activity",
    "spy_users_wsysdig": "user_activity", "spectro_all": "spectrogram", "spectro_file": "spectrogram_files",
    "kubernetes_pods": "pods", "kubernetes_namespaces": "namespaces", "docker_events": "container_events",
  ]

  /// The view with a name, or with the name that another tool has for it.
  public static func view(named name: String) -> View? {
    let name = aliases[name] ?? name
    return all.first { $0.name == name }
  }
}
