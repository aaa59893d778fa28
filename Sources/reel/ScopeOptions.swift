import ArgumentParser
import KernelSource
import Presentation
import Query
import Recorder

#if canImport(Glibc)
import Glibc
#endif

/// Whom `record` looks at, and what it keeps of environments.
struct ScopeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Record a container alone: its id, or four or more digits that it begins with. Repeatable.", valueName: "id"))
  var container: [String] = []

  @Option(help: ArgumentHelp("Record a process and its descendants alone. Repeatable.", valueName: "pid"))
  var pid: [UInt32] = []

  @Flag(help: "Wait until each --container is there.")
  var wait = false

  @Flag(help: "End when the containers are empty and the processes of --pid have ended.")
  var untilExit = false

  @Option(
    help: ArgumentHelp(
      "Variables of environments that are kept: all, none, or names with a comma between. Without it, names that hold no "
        + "secrets, such as PATH and LD_PRELOAD.", valueName: "names"))
  var env = EnvironmentChoice(selection: .harmless)

  func validate() throws {
    for name in container where ContainerName(name) == nil {
      let isShort = !name.isEmpty && name.utf8.count < 4 && name.allSatisfy(\.isHexDigit)
      throw ValidationError(
        isShort
          ? "--container \(name) is too short: an id's first four digits are needed"
          : "--container \(name) is no id of a container; names are not looked up yet")
    }
    if wait, container.isEmpty { throw ValidationError("--wait waits for a --container, and none is named") }
    if untilExit, container.isEmpty, pid.isEmpty {
      throw ValidationError("--until-exit needs a --container or a --pid that can end")
    }
  }

  /// Finds containers and processes; waits for containers when that is wanted.
  func apply(to options: inout RecordingOptions) throws(Failure) {
    var terms: [String] = []
    if !pid.isEmpty {
      for pid in pid { try ScopeOptions.check(pid) }
      options.source.selection.processTrees = Set(pid)
      let list = pid.map(String.init).joined(separator: ", ")
      terms.append("(proc.pid in (\(list)) or proc.apid in (\(list)))")
      if untilExit { options.targets += pid.map { .process($0) } }
    }
    if !container.isEmpty {
      let groups = try findContainers()
      options.source.selection.cgroups = Set(groups.map(\.id))
      let ids = Set(groups.map(\.container)).sorted().joined(separator: ", ")
      terms.append("container.full_id in (\(ids))")
      if untilExit { options.targets += groups.map { .controlGroup($0.path) } }
    }
    guard !terms.isEmpty else { return }
    if let filter = options.filterText { terms.append("(\(filter))") }
    options.filterText = terms.joined(separator: " and ")
  }

  /// Refuses what is no process of the machine.
  private static func check(_ pid: UInt32) throws(Failure) {
    var link = [CChar](repeating: 0, count: 64)
    let length = readlink("/proc/self/ns/pid", &link, link.count)
    let name = String(decoding: link.prefix(max(length, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // The number that the machine's own namespace has in every kernel.
    guard name == "pid:[4026531836]" else {
      throw .refused(
        "--pid \(pid) cannot be found from inside a pid namespace",
        remedy: "run reel in the machine's own namespace, or filter by proc.vpid")
    }
    guard let status = TextFile.read("/proc/\(pid)/status") else {
      throw .refused("there is no process \(pid)", remedy: "`ps -e` lists all")
    }
    let leader = status.split(separator: "\n").first { $0.hasPrefix("Tgid:") }?.split(separator: "\t").last
    guard leader.flatMap({ UInt32($0) }) == pid else {
      throw .refused("\(pid) is a thread of process \(leader ?? "?")", remedy: "name the process with --pid")
    }
  }

  /// The control groups of the containers that are named.
  private func findContainers() throws(Failure) -> [ControlGroups.ContainerGroup] {
    guard let hierarchy = ControlGroups.current() else {
      throw .refused(
        "the unified hierarchy of control groups is not mounted, so that containers cannot be found",
        remedy: "mount it: mount -t cgroup2 none /sys/fs/cgroup/unified")
    }
    var isFirst = true
    while true {
      var found: [ControlGroups.ContainerGroup] = []
      let groups = hierarchy.containerGroups()
      var missing: String?
      for text in container {
        guard let name = ContainerName(text) else { continue }
        switch name.match(among: groups) {
        case .groups(let groups): found += groups
        case .none: missing = missing ?? text
        case .ambiguous(let ids):
          let list = ids.prefix(8).map { $0.prefix(16) }.joined(separator: ", ")
          throw .refused(
            "--container \(text) stands for several containers: \(list)\(ids.count > 8 ? " and more" : "")",
            remedy: "write more digits")
        }
      }
      guard let missing else { return found }
      if !wait {
        throw .refused("no container with the id \(missing) is running", remedy: "--wait waits until it is there")
      }
      if isFirst, Terminal.standardError.isTerminal {
        StandardError.write("waiting for container \(VisibleText.of(missing)); Ctrl-C ends it\n")
      }
      isFirst = false
      usleep(100_000)
    }
  }
}

/// `--env`: `all`, `none`, or names with a comma between.
struct EnvironmentChoice: ExpressibleByArgument {
  let selection: EnvironmentSelection

  init(selection: EnvironmentSelection) { self.selection = selection }

  init?(argument: String) {
    switch argument {
    case "all": selection = .all
    case "none": selection = .none
    default:
      let names = argument.split(separator: ",", omittingEmptySubsequences: false)
      guard names.allSatisfy({ !$0.isEmpty && !$0.contains("=") && !$0.contains(where: \.isWhitespace) }) else {
        return nil
      }
      selection = .names(Set(names.map { Array($0.utf8) }))
    }
  }

  /// The default is said in the help's own words.
  var defaultValueDescription: String { "" }
}

extension KernelSelection {
  /// The most values that the kernel program is asked to compare with; more are left to user space.
  private static var mostValues: Int { 64 }

  /// Narrows the selection to what a filter can select at all. What cannot be said here is decided on batches.
  mutating func add(_ bounds: EventBounds) {
    types = bounds.types
    func small<Value>(_ values: Set<Value>?) -> Set<Value> {
      guard let values, values.count <= KernelSelection.mostValues else { return [] }
      return values
    }
    // Names that no process can have would make an empty set, which means all.
    names = small(bounds.processNames?.filter { $0.count <= 15 })
    users = small(bounds.users)
    processes = small(bounds.processes)
  }
}
