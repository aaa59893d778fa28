import Delivery
import Dispatch
import JSON

// Captures that are finished: sent away, and told of.
extension CaptureKeeper {
  /// Says that a guard before had not finished a capture.
  func tellOfLeft(_ record: CaptureRecord, _ channels: [String]) {
    CaptureKeeper.tell(record, nil, channels, outlets, header.hostname)
  }

  /// Sends a capture away that an earlier guard had begun to.
  func shipAgain(_ record: CaptureRecord, _ ship: ShipConfiguration, _ channels: [String]) {
    let (store, outlets, hostname) = (store, outlets, header.hostname)
    shipping.async { CaptureKeeper.ship(record, ship, nil, channels, store, outlets, hostname) }
  }

  static func ship(
    _ record: CaptureRecord, _ ship: ShipConfiguration, _ severity: UInt8?, _ channels: [String], _ store: CaptureStore,
    _ outlets: GuardOutlets, _ hostname: String
  ) {
    CaptureKeeper.ship.wait()
    let outcome = outlets.ship(record, ship)
    CaptureKeeper.ship.signal()
    let shipped = store.update(record.id) { record in
      switch outcome {
      case .success(let place):
        record.state = .done
        record.shipped = place
      case .failure(let error):
        record.state = .error
        record.message = "it is here and could not be shipped: \(error.description)"
      }
    }
    if let shipped { tell(shipped, severity, channels, outlets, hostname) }
  }

  static func tell(
    _ record: CaptureRecord, _ severity: UInt8?, _ channels: [String], _ outlets: GuardOutlets,
    _ hostname: String
  ) {
    let isBad = record.state == .error
    let container = record.container.isEmpty ? "the host" : "container \(record.container.prefix(12))"
    var text = "capture \(record.id) of \(container)"
    if !record.policy.isEmpty { text += " for policy '\(record.policy)'" }
    text +=
      isBad ? " failed: \(record.message)" : " is done: \(record.events) events, \(record.bytes) bytes, \(record.path)"
    if !record.shipped.isEmpty { text += ", shipped to \(record.shipped)" }
    if isBad { outlets.warn(text) }
    if channels.isEmpty { return }
    var json = JSONBuilder()
    json.object { json in
      json.add("hostname", hostname)
      json.add("output", text)
      json.add("priority", isBad ? "Error" : "Notice")
      json.add("rule", orNull: record.rule)
      json.add("source", "reel")
      json.add("capture", raw: record.jsonText)
    }
    var notice = Notice(kind: .capture, time: EpochClock.now(), priority: isBad ? 3 : 5, text: text, json: json.text)
    notice.hostname = hostname
    notice.severity = severity
    notice.policy = record.policy
    notice.rule = record.rule
    notice.labels = [.init("capture.id", record.id), .init("capture.path", record.path)]
    if !record.container.isEmpty { notice.labels.append(.init("container.id", String(record.container.prefix(12)))) }
    outlets.tell(notice, channels)
  }
}
