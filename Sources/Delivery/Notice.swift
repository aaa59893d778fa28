/// Something that is told to people and machines: an alert, a capture that ended, something wrong with the guard itself.
///
/// Everything that a channel may want stands in it, so that no channel asks anybody back.
public struct Notice: Sendable, Hashable {
  /// What it tells.
  public enum Kind: String, Sendable, Hashable, Codable {
    /// A policy fired.
    case alert
    /// A capture is finished, shipped, or failed.
    case capture
    /// The guard tells of itself: losses, a configuration that is broken, a channel that came back.
    case `internal`
  }

  /// What it tells.
  public var kind: Kind
  /// When it happened, in nanoseconds of the epoch.
  public var time: Int64
  /// 0 (emergency) to 7 (debug), as syslog counts, of the rule.
  public var priority: UInt8
  /// 0 to 7, the policy's; `nil` for what no policy caused.
  public var severity: UInt8?
  /// The policy that fired; empty for none.
  public var policy = ""
  /// The rule that matched; empty for none.
  public var rule = ""
  /// The host that it happened on.
  public var hostname = ""
  /// One line for people.
  public var text: String
  /// The alert as one JSON object in the ecosystem's shape, without a line feed.
  public var json: String
  /// Names and values of what it is about (`container.id`, `proc.name`, …), for channels with labels.
  public var labels: [Label] = []

  /// A name and its value.
  public struct Label: Sendable, Hashable {
    /// The name of a field.
    public var name: String
    /// Its value as text.
    public var value: String

    /// A label.
    public init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  /// A notice.
  public init(kind: Kind, time: Int64, priority: UInt8, text: String, json: String) {
    self.kind = kind
    self.time = time
    self.priority = priority
    self.text = text
    self.json = json
  }
}
