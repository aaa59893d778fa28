import Delivery

/// How the guard does, in the text format of Prometheus (version 0.0.4).
enum MetricsText {
  static let contentType = "text/plain; version=0.0.4; charset=utf-8"

  static func of(_ status: GuardStatus, _ channels: [ChannelStatus]) -> String {
    var text = MetricsWriter()
    text.gauge("up", "Whether the guard records.", status.isRunning ? 1 : 0)
    text.gauge("start_time_seconds", "When it began, in seconds of the epoch.", seconds: status.started)
    text.counter("events_total", "Events that reached it.", status.events)
    text.family("events_lost_total", "counter", "Events that were lost, by cause.")
    for (cause, count) in status.lost.sorted(by: { $0.key < $1.key }) {
      text.sample("events_lost_total", [("cause", cause)], "\(count)")
    }
    alerts("alerts_total", "Matches of rules, those included of which nobody was told.", status.alerts, &text)
    alerts(
      "alerts_throttled_total", "Matches of which nobody was told because of the throttle.", status.throttled, &text)
    text.family("actions_total", "counter", "Actions on containers and processes.")
    for (name, count) in status.actions.sorted(by: { $0.key < $1.key }) {
      let hasFailed = name.hasSuffix("_failed")
      let action = hasFailed ? String(name.dropLast("_failed".count)) : name
      text.sample("actions_total", [("action", action), ("result", hasFailed ? "failed" : "done")], "\(count)")
    }
    text.family("captures", "gauge", "Captures by how far they are.")
    for state in CaptureRecord.State.allCases {
      text.sample("captures", [("state", state.rawValue)], "\(status.captures[state] ?? 0)")
    }
    text.gauge("flight_recorder_bytes", "Bytes of the past in memory.", status.flightRecorder.bytes)
    text.gauge("flight_recorder_events", "Events of the past in memory.", status.flightRecorder.events)
    text.gauge("flight_recorder_seconds", "How far back it goes.", seconds: status.flightRecorder.time)
    text.counter("flight_recorder_dropped_total", "Events that were not kept.", status.flightRecorder.dropped)
    text.histogram(
      "alert_latency_seconds", "From an event to the moment its alert was handed over.", status.alertLatency)
    text.histogram("action_latency_seconds", "From an event to the moment an action was done.", status.actionLatency)
    text.gauge("configuration_generation", "How many configurations were taken over.", status.generation)
    text.gauge(
      "configuration_ok", "Whether the newest configuration was taken over.", status.configurationError.isEmpty ? 1 : 0)
    text.gauge("configuration_time_seconds", "When it was taken over.", seconds: status.configured)
    text.gauge("rules", "Rules that are asked.", status.rules)
    text.gauge("policies", "Policies that are on.", status.policies)
    text.family("channel_up", "gauge", "Whether a channel takes notices.")
    for channel in channels { text.sample("channel_up", labels(channel), channel.failingSince == nil ? "1" : "0") }
    let counts: [(String, String, String, (ChannelStatus) -> UInt64)] = [
      ("channel_delivered_total", "counter", "Notices that the other side has.", \.delivered),
      ("channel_lost_total", "counter", "Notices that were lost for want of room.", \.lost),
      ("channel_rejected_total", "counter", "Notices that the other side refused for good.", \.rejected),
      ("channel_failures_total", "counter", "Attempts that failed.", \.failures),
      ("channel_waiting", "gauge", "Notices that wait.", \.waiting),
      ("channel_spool_bytes", "gauge", "Bytes that wait on disk.", \.spooledBytes),
    ]
    for (name, type, help, value) in counts {
      text.family(name, type, help)
      for channel in channels { text.sample(name, labels(channel), "\(value(channel))") }
    }
    text.counter("process_cpu_seconds_total", "Processor time of the guard.", seconds: status.processorTime)
    text.gauge("process_resident_memory_bytes", "Resident memory of the guard.", status.residentBytes)
    return text.text
  }

  private static func labels(_ channel: ChannelStatus) -> [(String, String)] {
    [("channel", channel.name), ("kind", channel.kind)]
  }

  private static func alerts(
    _ name: String, _ help: String, _ counts: [GuardStatus.AlertKey: UInt64], _ text: inout MetricsWriter
  ) {
    text.family(name, "counter", help)
    for (key, count) in counts.sorted(by: { ($0.key.policy, $0.key.rule) < ($1.key.policy, $1.key.rule) }) {
      text.sample(name, [("policy", key.policy), ("rule", key.rule), ("priority", key.priority)], "\(count)")
    }
  }
}

/// Lines of the text format.
struct MetricsWriter {
  private(set) var text = ""

  mutating func family(_ name: String, _ type: String, _ help: String) {
    text += "# HELP reel_guard_\(name) \(help)\n# TYPE reel_guard_\(name) \(type)\n"
  }

  mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: String) {
    text += "reel_guard_\(name)"
    if !labels.isEmpty {
      text += "{" + labels.map { "\($0.0)=\"\(MetricsWriter.escape($0.1))\"" }.joined(separator: ",") + "}"
    }
    text += " \(value)\n"
  }

  mutating func gauge(_ name: String, _ help: String, _ value: some BinaryInteger) {
    family(name, "gauge", help)
    sample(name, [], "\(value)")
  }

  mutating func gauge(_ name: String, _ help: String, seconds nanoseconds: Int64) {
    family(name, "gauge", help)
    sample(name, [], MetricsWriter.seconds(nanoseconds))
  }

  mutating func counter(_ name: String, _ help: String, _ value: some BinaryInteger) {
    family(name, "counter", help)
    sample(name, [], "\(value)")
  }

  mutating func counter(_ name: String, _ help: String, seconds nanoseconds: Int64) {
    family(name, "counter", help)
    sample(name, [], MetricsWriter.seconds(nanoseconds))
  }

  mutating func histogram(_ name: String, _ help: String, _ histogram: LatencyHistogram) {
    family(name, "histogram", help)
    var below: UInt64 = 0
    for (limit, count) in zip(LatencyHistogram.limits, histogram.counts) {
      below += count
      sample(name + "_bucket", [("le", MetricsWriter.seconds(limit))], "\(below)")
    }
    sample(name + "_bucket", [("le", "+Inf")], "\(histogram.count)")
    sample(name + "_sum", [], MetricsWriter.seconds(histogram.sum))
    sample(name + "_count", [], "\(histogram.count)")
  }

  /// Exact, without a floating point.
  static func seconds(_ nanoseconds: Int64) -> String {
    let digits = String(nanoseconds.magnitude % 1_000_000_000)
    var text =
      "\(nanoseconds.magnitude / 1_000_000_000)." + String(repeating: "0", count: 9 - digits.utf8.count) + digits
    while text.last == "0" { text.removeLast() }
    if text.last == "." { text.removeLast() }
    return (nanoseconds < 0 ? "-" : "") + text
  }

  private static func escape(_ value: String) -> String {
    var text = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\\": text += "\\\\"
      case "\"": text += "\\\""
      case "\n": text += "\\n"
      default: text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}
