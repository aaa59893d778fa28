import CaptureFormat
import EventBatch
import EventSchema

/// A counter of the rollup, as data: which events count, and what is summed.
///
/// Type, result and kind of the object decide for nearly all events, at a cost of one addition each (`OverviewCounting`);
/// what else is asked is asked of the few that are left. The filter is made from the same facts, so that a scan counts
/// the same.
struct RollupCounter: Sendable {
  /// Which types.
  enum Types: Sendable {
    case all, systemCalls, inputOutput, reads, writes
    case named([String])
  }

  /// Which results.
  enum Results: Sendable {
    case all, failed, succeeded, positive
    /// A connection that is being made has not failed.
    case succeededOrPending, failedAndNotPending
  }

  /// Which objects.
  enum Object: Sendable {
    case any, network, file
    /// A file that is no device.
    case storedFile
    /// A file in a directory of the system.
    case systemFile
    /// A file whose name is that of a log.
    case log
    /// The socket of the system's log.
    case syslog
    /// A socket of an application, by its place in `NetworkApplication.all`.
    case application(Int)
  }

  /// What is summed.
  enum Sum: Sendable {
    case events
    /// The bytes that a call moved; in one direction or in both.
    case bytes(IODirection?, IOTarget)
    /// How many different values there are. Each counts where it is seen first.
    case distinct(Distinct)
  }

  /// What differs.
  enum Distinct: String, Sendable {
    case objectName = "fd.name"
    case serverPort = "fd.sport"
    case process = "proc.pid,proc.pid.ts"
    case container = "container.id"
  }

  let name: String
  var types = Types.all
  var results = Results.all
  var object = Object.any
  /// How long the call took at least, in nanoseconds.
  var latency: Int64?
  /// What else must hold, in the filter language.
  var extra: String?
  /// With one of which the payload begins; empty where that does not matter.
  var prefixes: [String] = []
  /// One of which the payload holds; empty where that does not matter.
  var words: [String] = []
  var sum = Sum.events

  /// The filter; empty for all events.
  var filter: String {
    var terms: [String] = []
    switch types {
    case .all: break
    case .systemCalls: terms.append("syscall.type exists")
    case .inputOutput: terms.append("evt.is_io = true")
    case .reads: terms.append("evt.is_io_read = true")
    case .writes: terms.append("evt.is_io_write = true")
    case .named(let names):
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
    if let text = object.filter { terms.append(text) }
    if let latency { terms.append("evt.latency >= \(latency)") }
    if !prefixes.isEmpty {
      terms.append("evt.buffer startswith anyof (\(prefixes.map { "\"\($0)\"" }.joined(separator: ", ")))")
    }
    if !words.isEmpty {
      terms.append("(\(words.map { "evt.buffer contains \($0)" }.joined(separator: " or ")))")
    }
    if let extra { terms.append(extra) }
    // The machine itself is no container.
    if case .distinct(.container) = sum { terms.append("container.id != host") }
    return terms.joined(separator: " and ")
  }

  /// `count`, `sum(FIELD)`, or `distinct(FIELD,…)`.
  var aggregate: String {
    switch sum {
    case .events: return "count"
    case .bytes(let direction, let target):
      let field = "evt.buflen.\(target == .file ? "file" : "net")"
      guard let direction else { return "sum(\(field))" }
      return "sum(\(field).\(direction == .read ? "in" : "out"))"
    case .distinct(let what): return "distinct(\(what.rawValue))"
    }
  }

  var key: Rollup.Key { Rollup.Key(name: name, filter: filter, aggregate: aggregate) }

  /// The number of what is summed, for those that read it.
  var summedField: String? {
    guard case .bytes = sum else { return nil }
    return String(aggregate.dropFirst(4).dropLast())
  }

  /// Which columns a scan reads for it; adds none when the schema lacks what it asks for.
  func addColumns(to columns: inout ColumnSet, schema: Schema) throws(QueryError) {
    let root = try Question(filter: filter, schema: schema).root
    var fields = summedField.map { [$0] } ?? []
    if case .distinct(let what) = sum { fields = what.rawValue.split(separator: ",").map(String.init) }
    var operands: [Operand] = []
    for field in fields { operands.append(try Operand(field, schema: schema)) }
    columns.core.insert([.exitTimes, .types, .results, .objects])
    root.addColumns(to: &columns, schema: schema)
    for operand in operands { operand.forEachField { $0.addColumns(to: &columns, schema: schema) } }
  }
}

extension RollupCounter.Object {
  var filter: String? {
    switch self {
    case .any: nil
    case .network: "fd.type in (ipv4, ipv6)"
    case .file: "fd.type = file"
    case .storedFile: "fd.type = file and not fd.name startswith /dev/"
    case .systemFile: "fd.type = file and fd.name pmatch (\(ObjectTraits.systemDirectories.joined(separator: ", ")))"
    case .log:
      "fd.type = file and "
        + "(fd.name contains .log or fd.name contains _log or fd.name contains /var/log) and "
        + "not (fd.name endswith .gz or fd.name endswith .tgz)"
    case .syslog: "evt.is_syslog = true"
    case .application(let index): NetworkApplication.all[index].filter
    }
  }

  /// Whether an object is one of them.
  func holds(_ traits: ObjectTraits) -> Bool {
    switch self {
    case .any: true
    case .network: traits.kind == .network
    case .file: traits.kind == .file
    case .storedFile: traits.kind == .file && !traits.isDevice
    case .systemFile: traits.kind == .file && traits.isSystem
    case .log: traits.kind == .file && traits.isLog
    case .syslog: traits.isSyslog
    case .application(let index): traits.application == index
    }
  }
}
