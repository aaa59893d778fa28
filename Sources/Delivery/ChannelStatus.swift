/// How a channel does.
public struct ChannelStatus: Sendable, Hashable {
  /// Its name in the configuration.
  public var name: String
  /// What it is: `syslog`, `webhook`, …
  public var kind: String
  /// Notices that the other side has.
  public var delivered: UInt64 = 0
  /// Notices that were lost because neither memory nor the spool had room.
  public var lost: UInt64 = 0
  /// Notices that the other side refuses for good.
  public var rejected: UInt64 = 0
  /// Attempts that failed.
  public var failures: UInt64 = 0
  /// Notices that wait.
  public var waiting: UInt64 = 0
  /// Bytes that wait on disk.
  public var spooledBytes: UInt64 = 0
  /// Why the last attempt failed; empty when it did not.
  public var trouble = ""
  /// Since when it does not take notices, in nanoseconds of the epoch; `nil` when it does.
  public var failingSince: Int64?

  init(name: String, kind: String) {
    self.name = name
    self.kind = kind
  }
}
