import Delivery
import Rules

/// What the guard's configuration file says, checked and with its defaults.
public struct GuardConfiguration: Sendable {
  /// Rules files and directories of them, in this order.
  public var rulesFiles: [String] = []
  /// Further container engines: sockets (`unix:///path`) and state directories.
  public var engines: [String] = []
  /// Where captures go, and how many stay.
  public var captures = CaptureStorage()
  /// What is taken out of captures before they reach the disk.
  public var redaction = CaptureRedaction()
  /// How much of the past is kept in memory.
  public var flightRecorder = FlightRecorderLimits()
  /// Who is told, by name.
  public var channels: [String: ChannelConfiguration] = [:]
  /// Where notices wait that a channel does not take.
  public var spool = SpoolLimits()
  /// Where the guard takes orders.
  public var control = ControlConfiguration()
  /// `HOST:PORT` on loopback where metrics and health are served; `nil` for the control socket alone.
  public var metricsListen: String?
  /// What is watched, and what happens then.
  public var policies: [Policy] = []

  /// The defaults: no policies.
  public init() {}
}

/// Where captures go, and how many stay.
public struct CaptureStorage: Sendable, Hashable {
  /// The directory; made with mode 0700 when it is missing.
  public var directory = "/var/lib/reel/captures"
  /// Bytes of finished captures that stay; the oldest go first. `nil` for all.
  public var keepBytes: UInt64?
  /// Nanoseconds that a finished capture stays.
  public var keepAge: Int64?
  /// How many finished captures stay.
  public var keepCount: Int?
  /// Where finished captures are sent.
  public var ship: ShipConfiguration?

  /// The default directory, and everything stays.
  public init() {}
}

/// How much of the past is kept in memory.
public struct FlightRecorderLimits: Sendable, Hashable {
  /// Bytes of compressed chunks.
  public var memory: UInt64 = 64 << 20
  /// Nanoseconds.
  public var time: Int64 = 60_000_000_000
  /// Whether the past is kept although no policy captures: for captures that people ask for. Without it, and without such
  /// policies, only the calls that rules name are recorded.
  public var isWanted = false

  /// 64 MiB, 60 s.
  public init() {}
}

/// Where the guard takes orders.
public struct ControlConfiguration: Sendable, Hashable {
  /// The unix socket.
  public var socket = "/run/reel/guard.sock"
  /// The group whose members may give orders besides root; `nil` for root alone.
  public var group: String?

  /// The default socket, root alone.
  public init() {}
}
