import CaptureFile
import Dispatch

#if canImport(Glibc)
import Glibc
#endif

/// Knows all captures of the directory: those under way, those that are finished, and those of an earlier guard.
///
/// What is known is in memory, for whoever asks; files are written by a thread of its own, which alone waits for the disk.
final class CaptureStore: Sendable {
  let directory: CaptureDirectory
  private let orders: GuardOrders
  private let queue = DispatchQueue(label: "reel.guard.records")

  init(_ directory: CaptureDirectory, _ orders: GuardOrders) {
    self.directory = directory
    self.orders = orders
  }

  /// Takes in what an earlier guard left. What it had not finished is readable as far as it came, and is said to be so.
  /// - Returns: what was not finished.
  func recover() -> [CaptureRecord] {
    var left: [CaptureRecord] = []
    let found = directory.records().map { record in
      guard record.state == .capturing || record.state == .requested else { return record }
      var ended = record
      ended.state = .error
      do throws(CaptureError) {
        let reader = try CaptureReader(path: record.path)
        ended.events = reader.summary.events
        ended.bytes = reader.size
        ended.ended = reader.summary.ended
        ended.message =
          reader.summary.events == 0
          ? "the guard ended before an event was written to it"
          : "the guard ended while it was written; readable up to \(UTCText.seconds(reader.summary.ended))"
      } catch {
        ended.message = "the guard ended before anything was written: \(error.what)"
      }
      directory.write(ended)
      left.append(ended)
      return ended
    }
    orders.captures.withLock { records in
      let known = Set(records.map(\.id))
      records += found.filter { !known.contains($0.id) }
      records.sort { $0.id < $1.id }
    }
    return left
  }

  /// Takes in a new capture.
  func add(_ record: CaptureRecord) {
    orders.captures.withLock { records in
      records.append(record)
      records.sort { $0.id < $1.id }
    }
    queue.async { [directory] in directory.write(record) }
  }

  /// Changes what is known of a capture.
  /// - Parameter isWritten: whether that is to outlive this process.
  @discardableResult
  func update(_ id: String, isWritten: Bool = true, _ change: (inout CaptureRecord) -> Void) -> CaptureRecord? {
    let record = orders.captures.withLock { records -> CaptureRecord? in
      guard let index = records.firstIndex(where: { $0.id == id }) else { return nil }
      change(&records[index])
      return records[index]
    }
    if isWritten, let record { queue.async { [directory] in directory.write(record) } }
    return record
  }

  /// What is known of a capture.
  subscript(id: String) -> CaptureRecord? { orders.captures.withLock { $0.first { $0.id == id } } }

  /// How many captures there are in each state.
  var counts: [CaptureRecord.State: Int] {
    orders.captures.withLock { records in
      var counts: [CaptureRecord.State: Int] = [:]
      for record in records { counts[record.state, default: 0] += 1 }
      return counts
    }
  }

  /// Deletes a finished capture.
  /// - Parameter done: gets what it was, or why it is still there; on another thread.
  func delete(_ record: CaptureRecord, _ done: @escaping @Sendable (Result<CaptureRecord, GuardOrderError>) -> Void) {
    queue.async { [self] in
      if let reason = directory.delete(record) { return done(.failure(GuardOrderError(.failed, reason))) }
      orders.captures.withLock { $0.removeAll { $0.id == record.id } }
      done(.success(record))
    }
  }

  /// Deletes what is too old or too much, the oldest first; only what is finished.
  /// - Parameter tell: gets each that was deleted, or could not be.
  func retain(_ limits: CaptureStorage, now: Int64, _ tell: @escaping @Sendable (CaptureRecord, String?) -> Void) {
    let excess = orders.captures.withLock { CaptureStore.excess($0, limits, now: now) }
    for record in excess {
      queue.async { [self] in
        let reason = directory.delete(record)
        if reason == nil { orders.captures.withLock { $0.removeAll { $0.id == record.id } } }
        tell(record, reason)
      }
    }
  }

  /// Which of the captures, given in the order of their ids, have to go.
  static func excess(_ records: [CaptureRecord], _ limits: CaptureStorage, now: Int64) -> [CaptureRecord] {
    let finished = records.filter { $0.state == .done || $0.state == .error }
    var bytes: UInt64 = 0
    var kept = 0
    var excess: [CaptureRecord] = []
    for record in finished.reversed() {
      let isTooOld = limits.keepAge.map { now - (record.ended ?? record.started) > $0 } ?? false
      let isTooMuch = limits.keepBytes.map { bytes + record.bytes > $0 } ?? false
      let isOneTooMany = limits.keepCount.map { kept >= $0 } ?? false
      // The newest one stays, whatever its size.
      if isTooOld || isOneTooMany || isTooMuch && kept > 0 {
        excess.append(record)
      } else {
        bytes += record.bytes
        kept += 1
      }
    }
    return excess.reversed()
  }

  /// Waits until everything is written.
  func flush() { queue.sync {} }
}
