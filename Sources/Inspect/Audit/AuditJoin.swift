import CaptureFile
import Query

/// Brings together what was done with how much was moved by it and how it ended, in bounded memory: all of it is sorted by what
/// it is about, so that what belongs together stands together.
///
///     class     0 nothing more is to be known, 1 a descriptor's thing as one process uses it, 2 a process
///     key       pid, start, thing
///     part      0 a transfer or an end, else a record: 1 + the number of its search where only the first counts
///     order     two numbers
///     content   of a transfer (bytes received and sent, when it was closed), of an end, or a record's row
struct AuditJoin {
  private var rows: RowSorter
  private var keys = KeySieve()
  private var order: Int64 = 0

  private static let contentPlace = 7

  init(memory: Int) {
    rows = RowSorter(memory: memory) { one, other in
      one[..<AuditJoin.contentPlace].lexicographicallyPrecedes(other[..<AuditJoin.contentPlace])
    }
  }

  /// Whether there is any record to which transfers may be added.
  private(set) var hasKeys = false

  /// Adds a record.
  /// - Parameter search: for those of which only the first of each process and thing is told: a number of their own.
  mutating func add(_ record: AuditRecord, key: TransferKey?, onceEach search: Int?) throws(CaptureError) {
    order += 1
    switch record.activity {
    case .command:
      // The last one of a process comes first: it has the end.
      let process = ProcessInstance(pid: record.actor.pid, start: record.actor.start)
      keys.insert(process, -1)
      try append(2, process, 0, part: 1, ~record.time, ~Int64(truncatingIfNeeded: record.number), record.row)
    case .network, .file:
      hasKeys = hasKeys || key != nil
      guard let key, record.takesTransfers || search != nil else {
        return try append(0, ProcessInstance(pid: 0), 0, part: 1, order, 0, record.row)
      }
      keys.insert(key.process, key.thing)
      try append(1, key.process, key.thing, part: 1 + Int64(search ?? 0), order, 0, record.row)
    }
  }

  /// Adds what was moved through a thing, unless it is of no record.
  mutating func add(_ transfer: Transfer, _ key: TransferKey) throws(CaptureError) {
    guard keys.mayHold(key.process, key.thing) else { return }
    order += 1
    try append(
      1, key.process, key.thing, part: 0, order, 0,
      [.integer(transfer.received), .integer(transfer.sent), .init(transfer.closed)])
  }

  /// Adds how a process ended.
  mutating func add(_ end: ProcessEnd, of process: ProcessInstance) throws(CaptureError) {
    guard keys.mayHold(process, -1) else { return }
    order += 1
    try append(
      2, process, 0, part: 0, order, 0,
      [.integer(end.time), .init(end.code), .init(end.signal), .boolean(end.dumpedCore)])
  }

  private mutating func append(
    _ kind: Int64, _ process: ProcessInstance, _ thing: Int64, part: Int64, _ first: Int64, _ second: Int64,
    _ content: [FieldValue]
  ) throws(CaptureError) {
    let key = [kind, process.pid, process.start ?? .min, thing, part, first, second].map { FieldValue.integer($0) }
    try rows.append(key + content)
  }

  /// What was added, in order. It can be gone through several times.
  consuming func finish() throws(CaptureError) -> Joined { Joined(rows: try rows.finish()) }

  /// What was added, sorted.
  struct Joined {
    fileprivate let rows: SortedRows

    /// Calls something with each record, complete.
    func forEach(_ body: (AuditRecord) throws -> Void) throws {
      var key: [FieldValue] = []
      var part: FieldValue = .missing
      var transfer: Transfer?
      var end: ProcessEnd?
      try rows.forEach { row in
        let content = Array(row[AuditJoin.contentPlace...])
        if row[..<4] != key[...] {
          key = Array(row[..<4])
          (part, transfer, end) = (.missing, nil, nil)
        }
        let isFirst = row[4] != part
        part = row[4]
        let kind = row[0].integerValue
        if row[4] == .integer(0) {
          if kind == 1 {
            var sum = transfer ?? Transfer()
            sum.add(
              Transfer(
                received: content[0].integerValue ?? 0, sent: content[1].integerValue ?? 0,
                closed: content[2].integerValue))
            transfer = sum
          } else {
            end = ProcessEnd(
              time: content[0].integerValue ?? 0, code: content[1].integerValue, signal: content[2].integerValue,
              dumpedCore: content[3] == .boolean(true))
          }
          return
        }
        if kind == 1, row[4] != .integer(1), !isFirst { return }
        var record = AuditRecord(row: content)
        if let transfer { record.add(transfer) }
        if case .command(let line, let path, _) = record.activity {
          record.activity = .command(line: line, path: path, end: end)
          end = nil
        }
        try body(record)
      }
    }
  }
}

extension AuditRecord {
  /// Whether it tells how much was moved.
  fileprivate var takesTransfers: Bool {
    switch activity {
    case .network: true
    case .file(let action, _, _, _): action == "read" || action == "write"
    case .command: false
    }
  }

  /// Adds how much went through its thing.
  fileprivate mutating func add(_ sum: Transfer) {
    switch activity {
    case .network(let isIncoming, let connection, let name, _, _, _):
      activity = .network(
        isIncoming: isIncoming, connection: connection, protocolName: name, received: sum.received, sent: sum.sent,
        ended: sum.closed)
    case .file(let action, let path, let also, _) where takesTransfers:
      activity = .file(
        action: action, path: path, also: also, bytes: action == "read" ? sum.received : sum.sent)
    case .file, .command: break
    }
  }
}

/// Says of most keys that were not put in that they were not: 4 MiB of bits, two for each key.
private struct KeySieve {
  private var bits = [UInt64](repeating: 0, count: 1 << 19)

  private func places(_ process: ProcessInstance, _ thing: Int64) -> (Int, Int) {
    var hash = UInt64(bitPattern: process.pid) &* 0x9E37_79B9_7F4A_7C15
    hash = (hash ^ (hash >> 32) ^ UInt64(bitPattern: process.start ?? -1)) &* 0xFF51_AFD7_ED55_8CCD
    hash = (hash ^ (hash >> 33) ^ UInt64(bitPattern: thing)) &* 0xC4CE_B9FE_1A85_EC53
    hash ^= hash >> 33
    let mask = UInt64(bits.count * 64 - 1)
    return (Int(hash & mask), Int(hash >> 32 & mask))
  }

  mutating func insert(_ process: ProcessInstance, _ thing: Int64) {
    let (one, other) = places(process, thing)
    bits[one >> 6] |= 1 << UInt64(one & 63)
    bits[other >> 6] |= 1 << UInt64(other & 63)
  }

  func mayHold(_ process: ProcessInstance, _ thing: Int64) -> Bool {
    let (one, other) = places(process, thing)
    return bits[one >> 6] >> UInt64(one & 63) & 1 == 1 && bits[other >> 6] >> UInt64(other & 63) & 1 == 1
  }
}
