import CaptureFormat
import Delivery
import Query
import Rules

// Captures that policies ask for.
extension CaptureKeeper {
  /// Begins the capture of a policy, or extends the one that is under way in its scope.
  /// - Parameters:
  ///   - number: which of the policy's captures.
  ///   - now: in nanoseconds of the epoch.
  mutating func trigger(
    _ trigger: Trigger, _ policy: Policy, _ action: CaptureAction, number: Int, filter: Question?, rule: Rule,
    channels: [String], ship: ShipConfiguration?, now: Int64
  ) throws(GuardSetupError) -> Place {
    let scope = CaptureKeeper.scope(action.scope, trigger.subject)
    let deadline = max(trigger.alert.time, now) + action.after
    let known = existing(policy.name, number, scope, trigger.subject)
    if let id = known, var found = live[id] {
      found.deadline = max(found.deadline ?? deadline, deadline)
      found.triggers += 1
      live[id] = found
      let (end, triggers) = (found.deadline, found.triggers)
      store.update(id, isWritten: triggers < 100 || triggers % 100 == 0) {
        $0.ended = end
        $0.triggers = triggers
      }
      return Place(id: id, path: found.capture.path, isNew: false)
    }
    var taking = CaptureTaking(scope: scope)
    taking.filter = filter
    taking.snapLength = action.snapLength
    taking.maxSize = action.maxSize
    taking.redactor = redaction.redactor(writer: header.writer)
    if case .tree = scope {
      taking.ancestors = Array(trigger.subject.line.dropFirst().prefix(trigger.subject.ancestorsInSession))
    }
    let id = CaptureKeeper.newID(now)
    let name = CaptureName.plain(
      action.name.flatMap { trigger.names[$0] } ?? "", id: id, policy: policy.name, rule: rule.name,
      container: trigger.subject.container)
    let path = try store.directory.reserve(name)
    let capture = LiveCapture(id: id, path: path, taking)
    let from = trigger.alert.time - action.before
    pipeline.begin(
      capture, from: from, header(for: taking, filter: action.filter, from: from),
      attachments: [PolicyText.attachment(policy, time: now), PolicyText.attachment(rule, time: now)], writer)
    let key = Key(policy: policy.name, action: number, scope: scope)
    live[id] = Live(
      capture: capture, key: key, deadline: deadline, rules: [rule.name], channels: channels, ship: ship,
      severity: policy.severity, triggers: 1)
    byKey[key] = id
    awaited.begin(id)
    var record = CaptureRecord(id: id, started: from, path: path)
    record.state = .capturing
    record.container = trigger.subject.container
    record.policy = policy.name
    record.rule = rule.name
    record.ended = deadline
    record.triggers = 1
    store.add(record)
    return Place(id: id, path: path, isNew: true)
  }

  /// Lists a trigger in a capture, as the alert that is told.
  func annotate(_ place: Place, _ alert: Alert, _ rule: Rule, _ policy: Policy, json: [UInt8], now: Int64) {
    guard let found = live[place.id] else { return }
    var attachments: [AttachedFile] = []
    if !found.rules.contains(rule.name) { attachments.append(PolicyText.attachment(rule, time: now)) }
    pipeline.annotate(
      found.capture,
      Annotation(
        time: now, from: alert.time, to: alert.time, firstEvent: alert.sequence.first ?? alert.number,
        lastEvent: alert.number, severity: UInt8(clamping: rule.priority.rawValue), kind: "alert",
        author: "policy \(policy.name)", rule: rule.name, text: String(decoding: alert.text, as: UTF8.self),
        json: String(decoding: json, as: UTF8.self)), attachments: attachments)
  }

  /// Remembers that a rule's text is in a capture.
  mutating func noteRule(_ place: Place, _ rule: Rule) { live[place.id]?.rules.insert(rule.name) }

  func existing(_ policy: String, _ number: Int, _ scope: CaptureScope, _ subject: Subject) -> String? {
    if let id = byKey[Key(policy: policy, action: number, scope: scope)] { return id }
    guard case .tree = scope else { return nil }
    // A process below one whose tree is captured belongs to that tree.
    for process in subject.line.dropFirst() {
      if let id = byKey[Key(policy: policy, action: number, scope: .tree(process))] { return id }
    }
    return nil
  }

  static func scope(_ scope: CaptureAction.Scope, _ subject: Subject) -> CaptureScope {
    switch scope {
    case .host: .host
    case .container: subject.container.isEmpty ? .host : .container(subject.container)
    case .tree: subject.process.map { .tree($0) } ?? .host
    }
  }
}
