import EventSchema
import Inspect
import Presentation
import Query

/// A process tree for people, for programs, and for those who draw graphs.
struct TreeReport {
  private let tree: ProcessTree
  private let limit: Int?
  private let moment: Int64?
  private let zone: ClockZone

  init(_ tree: ProcessTree, limit: Int?, moment: Int64?, zone: ClockZone) {
    self.tree = tree
    self.limit = limit
    self.moment = moment
    self.zone = zone
  }

  private var nodes: ArraySlice<ProcessTree.Node> { tree.nodes.prefix(limit ?? Int.max) }

  private func process(_ node: ProcessTree.Node) -> RecordedProcess { tree.processes[node.process] }

  // MARK: People

  func writeText() throws {
    let output = StandardOutput()
    guard !tree.nodes.isEmpty else {
      try output.write("no process did anything of that kind\n")
      return try output.flush()
    }
    let hasContainers = nodes.contains { container($0) != nil }
    let table = Table(
      [.right("PID")] + (hasContainers ? [.left("CONTAINER", .keepsStart)] : [])
        + [
          .left("USER"), .right("BEGAN"), .right("RAN"), .left("END"), .right("EVENTS"),
          .left("PROCESS", .keepsStart),
        ])
    func cells(_ node: ProcessTree.Node) -> [String] {
      let process = process(node)
      return [String(process.identity.pid)] + (hasContainers ? [container(node) ?? ""] : [])
        + [
          text(process.user), began(process), ran(process), end(process),
          process.events == 0 ? "" : Units.count(process.events), lines(node) + notes(process) + programs(process),
        ]
    }
    // Texts are made twice rather than held: there may be many processes.
    var measure = TableMeasure(table.columns.count)
    for node in nodes { measure.note(cells(node)) }
    let terminal = Terminal.standardOutput
    let layout = table.layout(width: terminal.width, colour: terminal.allowsColour, measure)
    if let heading = layout.heading { try output.write(heading) }
    for node in nodes { try output.write(layout.line(cells(node))) }
    if nodes.count < tree.nodes.count {
      try output.write("\(Units.count(tree.nodes.count - nodes.count, "more process", "more processes"))\n")
    }
    try output.flush()
  }

  private func text(_ value: FieldValue) -> String { value == .missing ? "" : VisibleText.of(value.text) }

  private func container(_ node: ProcessTree.Node) -> String? {
    let process = process(node)
    let id = text(process.container)
    if id.isEmpty || id == "host" { return nil }
    let name = text(process.containerName)
    return name.isEmpty ? String(id.prefix(12)) : name
  }

  /// When it began; nothing for what was there before anything was seen of it.
  private func began(_ process: RecordedProcess) -> String {
    guard let start = process.identity.start else { return "" }
    guard let seen = process.firstSeen, seen - start < 1_000_000_000 else {
      return String(ClockText.dateTime(start, zone: zone, digits: 0).dropFirst(5))
    }
    return ClockText.timeOfDay(start, zone: zone)
  }

  private func ran(_ process: RecordedProcess) -> String {
    process.end == nil ? "" : process.lifetime(until: tree.ended).map { Units.duration($0) } ?? ""
  }

  private func end(_ process: RecordedProcess) -> String {
    guard let end = process.end else { return process.firstSeen == nil ? "" : "runs" }
    if let signal = end.signal {
      return (SignalNames.name(of: Int(clamping: signal)) ?? "signal \(signal)") + (end.dumpedCore ? " core" : "")
    }
    return end.code.map { "exit \($0)" } ?? "ended"
  }

  private func lines(_ node: ProcessTree.Node) -> String {
    guard node.depth > 0 else { return "" }
    var text = ""
    for level in 1..<node.depth { text += node.continues[level] ? "│  " : "   " }
    return text + (node.continues[node.depth] ? "├─ " : "└─ ")
  }

  private func notes(_ process: RecordedProcess) -> String {
    guard process.isAdopted, let parent = process.parent else { return "" }
    return "[\(process.isDaemon ? "daemon, " : "")adopted by \(parent.pid)] "
  }

