import Delivery
import JSON

#if canImport(Glibc)
import Glibc
#endif

/// Whether the guard does what it is there for, and what is amiss.
struct GuardHealth {
  /// Whether it records, and looked a moment ago: one that does not should be started again.
  let isWell: Bool
  /// What is amiss, also where starting again would not help.
  let troubles: [String]

  /// How long the guard may not have looked at its rings.
  private static let patience: Int64 = 10_000_000_000

  init(_ status: GuardStatus, _ channels: [ChannelStatus], now: Int64? = nil) {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    let now = now ?? Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    var troubles: [String] = []
    if !status.isRunning { troubles.append("it does not record") }
    let age = now - status.lookedAt
    let hangs = status.isRunning && age > GuardHealth.patience
    if hangs { troubles.append("it has not looked for events since \(age / 1_000_000_000) s") }
    isWell = status.isRunning && !hangs
    if !status.configurationError.isEmpty {
      troubles.append("the newest configuration is not in use: \(status.configurationError)")
    }
    for channel in channels where channel.failingSince != nil {
      troubles.append("the channel '\(channel.name)' does not take notices: \(channel.trouble)")
    }
    self.troubles = troubles
  }

  func write(to json: inout JSONBuilder) {
    json.add("status", isWell ? troubles.isEmpty ? "ok" : "degraded" : "failing")
    json.array("troubles") { json in for trouble in troubles { json.append(trouble) } }
  }
}

extension GuardStatus {
  /// All of it, for `reel guard status --json`.
  func write(_ channels: [ChannelStatus], to json: inout JSONBuilder) {
    GuardHealth(self, channels).write(to: &json)
    json.add("started", started)
    json.add("hostname", hostname)
    json.add("events", events)
    json.object("lost") { json in for (cause, count) in lost.sorted(by: { $0.key < $1.key }) { json.add(cause, count) }
    }
    json.add("rules", rules)
    json.add("policies", policies)
    json.add("records_everything", recordsEverything)
    json.add("alerts", alerts.values.reduce(0, +))
    json.add("throttled", throttled.values.reduce(0, +))
    json.array("alerts_by_rule") { json in
      for (key, count) in alerts.sorted(by: { ($1.value, $0.key.rule) < ($0.value, $1.key.rule) }) {
        json.object { json in
          json.add("policy", key.policy)
          json.add("rule", key.rule)
          json.add("priority", key.priority)
          json.add("count", count)
        }
      }
    }
    json.object("actions") { json in
      for (name, count) in actions.sorted(by: { $0.key < $1.key }) { json.add(name, count) }
    }
    json.object("captures") { json in
      for state in CaptureRecord.State.allCases { json.add(state.rawValue, captures[state] ?? 0) }
    }
    json.object("flight_recorder") { json in
      json.add("bytes", flightRecorder.bytes)
      json.add("events", flightRecorder.events)
      json.add("time_ns", flightRecorder.time)
      json.add("dropped", flightRecorder.dropped)
    }
    json.object("alert_latency") { json in
      json.add("count", alertLatency.count)
      json.add("sum_ns", alertLatency.sum)
      json.add("greatest_ns", alertLatency.greatest)
    }
    json.add("generation", generation)
    json.add("configured", configured)
    json.add("configuration_error", orNull: configurationError)
    json.add("cpu_ns", processorTime)
    json.add("rss_bytes", residentBytes)
    json.array("channels") { json in
      for channel in channels {
        json.object { json in
          json.add("name", channel.name)
          json.add("kind", channel.kind)
          json.add("delivered", channel.delivered)
          json.add("waiting", channel.waiting)
          json.add("lost", channel.lost)
          json.add("rejected", channel.rejected)
          json.add("failures", channel.failures)
          json.add("spooled_bytes", channel.spooledBytes)
          json.add("failing_since", raw: channel.failingSince.map { "\($0)" } ?? "null")
          json.add("trouble", orNull: channel.trouble)
        }
      }
    }
  }
}
