/// What is watched, where, and what happens when it is seen.
public struct Policy: Sendable {
  /// Its name, which no other has.
  public var name: String
  /// What it is for.
  public var description = ""
  /// 0 to 3 high, 4 and 5 medium, 6 low, 7 informational.
  public var severity: UInt8 = 4
  /// Whether it is asked.
  public var isEnabled = true
  /// Whether its actions are only told, not done.
  public var isDryRun = false
  /// Which events it is about: a filter; `nil` for all.
  public var scope: String?
  /// Names of its rules: those chosen by name and by tag, and those that are written in the policy itself.
  public var rules: [String] = []
  /// What happens when one of them matches, in this order.
  public var actions: [PolicyAction] = []
  /// Between two notices of the same rule, policy and scope, in nanoseconds; 0 for no throttling.
  ///
  /// What is suppressed is counted, and the next notice says how many. A match that extends a capture is never suppressed there.
  public var throttle: Int64 = 0

  /// A policy that does nothing yet.
  public init(name: String) { self.name = name }
}

/// What a policy does.
public enum PolicyAction: Sendable, Hashable {
  /// Writes a capture that begins before the event.
  case capture(CaptureAction)
  /// Tells channels, by name.
  case notify([String])
  /// Acts on the container of the event.
  case container(ContainerAction)
  /// Kills the process of the event.
  case killProcess
}

/// A capture that a policy asks for.
public struct CaptureAction: Sendable, Hashable {
  /// Whose events it holds.
  public enum Scope: String, Sendable, Hashable, CaseIterable {
    /// Those of the container of the event; of the host, where it happened outside of containers.
    case container
    /// Those of the process, its descendants, and its ancestors up to the session leader.
    case tree
    /// All.
    case host
  }

  /// Nanoseconds before the event.
  public var before: Int64 = 5_000_000_000
  /// Nanoseconds behind the last event that matched.
  public var after: Int64 = 15_000_000_000
  /// Whose events it holds.
  public var scope = Scope.container
  /// Which of them; `nil` for all.
  public var filter: String?
  /// The most bytes of payload kept of an event; `nil` for what is recorded.
  public var snapLength: UInt32?
  /// The file's name without its extension, with `%fields` of the event, and `%capture.id`, `%policy.name`, `%rule.name`.
  public var name: String?
  /// Bytes after which it ends; `nil` for no such limit.
  public var maxSize: UInt64?

  /// 5 s before, 15 s after, the container.
  public init() {}
}

/// What happens to a container.
public enum ContainerAction: Sendable, Hashable {
  /// Asked to end, and killed after so many nanoseconds.
  case stop(grace: Int64)
  /// Frozen.
  case pause
  /// Killed.
  case kill
}
