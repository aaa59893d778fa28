import CaptureFormat
import Delivery
import Dispatch

// How captures end.
extension CaptureKeeper {
  /// Captures whose time is over, or that cannot go on.
  func due(at now: Int64) -> [String] {
    live.filter { _, entry in
      if let deadline = entry.deadline, now >= deadline { return true }
      let current = entry.capture.current
      return current.isFull || current.error != nil
    }.map(\.key).sorted()
  }

  /// Ends captures behind all that was handed over before.
  mutating func finish(_ ids: [String], because reason: String? = nil) {
    for id in ids {
      guard let entry = live.removeValue(forKey: id) else { continue }
      if let key = entry.key { byKey[key] = nil }
      let (store, outlets, shipping, hostname) = (store, outlets, shipping, header.hostname)
      let (ending, awaited) = (ending, awaited)
      ending.enter()
      pipeline.finish(entry.capture) { progress in
        defer { ending.leave() }
        let record = store.update(id) { record in
          record.events = progress.events
          record.bytes = progress.bytes
          if let started = progress.started { record.started = started }
          record.ended = progress.ended ?? min(record.ended ?? CaptureKeeper.now(), CaptureKeeper.now())
          record.triggers = entry.triggers
          if let error = progress.error {
            record.state = .error
            record.message = error.description
          } else {
            record.state = entry.ship == nil ? .done : .shipping
            record.message = reason ?? (progress.isFull ? "it has reached its size" : "")
          }
        }
        awaited.end(id, record)
        guard let record else { return }
        guard let ship = entry.ship, record.state == .shipping else {
          return CaptureKeeper.tell(record, entry.severity, entry.channels, outlets, hostname)
        }
        shipping.async { CaptureKeeper.ship(record, ship, entry.severity, entry.channels, store, outlets, hostname) }
      }
    }
  }

  /// Ends all.
  mutating func finishAll(because reason: String) { finish(live.keys.sorted(), because: reason) }

  /// Says how far those under way are, for lists.
  func publishProgress() {
    for (id, entry) in live {
      let current = entry.capture.current
      store.update(id, isWritten: false) {
        $0.events = current.events
        $0.bytes = current.bytes
        if let started = current.started { $0.started = started }
      }
    }
  }
}
