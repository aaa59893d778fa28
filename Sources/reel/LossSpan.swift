import CaptureFormat
import Presentation

/// What was lost for one cause on one CPU, from the first loss to the last.
struct LossSpan: Hashable {
  /// How many are shown to people.
  static let shown = 8

  let cause: LossCause
  /// `nil` where it is not known.
  let cpu: UInt32?
  private(set) var count: UInt64
  /// Nanoseconds of the epoch.
  private(set) var from: Int64
  private(set) var to: Int64

  /// One for each cause and CPU, the greatest first.
  static func all(of losses: [LossRecord]) -> [LossSpan] {
    struct Key: Hashable {
      let cause: LossCause
      let cpu: UInt32?
    }
    var spans: [Key: LossSpan] = [:]
    for loss in losses {
      let key = Key(cause: loss.cause, cpu: loss.cpu)
      var span =
        spans[key] ?? LossSpan(cause: loss.cause, cpu: loss.cpu, count: 0, from: loss.from, to: loss.to)
      span.count &+= loss.count
      span.from = min(span.from, loss.from)
      span.to = max(span.to, loss.to)
      spans[key] = span
    }
    return spans.values.sorted {
      ($1.count, $0.cause.rawValue, Int64($0.cpu ?? .max)) < ($0.count, $1.cause.rawValue, Int64($1.cpu ?? .max))
    }
  }

  /// `ring_full 12 on CPU 1, 22:13:20.001 to 22:13:20.002`.
  func text(_ zone: ClockZone) -> String {
    let place = cpu.map { " on CPU \($0)" } ?? ""
    let (first, last) = (ClockText.timeOfDay(from, zone: zone), ClockText.timeOfDay(to, zone: zone))
    return "\(cause.name) \(Units.count(count))\(place), " + (first == last ? first : "\(first) to \(last)")
  }

  /// An element of `losses` of `info --json`.
  var json: JSONObject {
    var object = JSONObject()
    object.add("cause", cause.name)
    object.add("cpu", number: cpu)
    object.add("count", count)
    object.add("from", from)
    object.add("to", to)
    return object
  }
}
