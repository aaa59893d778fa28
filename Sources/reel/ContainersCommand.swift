import ArgumentParser
import Presentation
import Recorder

struct ContainersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "containers",
    abstract: "Lists the containers that run, as the recorder sees them.",
    discussion: """
      Containers are found by their control groups, so that all are listed, also those of engines that are not asked; names \
      and images come from the engines' files and sockets.

      EXAMPLES:
        sudo reel containers
        sudo reel containers --json | jq -r 'select(.namespace == "prod") | .id'
        sudo reel containers --engine unix:///run/user/1000/podman/podman.sock
      """)

  @OptionGroup var engines: EngineOptions

  @Flag(help: "Write one JSON object for each container.")
  var json = false

  func run() throws {
    let addresses = try engines.addresses()
    guard let groups = ControlGroups.current() else { throw Failure.noControlGroups }
    let running = RunningContainers(groups, addresses)
    let output = StandardOutput()
    let report = ContainersReport(running)
    if json {
      for row in report.json { try output.write(row.line) }
    } else {
      try output.write(report.rendered(for: .standardOutput))
    }
    try output.flush()
    for fault in running.faults { StandardError.warn(fault) }
  }
}

extension Failure {
  /// Nothing can be said of containers.
  static let noControlGroups = Failure.refused(
    "no hierarchy of control groups is mounted, so that containers cannot be found",
    remedy: "mount one: mount -t cgroup2 none /sys/fs/cgroup")
}

extension StandardError {
  /// Something that does not keep a command from going on.
  static func warn(_ what: String) {
    write("reel: warning: \(VisibleText.of(what))\n")
  }
}
