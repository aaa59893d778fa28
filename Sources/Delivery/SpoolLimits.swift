/// Where notices wait on disk that a channel does not take, and how many.
public struct SpoolLimits: Sendable, Hashable {
  /// A directory, made with mode 0700 when it is missing, with one below it for each channel.
  public var directory = "/var/lib/reel/spool"
  /// The most bytes that wait for one channel; what comes then is lost, and counted.
  public var bytes: UInt64 = 64 << 20

  /// 64 MiB for each channel.
  public init() {}
}
