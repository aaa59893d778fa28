import CaptureFormat
import Rules

/// What travels with a capture beside its events: the policy that fired, and the rules.
enum PolicyText {
  /// A policy as an attachment.
  static func attachment(_ policy: Policy, time: Int64) -> AttachedFile {
    var lines = ["name: \(policy.name)"]
    if !policy.description.isEmpty { lines.append("description: \(policy.description)") }
    lines.append("severity: \(policy.severity)")
    if let scope = policy.scope { lines.append("scope: \(scope)") }
    lines.append("rules:")
    lines += policy.rules.map { "  - \($0)" }
    lines.append("actions:")
    lines += policy.actions.map { "  - \(text(of: $0))" }
    if policy.throttle > 0 { lines.append("throttle: \(policy.throttle / 1_000_000)ms") }
    return file("policy.yaml", lines, time)
  }

  /// A rule as an attachment.
  static func attachment(_ rule: Rule, time: Int64) -> AttachedFile {
    file(
      "rule-\(CaptureName.safe(rule.name)).yaml",
      [
        "rule: \(rule.name)", "desc: \(rule.description)", "condition: \(rule.text)", "output: \(rule.output)",
        "priority: \(rule.priority.name)", "tags: [\(rule.tags.joined(separator: ", "))]",
        "# \(rule.file):\(rule.line)",
      ], time)
  }

  private static func file(_ name: String, _ lines: [String], _ time: Int64) -> AttachedFile {
    AttachedFile(
      time: time, name: name, mediaType: "text/plain", bytes: Array(lines.joined(separator: "\n").utf8 + [0x0A]))
  }

  /// An action in a line.
  static func text(of action: PolicyAction) -> String {
    func seconds(_ nanoseconds: Int64) -> String { "\(Double(nanoseconds) / 1e9)s" }
    switch action {
    case .capture(let capture):
      var parts = [
        "before: \(seconds(capture.before))", "after: \(seconds(capture.after))", "scope: \(capture.scope.rawValue)",
      ]
      if let filter = capture.filter { parts.append("filter: \(filter)") }
      if let snap = capture.snapLength { parts.append("snaplen: \(snap)") }
      if let size = capture.maxSize { parts.append("max_size: \(size)") }
      return "capture: {\(parts.joined(separator: ", "))}"
    case .notify(let channels): return "notify: [\(channels.joined(separator: ", "))]"
    case .container(.stop(let grace)): return "container: stop  # after \(seconds(grace)) killed"
    case .container(.pause): return "container: pause"
    case .container(.kill): return "container: kill"
    case .killProcess: return "process: kill"
    }
  }
}
