import Delivery
import EventBatch
import KernelSource
import Query
import Recorder
import Rules

// What happens when policies fire: actions first, since they are in a hurry; then captures; then notices, which name them.
extension GuardDaemon {
  mutating func fire(_ triggers: [Trigger]) {
    for trigger in triggers {
      for policy in trigger.policies { fire(trigger, watcher.compiled.policies[policy]) }
    }
  }

  private mutating func fire(_ trigger: Trigger, _ policy: Policy) {
    let rule = watcher.compiled.engine.rules[trigger.rule]
    let key = GuardStatus.AlertKey(rule: rule.name, policy: policy.name, priority: rule.priority.name)
    counts.alerts[key, default: 0] += 1
    let channels = policy.channels
    var more: [(String, String)] = [("policy.name", policy.name), ("policy.severity", "\(policy.severity)")]
    if policy.isDryRun {
      more.append(("policy.dry_run", "true"))
    } else {
      act(trigger, policy, channels)
    }
    let places = policy.isDryRun ? [] : capture(trigger, policy, rule, channels)
    if let place = places.first {
      more.append(("capture.id", place.id))
      more.append(("capture.path", place.path))
    }
    let scope = trigger.subject.container
    let suppressed = throttle.pass(
      rule: rule.name, policy: policy.name, scope: scope, period: policy.throttle, now: now)
    if let suppressed, suppressed > 0 { more.append(("suppressed", "\(suppressed)")) }
    var json: [UInt8] = []
    AlertJSON().append(trigger.alert, of: rule, more: more, to: &json)
    json.removeLast()
    for place in places {
      keeper.annotate(place, trigger.alert, rule, policy, json: json, now: now)
      keeper.noteRule(place, rule)
    }
    guard suppressed != nil else {
      counts.throttled[key, default: 0] += 1
      return
    }
    var notice = Notice(
      kind: .alert, time: trigger.alert.time, priority: UInt8(clamping: rule.priority.rawValue),
      text: String(decoding: trigger.alert.text, as: UTF8.self), json: String(decoding: json, as: UTF8.self))
    notice.severity = policy.severity
    notice.policy = policy.name
    notice.rule = rule.name
    notice.hostname = context.hostname ?? ""
    notice.labels = trigger.labels
    if let place = places.first {
      notice.labels += [.init("capture.id", place.id), .init("capture.path", place.path)]
    }
    outlets.tell(notice, channels)
    counts.alertLatency.add(now - trigger.alert.time)
  }

  private mutating func act(_ trigger: Trigger, _ policy: Policy, _ channels: [String]) {
    for action in policy.actions {
      switch action {
      case .capture, .notify: continue
      case .container, .killProcess: break
      }
      let time = trigger.alert.time
      let (board, outlets, offset) = (board, outlets, source.epochOffset)
      let (name, hostname) = (ActionRunner.name(action), context.hostname)
      let target =
        if case .killProcess = action { "process \(trigger.subject.process?.pid ?? 0)" } else {
          "container \(trigger.subject.container.prefix(12))"
        }
      actions.begin(
        action, trigger.subject, containers.group(of: trigger.subject.container), now: now,
        acted: {
          let latency = Clock.sinceBoot() + offset - time
          board.update { $0.actionLatency.add(latency) }
        }
      ) { outcome in
        let reason: String
        switch outcome {
        case .done, .gone:
          board.update { $0.actions[name, default: 0] += 1 }
          return
        case .refused(let why), .failed(let why): reason = why
        }
        board.update { $0.actions[name + "_failed", default: 0] += 1 }
        let text = "policy '\(policy.name)': \(name.replacing("_", with: " ")) of \(target) was not done: \(reason)"
        outlets.warn(text)
        outlets.tell(GuardDaemon.notice(text, priority: 3, policy: policy.name, hostname: hostname), channels)
      }
    }
  }

  private mutating func capture(
    _ trigger: Trigger, _ policy: Policy, _ rule: Rule, _ channels: [String]
  ) -> [CaptureKeeper.Place] {
    var places: [CaptureKeeper.Place] = []
    for (number, action) in policy.actions.enumerated() {
      guard case .capture(let capture) = action else { continue }
      do throws(GuardSetupError) {
        let place = try keeper.trigger(
          trigger, policy, capture, number: number, filter: capture.filter.flatMap { watcher.compiled.filters[$0] },
          rule: rule, channels: channels, ship: setup.configuration.captures.ship, now: now)
        if place.isNew { wantsState = true }
        places.append(place)
      } catch {
        tellOfFailure("policy '\(policy.name)' cannot capture: \(error.description)", policy: policy.name, channels)
      }
    }
    return places
  }

  /// Tells what goes wrong with the guard itself; the same not more than once in ten seconds.
  mutating func tellOfFailure(_ text: String, policy: String = "", _ channels: [String]) {
    guard throttle.pass(rule: "", policy: policy, scope: text, period: 10_000_000_000, now: now) != nil else { return }
    outlets.warn(text)
    outlets.tell(GuardDaemon.notice(text, priority: 3, policy: policy, hostname: context.hostname), channels)
  }

  /// A notice of the guard about itself.
  static func notice(_ text: String, priority: UInt8, policy: String = "", hostname: String?) -> Notice {
    var notice = Notice.internal(
      text, priority: priority, hostname: hostname ?? "", time: EpochClock.now(),
      policy.isEmpty ? [:] : ["policy.name": policy])
    notice.policy = policy
    return notice
  }
}

extension Policy {
  /// Who is told, each once.
  var channels: [String] {
    var channels: [String] = []
    for case .notify(let names) in actions {
      for name in names where !channels.contains(name) { channels.append(name) }
    }
    return channels
  }
}
