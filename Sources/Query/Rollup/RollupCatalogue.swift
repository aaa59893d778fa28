import CaptureFormat
import EventBatch
import EventSchema

/// A counter of the rollup, as data: which events count, and what is summed.
///
/// Events are told apart by type, by what they returned and by the kind of their object alone: whatever that decides costs
/// nothing for each event. The filter is made from the same facts, so that a scan counts the same.
struct RollupCounter: Sendable {
  /// Which types.
  enum Types: Sendable {
    case all
    case named([String])
  }

  /// Which results.
  enum Results: Sendable {
    case all, failed, succeeded, positive
    /// A connection that is being made has not failed.
    case succeededOrPending, failedAndNotPending
  }

  /// What is summed: events, or the bytes that a call moved.
  enum Sum: Sendable {
    case events
    case bytes(IODirection, IOTarget)
  }

  let name: String
  var types = Types.all
  var results = Results.all
  /// Whether the object must be a socket of the network.
  var isNetwork = false
  var sum = Sum.events

  /// The filter; empty for all events.
  var filter: String {
    var terms: [String] = []
    if case .named(let names) = types {
      terms.append(names.count == 1 ? "evt.type = \(names[0])" : "evt.type in (\(names.joined(separator: ", ")))")
    }
    switch results {
    case .all: break
    case .failed: terms.append("evt.failed = true")
    case .succeeded: terms.append("evt.failed = false")
    case .positive: terms.append("evt.rawres > 0")
    case .succeededOrPending: terms.append("(evt.failed = false or evt.res = EINPROGRESS)")
    case .failedAndNotPending: terms.append("evt.failed = true and evt.res != EINPROGRESS")
    }
    if isNetwork { terms.append("fd.type in (ipv4, ipv6)") }
    return terms.joined(separator: " and ")
  }

  /// `count`, or `sum(FIELD)`.
  var aggregate: String {
    guard case .bytes(let direction, let target) = sum else { return "count" }
    return "sum(evt.buflen.\(target == .file ? "file" : "net").\(direction == .read ? "in" : "out"))"
  }

  var key: Rollup.Key { Rollup.Key(name: name, filter: filter, aggregate: aggregate) }

  private static let opens = Types.named(["open", "openat", "openat2", "creat", "open_by_handle_at"])
  private static let accepts = Types.named(["accept", "accept4"])
  private static let connects = Types.named(["connect"])
  private static let forks = Types.named(["clone", "clone3", "fork", "vfork"])
  private static let executions = Types.named(["execve", "execveat"])
  private static let deletions = Types.named(["unlink", "unlinkat", "rmdir"])
  private static let signals = Types.named(["kill", "tkill", "tgkill"])

  /// What an overview shows of every capture.
  static let overview: [RollupCounter] = [
    RollupCounter(name: "events"),
    RollupCounter(name: "failed", results: .failed),
    RollupCounter(name: "file.bytes_in", sum: .bytes(.read, .file)),
    RollupCounter(name: "file.bytes_out", sum: .bytes(.write, .file)),
    RollupCounter(name: "file.opens", types: opens),
    RollupCounter(name: "file.failed_opens", types: opens, results: .failed),
    RollupCounter(name: "file.deletions", types: deletions, results: .succeeded),
    RollupCounter(name: "net.bytes_in", sum: .bytes(.read, .network)),
    RollupCounter(name: "net.bytes_out", sum: .bytes(.write, .network)),
    RollupCounter(name: "net.accepted", types: accepts, results: .succeeded, isNetwork: true),
    RollupCounter(name: "net.connected", types: connects, results: .succeededOrPending, isNetwork: true),
    RollupCounter(name: "net.failed_connects", types: connects, results: .failedAndNotPending, isNetwork: true),
    RollupCounter(name: "process.started", types: forks, results: .positive),
    RollupCounter(name: "process.executions", types: executions, results: .succeeded),
    RollupCounter(name: "process.ended", types: .named(["procexit"])),
    RollupCounter(name: "process.signals", types: signals),
  ]
}
