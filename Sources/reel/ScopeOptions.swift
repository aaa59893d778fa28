import ArgumentParser
import Containers
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
      "Record a container alone: its id, or four or more digits that it begins with; its name; its image; a pattern of "
        + "either (web-*); pod:NAMESPACE/NAME. By name also those that start later. Repeatable.",
      valueName: "container"))
  var container: [String] = []

  @Option(help: ArgumentHelp("Record a process and its descendants alone. Repeatable.", valueName: "pid"))
  var pid: [UInt32] = []

  @Flag(
    help: "Do not refuse a --container that is not there: record it from its start, and count --duration from then.")
  var wait = false

  @Flag(help: "End when the containers are empty and the processes of --pid have ended.")
  var untilExit = false

  @Option(
    help: ArgumentHelp(
      "Variables of environments that are kept: all, none, or names with a comma between. Without it, names that hold no "
        + "secrets, such as PATH and LD_PRELOAD.", valueName: "names"))
  var env = EnvironmentChoice(selection: .harmless)

  func validate() throws {
    for name in container where ContainerPattern(name) == nil {
      throw ValidationError(
        name.hasPrefix("pod:")
          ? "--container \(name) names no pod: write pod:NAMESPACE/NAME" : "--container \(name) names no container")
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
    if !container.isEmpty { terms.append(try selectContainers(&options)) }
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

  /// Finds the containers of now, and says which others are meant.
  /// - Returns: what is recorded, as a filter.
  private func selectContainers(_ options: inout RecordingOptions) throws(Failure) -> String {
    guard let groups = ControlGroups.current() else { throw .noControlGroups }
    // A name may be known to an engine alone: it is asked when files do not say it.
    var running = RunningContainers(groups, options.engines, asksEngines: false)
    if container.contains(where: { !isFound($0, running) }) { running = RunningContainers(groups, options.engines) }
    var scope = ContainerScope([])
    scope.waits = wait
    scope.endsWithThem = untilExit
    var terms: [String] = []
    for text in container {
      guard let pattern = ContainerPattern(text) else { continue }
      let found = running.entries.compactMap { entry in
        pattern.match(id: entry.group.container.id, entry.facts).map { (id: entry.group.container.id, match: $0) }
      }
      if found.isEmpty, !wait { throw notFound(text, running) }
      let ids = Set(found.filter { $0.match == .id }.map(\.id)).sorted()
      if ids.count > 1 {
        let list = ids.prefix(8).map { $0.prefix(16) }.joined(separator: ", ")
        throw .refused(
          "--container \(text) stands for several containers: \(list)\(ids.count > 8 ? " and more" : "")",
          remedy: "write more digits")
      }
      if let id = ids.first {
        // One that is there by its id is meant, and no other.
        scope.ids.insert(id)
        terms.append("container.full_id = \(id)")
      } else {
        scope.patterns.append(pattern)
        terms.append(pattern.filter)
      }
    }
    if wait, container.contains(where: { !isFound($0, running) }), Terminal.standardError.isTerminal {
      StandardError.write("waiting for \(VisibleText.of(container.joined(separator: ", "))); Ctrl-C ends it\n")
    }
    options.containers = scope
    options.source.selection.cgroups = [KernelSelection.noControlGroup]
    return terms.count == 1 ? terms[0] : "(" + terms.joined(separator: " or ") + ")"
  }

  private func isFound(_ text: String, _ running: RunningContainers) -> Bool {
    let pattern = ContainerPattern(text)
    return running.entries.contains { pattern?.match(id: $0.group.container.id, $0.facts) != nil }
  }

  /// Says what there is instead.
  private func notFound(_ text: String, _ running: RunningContainers) -> Failure {
    if ContainerPattern.idPrefix(text) == nil, text.utf8.count < 4, text.allSatisfy(\.isHexDigit) {
      return .refused(
        "no container is called \(text), and an id's first four digits are needed",
        remedy: "`reel containers` lists those that run")
    }
    var failure = Failure.refused(
      "no container that runs is meant by \(text)", remedy: "--wait waits until it is there")
    let entries = running.entries.filter(\.isRunning)
    let shown = entries.prefix(20).map { entry in
      let name = entry.facts["name"].map { " \($0)" } ?? ""
      return ContainersReport.shortID(entry.group.container.id) + name + (entry.facts["image"].map { " (\($0))" } ?? "")
    }
    let rest = entries.count - shown.count
    failure.line?.excerpt =
      shown.isEmpty
      ? ["no container is running"] : ["running:"] + shown + (rest > 0 ? ["and \(rest) more: see reel containers"] : [])
    return failure
  }
}

extension ContainerPattern {
  /// What is recorded, in the filter language.
  fileprivate var filter: String {
    switch self {
    case .pod(let namespace, let name):
      return
        "(k8s.ns.name glob \(ContainerPattern.quoted(namespace)) and k8s.pod.name glob \(ContainerPattern.quoted(name)))"
    case .word(let word):
      let text = ContainerPattern.quoted(word)
      var terms = ["container.name", "container.image", "container.image.repository"].map { "\($0) glob \(text)" }
      if let prefix = ContainerPattern.idPrefix(word) { terms.append("container.full_id startswith \(prefix)") }
      return "(" + terms.joined(separator: " or ") + ")"
    }
  }

  private static func quoted(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
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
