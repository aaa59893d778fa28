import Dispatch
import Recorder
import Synchronization

/// Does what policies ask for beside telling: on threads of its own, since engines answer when they like.
final class ActionRunner: Sendable {
  private let actions: ContainerActions
  private let bootTime: Int64
  private let queue = DispatchQueue(label: "reel.guard.actions", qos: .userInteractive, attributes: .concurrent)
  /// What was begun lately: the same is not done again at once.
  private let begun = Mutex<[Key: Int64]>([:])

  private struct Key: Hashable {
    let action: PolicyAction
    let container: String
    let process: ProcessIdentity?
  }

  /// Nanoseconds for which the same action on the same target is not begun again.
  private static let rest: Int64 = 1_000_000_000

  init(_ actions: ContainerActions, bootTime: Int64) {
    self.actions = actions
    self.bootTime = bootTime
  }

  /// Begins an action.
  ///
  /// - Parameters:
  ///   - group: the container's control group.
  ///   - now: in nanoseconds of the epoch.
  ///   - acted: called as soon as it has its effect.
  ///   - done: gets what came of it.
  /// - Returns: whether it was begun: not when the same was begun a moment ago.
  @discardableResult
  func begin(
    _ action: PolicyAction, _ subject: Subject, _ group: ControlGroups.ContainerGroup?, now: Int64,
    acted: @escaping @Sendable () -> Void, done: @escaping @Sendable (ActionOutcome) -> Void
  ) -> Bool {
    let isContainer = if case .container = action { true } else { false }
    let key = Key(action: action, container: subject.container, process: isContainer ? nil : subject.process)
    let isNew = begun.withLock { begun in
      if let last = begun[key], now - last < ActionRunner.rest { return false }
      if begun.count > 4096 { begun = begun.filter { now - $0.value < ActionRunner.rest } }
      begun[key] = now
      return true
    }
    guard isNew else { return false }
    switch action {
    case .killProcess:
      // A few system calls: done at once.
      let outcome = ProcessKill.kill(subject, bootTime: bootTime)
      if outcome == .done { acted() }
      done(outcome)
    case .container(let action):
      queue.async { [actions] in done(actions.perform(action, on: subject.container, group, acted: acted)) }
    case .capture, .notify: return false
    }
    return true
  }

  /// What an action is called in counters.
  static func name(_ action: PolicyAction) -> String {
    switch action {
    case .container(.stop): "container_stop"
    case .container(.pause): "container_pause"
    case .container(.kill): "container_kill"
    case .killProcess: "process_kill"
    case .capture: "capture"
    case .notify: "notify"
    }
  }
}
