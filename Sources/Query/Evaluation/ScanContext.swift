import CaptureFormat
import EventSchema

/// What is the same for all batches of one capture, and fields may ask for.
public struct ScanContext: Sendable {
  /// The machine that was recorded (`evt.hostname`).
  public var hostname: String?
  /// The exit time of the capture's first event: where `evt.reltime` begins.
  public var start: Int64?
  /// How times of day are shown.
  public var zone: TimeZoneRule
  /// The processor that was recorded: some flags have other values on others.
  public var architecture: Architecture

  /// What is known of containers, by full id.
  public var containers: [String: ContainerInfo]

  /// Facts about a capture.
  ///
  /// - Parameters:
  ///   - hostname: the machine that was recorded.
  ///   - start: the exit time of the first event, in nanoseconds of the epoch.
  ///   - zone: how times of day are shown.
  ///   - architecture: the processor that was recorded.
  ///   - containers: what is known of containers beside their rows.
  public init(
    hostname: String? = nil, start: Int64? = nil, zone: TimeZoneRule = .local, architecture: Architecture = .current,
    containers: [ContainerInfo] = []
  ) {
    self.hostname = hostname
    self.start = start
    self.zone = zone
    self.architecture = architecture
    self.containers = Dictionary(containers.map { ($0.id, $0) }) { _, last in last }
  }
}
