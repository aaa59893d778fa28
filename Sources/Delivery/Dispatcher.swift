import Synchronization

/// Tells channels what happened, without ever holding up who has something to tell.
///
///     let dispatcher = Dispatcher(configuration.channels, spool: configuration.spool, hostname: "node1") { line in … }
///     dispatcher.send(notice, to: ["siem"])
///     dispatcher.finish(within: 5_000_000_000)
///
/// Each channel has a queue in memory, a thread, and a spool on disk. What it does not take waits there, in order and through
/// restarts, while attempts become rarer up to one a minute. What has no room is lost, counted, and told when the channel takes
/// notices again. At a crash what is in memory is gone; what was being sent may be sent twice.
public final class Dispatcher: Sendable {
  private let workers = Mutex<[String: ChannelWorker]>([:])
  private let spool: SpoolLimits?
  private let hostname: String
  private let report: @Sendable (String) -> Void

  /// Starts a thread for each channel.
  ///
  /// - Parameters:
  ///   - spool: `nil` for none: what is not taken waits in memory.
  ///   - report: takes lines about troubles with channels, from any thread. No line holds a secret.
  public init(
    _ channels: [String: ChannelConfiguration], spool: SpoolLimits?, hostname: String,
    report: @escaping @Sendable (String) -> Void
  ) {
    self.spool = spool
    self.hostname = hostname
    self.report = report
    reconfigure(channels)
  }

  /// Tells channels, by name. Returns at once; a channel that is not known is passed over. A notice without a host is of this one.
  public func send(_ notice: Notice, to names: [String]) {
    var notice = notice
    if notice.hostname.isEmpty { notice.hostname = hostname }
    let found = workers.withLock { workers in names.compactMap { workers[$0] } }
    for worker in found { worker.send(notice) }
  }

  /// Tells all channels, for what the guard has to say of itself.
  public func sendToAll(_ notice: Notice) {
    let all = workers.withLock { Array($0.values) }
    for worker in all { worker.send(notice) }
  }

  /// Changes to other channels. Those that stay the same go on as they are; of others what waits is kept for their names.
  public func reconfigure(_ channels: [String: ChannelConfiguration]) {
    let ending = workers.withLock { workers in
      let ending = workers.filter { channels[$0.key] != $0.value.configuration }
      for name in ending.keys { workers[name] = nil }
      return Array(ending.values)
    }
    // A new one of the same name takes the spool over.
    let deadline = Moment.now + 1_000_000_000
    for worker in ending { worker.stop(at: deadline) }
    for worker in ending { _ = worker.waitForEnd(until: deadline + 1_500_000_000) }
    workers.withLock { workers in
      for (name, channel) in channels where workers[name] == nil {
        workers[name] = ChannelWorker(name, channel, spool: spool, hostname: hostname, report: report)
      }
    }
  }

  /// How the channels do, by name.
  public var statuses: [ChannelStatus] {
    workers.withLock { Array($0.values) }.map(\.status).sorted { $0.name < $1.name }
  }

  /// Lets channels take what waits, and puts the rest into the spool.
  /// - Parameter time: nanoseconds, after which no attempt is waited for.
  public func finish(within time: Int64) {
    let all = workers.withLock { workers in
      defer { workers = [:] }
      return Array(workers.values)
    }
    let deadline = Moment.now + max(time, 0)
    for worker in all { worker.stop(at: deadline) }
    for worker in all where !worker.waitForEnd(until: deadline + 1_500_000_000) {
      report("the channel '\(worker.status.name)' does not end; what it was sending may be lost")
    }
  }
}