  /// The programs before the last by name, and the last with its arguments: `sh ⇒ env ⇒ python3 serve.py`.
  private func programs(_ process: RecordedProcess) -> String {
    let last = text(process.command)
    // What a process was made with is what its maker executed: worth a word only where there is more.
    let before = process.executions.dropLast().map { execution in
      let command = text(execution.command)
      return String(command.prefix { $0 != " " })
    }
    let shown = before.count > 4 ? [before[0], "…"] + before.suffix(2) : Array(before)
    return (shown + [last.isEmpty ? "?" : last]).joined(separator: " ⇒ ")
  }

  // MARK: Programs

  func writeJSON() throws {
    let output = StandardOutput()
    for node in nodes {
      let process = process(node)
      var object = JSONObject()
      object.add("pid", process.identity.pid)
      object.add("start", number: process.identity.start)
      object.add("depth", node.depth)
      object.add("selected", process.isSelected)
      object.add("ppid", number: process.parent?.pid)
      object.add("original_ppid", number: process.maker?.pid)
      object.add("name", process.name)
      object.add("command", process.command)
      object.add("path", process.executions.last?.path ?? .missing)
      object.add("user", process.user)
      object.add("login_user", process.loginUser)
      object.add("container", process.container)
      object.add("tty", number: process.terminal)
      object.add("session", number: process.session)
      object.add("first_seen", number: process.firstSeen)
      object.add("last_seen", number: process.lastSeen)
      object.add("ended", number: process.end?.time)
      object.add("exit_code", number: process.end?.code)
      object.add("exit_signal", process.end?.signal.flatMap { SignalNames.name(of: Int(clamping: $0)) })
      object.add("core", process.end?.dumpedCore ?? false)
      object.add("adopted", process.isAdopted)
      object.add("daemon", process.isDaemon)
      object.add("threads", process.threads)
      object.add("events", process.events)
      object.add("executions", process.executions.map(execution))
      object.add("signals", process.signals.map(signal))
      try output.write(object.line)
    }
    try output.flush()
  }

  private func execution(_ execution: Execution) -> JSONObject {
    var object = JSONObject()
    object.add("time", execution.time)
    object.add("command", execution.command)
    object.add("path", execution.path)
    return object
  }

  private func signal(_ signal: ReceivedSignal) -> JSONObject {
    var object = JSONObject()
    object.add("time", signal.time)
    object.add("signal", signal.name)
    object.add("sender", number: signal.sender)
    return object
  }

  // MARK: Graphs

  /// How much of a command stands in a box.
  private static let longestLabel = 80

  func writeGraph() throws {
    let output = StandardOutput()
    try output.write("digraph processes {\n  rankdir=LR;\n  node [shape=box, fontname=\"monospace\"];\n")
    let shown = Set(nodes.map(\.process))
    var indices: [ProcessInstance: Int] = [:]
    for index in shown { indices[tree.processes[index].identity] = index }
    for node in nodes {
      let process = process(node)
      let label = "\(process.identity.pid)\n\(programs(process).prefix(TreeReport.longestLabel))\n\(end(process))"
      let style = process.isSelected ? "" : ", style=dashed"
      let colour = process.end.map { $0.signal != nil || ($0.code ?? 0) != 0 } ?? false ? ", color=red" : ""
      try output.write("  p\(node.process) [label=\"\(quoted(label))\"\(style)\(colour)];\n")
      if let maker = process.maker.flatMap({ indices[$0] }) {
        try output.write("  p\(maker) -> p\(node.process);\n")
      }
      if process.isAdopted, let parent = process.parent.flatMap({ indices[$0] }) {
        try output.write("  p\(parent) -> p\(node.process) [style=dotted];\n")
      }
    }
    try output.write("}\n")
    try output.flush()
  }

  /// A text between quotes of the language; lines are centred.
  private func quoted(_ text: String) -> String {
    var quoted = ""
    for character in text {
      switch character {
      case "\"", "\\": quoted += "\\" + String(character)
      case "\n": quoted += "\\n"
      default: quoted.append(character)
      }
    }
    return quoted
  }
}
