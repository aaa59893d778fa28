import Delivery
import Guard
import Presentation

/// What a configuration of the guard says, for people and for programs. Secrets are not shown.
struct GuardReport {
  private let loaded: LoadedGuard
  private var configuration: GuardConfiguration { loaded.configuration }

  init(_ loaded: LoadedGuard) { self.loaded = loaded }

  /// Facts, then policies, then channels.
  func rendered(for terminal: Terminal) -> String {
    let captures = configuration.captures
    var facts = FactList()
    facts.add("rules", Units.count(loaded.rules.rules.count, "rule") + files)
    facts.add("captures", VisibleText.of(captures.directory) + ", " + retention)
    facts.add("shipped", VisibleText.of(ship))
    let recorder = configuration.flightRecorder
    facts.add("past kept", "\(Units.bytes(recorder.memory)) or \(Units.duration(recorder.time)), whichever is less")
    facts.add("control", VisibleText.of(configuration.control.socket) + ", " + who)
    facts.add("metrics", configuration.metricsListen.map { "http://\($0)/metrics" } ?? "on the control socket alone")
    if !configuration.engines.isEmpty {
      facts.add("engines", VisibleText.of(configuration.engines.joined(separator: ", ")))
    }
    var text = facts.rendered(width: terminal.width, colour: terminal.allowsColour)
    text += "\n" + policies(terminal)
    if !configuration.channels.isEmpty { text += "\n" + channels(terminal) }
    return text + "\n"
  }

  private var files: String {
    let count = loaded.files.count - 1
    return count > 0 ? " in \(Units.count(count, "file"))" : ""
  }

  private var retention: String {
    let captures = configuration.captures
    let limits = [
      captures.keepCount.map { Units.count($0, "capture") }, captures.keepBytes.map { Units.bytes($0) },
      captures.keepAge.map { Units.duration($0) },
    ].compactMap { $0 }
    return limits.isEmpty ? "all stay" : "at most \(limits.joined(separator: ", ")) stay"
  }

  private var ship: String {
    switch configuration.captures.ship {
    case nil: "no"
    case .command(let words, _): "by " + words.joined(separator: " ")
    case .s3(let store): "to \(SafeAddress.host(of: store.endpoint)), bucket \(store.bucket)/\(store.prefix)"
    }
  }

  private var who: String {
    configuration.control.group.map { "root and the group \(VisibleText.of($0))" } ?? "root alone"
  }

  private func policies(_ terminal: Terminal) -> String {
    var table = Table([
      .left("POLICY", .keepsStart), .left("STATE"), .right("SEVERITY"), .right("RULES"), .left("ACTIONS", .keepsStart),
      .left("SCOPE", .keepsStart),
    ])
    for policy in configuration.policies {
      table.append([
        VisibleText.of(policy.name), GuardReport.state(policy), "\(policy.severity)", Units.count(policy.rules.count),
        VisibleText.of(policy.actions.map(GuardReport.words).joined(separator: ", ")),
        VisibleText.of(oneLine(policy.scope ?? "all events")),
      ])
    }
    return configuration.policies.isEmpty
      ? "no policies\n" : table.rendered(width: terminal.width, colour: terminal.allowsColour)
  }

  private func channels(_ terminal: Terminal) -> String {
    var table = Table([.left("CHANNEL"), .left("KIND"), .left("PLACE", .keepsStart)])
    for (name, channel) in configuration.channels.sorted(by: { $0.key < $1.key }) {
      table.append([name, channel.kind, VisibleText.of(channel.place)])
    }
    return table.rendered(width: terminal.width, colour: terminal.allowsColour)
  }

  private static func state(_ policy: Policy) -> String {
    !policy.isEnabled ? "off" : policy.isDryRun ? "dry run" : "on"
  }

  private func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  private static func words(_ action: PolicyAction) -> String {
    switch action {
    case .capture(let capture):
      "capture \(capture.scope.rawValue) −\(Units.duration(capture.before)) +\(Units.duration(capture.after))"
    case .notify(let names): "notify \(names.joined(separator: " "))"
    case .container(.stop(let grace)): "stop container within \(Units.duration(grace))"
    case .container(.pause): "pause container"
    case .container(.kill): "kill container"
    case .killProcess: "kill process"
    }
  }

  /// All of it as one object, without a line end.
  var object: JSONObject {
    var object = JSONObject()
    object.add("rules", loaded.rules.rules.count)
    object.add("rules_files", Array(loaded.files.dropFirst()))
    object.add("captures_directory", configuration.captures.directory)
    object.add("keep_bytes", number: configuration.captures.keepBytes)
    object.add("keep_age_ns", number: configuration.captures.keepAge)
    object.add("keep_count", number: configuration.captures.keepCount)
    object.add("ship", configuration.captures.ship == nil ? nil : ship)
    object.add("flight_recorder_bytes", configuration.flightRecorder.memory)
    object.add("flight_recorder_ns", configuration.flightRecorder.time)
    object.add("socket", configuration.control.socket)
    object.add("group", configuration.control.group)
    object.add("metrics", configuration.metricsListen)
    object.add(
      "channels",
      configuration.channels.sorted { $0.key < $1.key }.map { name, channel in
        var object = JSONObject()
        object.add("name", name)
        object.add("kind", channel.kind)
        object.add("place", channel.place)
        return object
      })
    object.add(
      "policies",
      configuration.policies.map { policy in
        var object = JSONObject()
        object.add("name", policy.name)
        object.add("description", policy.description)
        object.add("severity", policy.severity)
        object.add("enabled", policy.isEnabled)
        object.add("dry_run", policy.isDryRun)
        object.add("scope", policy.scope)
        object.add("rules", policy.rules)
        object.add("actions", policy.actions.map(GuardReport.words))
        object.add("throttle_ns", policy.throttle)
        return object
      })
    return object
  }
}
