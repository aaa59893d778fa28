/// What is known of a capture that the guard made or makes: a row of `reel capture list`.
public struct CaptureRecord: Sendable, Hashable, Codable {
  /// How far it is.
  public enum State: String, Sendable, Hashable, Codable, CaseIterable {
    /// Asked for; nothing is written yet.
    case requested
    /// Being written.
    case capturing
    /// Finished here, on its way to a store.
    case shipping
    /// Finished, and shipped where that was asked for.
    case done
    /// Ended early; what was written is readable. `message` says why.
    case error
  }

  /// Its id, which no other capture of this machine has: the time and a random part, sorting as time does.
  public var id: String
  /// How far it is.
  public var state: State
  /// The full id of the container that it is about; empty for the host.
  public var container = ""
  /// The policy that asked for it; empty for one that a person asked for.
  public var policy = ""
  /// The rule that matched first.
  public var rule = ""
  /// The time of its first event, in nanoseconds of the epoch.
  public var started: Int64
  /// The time at which it ends or ended.
  public var ended: Int64?
  /// Where it is.
  public var path: String
  /// Events written.
  public var events: UInt64 = 0
  /// Bytes written.
  public var bytes: UInt64 = 0
  /// How many matches it holds: the first, and those that extended it.
  public var triggers: UInt64 = 0
  /// Where it was shipped to; empty when it was not.
  public var shipped = ""
  /// What went wrong; empty when nothing did.
  public var message = ""

  /// A capture that was asked for.
  public init(id: String, started: Int64, path: String) {
    self.id = id
    state = .requested
    self.started = started
    self.path = path
  }
}
