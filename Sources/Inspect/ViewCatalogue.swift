/// All built-in views.
public enum ViewCatalogue {
  /// The views in the order in which they are listed.
  public static let all: [View] = [
    .containers, .processes, .processesErrors, .threads, .files, .directories, .fileOpens, .connections,
    .newConnections, .listeningPorts, .serverPorts, .syscalls, .syscallCallers, .errors, .containersErrors, .ioByType,
    .slowIO, .pageFaults, .signals, .commands, .deletedFiles, .newExecutables, .privilegeChanges,
  ]

  /// The view with a name.
  public static func view(named name: String) -> View? {
    all.first { $0.name == name }
  }
}
