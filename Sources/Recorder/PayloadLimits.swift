import EventBatch
import EventSchema

extension EventBatch {
  /// The batch with payloads cut to a limit for each event, which is then flagged as one whose payload was longer.
  ///
  /// - Parameter limits: the bytes that are kept of each event's payload.
  /// - Complexity: O(events), and the bytes of payloads.
  package func cuttingPayloads(to limits: [UInt32]) -> EventBatch {
    var batch = self
    for (position, entry) in arguments.enumerated() {
      guard let type = schema.type(entry.type) else { continue }
      let stored = type.parameters.filter { $0.source.isStored }
      let payloads = stored.indices.filter { stored[$0].isPayload(of: type) && $0 < entry.columns.count }
      if payloads.isEmpty { continue }
      let rows = rows(of: entry)
      for index in payloads where entry.columns[index].isPresent {
        batch.arguments[position].columns[index] = batch.cut(entry.columns[index], rows, limits)
      }
    }
    return batch
  }

  /// The rows of a type's events, by rank.
  private func rows(of entry: TypeArguments) -> [Int] {
    var rows: [Int] = []
    rows.reserveCapacity(entry.count)
    for row in 0..<count where types[row] == entry.type.rawValue { rows.append(row) }
    return rows
  }

  private mutating func cut(_ column: ArgumentColumn, _ rows: [Int], _ limits: [UInt32]) -> ArgumentColumn {
    var bytes: [UInt8] = []
    var ends: [Int64] = []
    ends.reserveCapacity(column.values.count)
    for rank in column.values.indices {
      let payload = column.bytes(at: rank)
      let row = rank < rows.count ? rows[rank] : -1
      let limit = row >= 0 ? Int(limits[row]) : payload.count
      if payload.count > limit { flags[row] |= EventFlags.payloadTruncated.rawValue }
      bytes.append(contentsOf: payload.prefix(limit))
      ends.append(Int64(bytes.count))
    }
    return ArgumentColumn(values: ends, bytes: bytes, missing: column.missing)
  }
}

extension Parameter {
  /// Whether the value is payload: what `--snaplen` is about.
  fileprivate func isPayload(of type: EventType) -> Bool {
    guard self.type == .bytes, case .capture(let index) = source, Int(index) < type.captures.count else { return false }
    switch type.captures[Int(index)].kind {
    case .payload, .vector, .message, .messages, .buffer: return true
    default: return false
    }
  }
}
