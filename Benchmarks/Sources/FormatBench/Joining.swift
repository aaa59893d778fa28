import EventBatch
import EventSchema

/// Joins batches that follow each other into one: what rewriting a capture into larger chunks does.
func joined(_ batches: [EventBatch]) -> EventBatch {
  guard let first = batches.first else { return EventBatch(schema: .builtIn) }
  var copier = DimensionCopier()
  var rows: [(lineages: [UInt32], objects: [UInt32])] = []
  for batch in batches {
    copier.beginSource()
    rows.append(
      (
        batch.lineages.map { copier.lineage($0, from: batch.dimensions) },
        batch.objects.map { copier.object($0, from: batch.dimensions) }
      ))
    copier.usersOfThreads(from: batch.dimensions)
  }
  let dimensions = copier.finish()
  var builder = EventBatchBuilder(schema: first.schema, firstNumber: first.count > 0 ? first.numbers[0] : 1)
  for (batch, rows) in zip(batches, rows) {
    var storages: [UInt16: [ParameterStorage]] = [:]
    for type in batch.arguments {
      storages[type.type.rawValue] =
        batch.schema.type(type.type)?.parameters.filter { $0.source.isStored }.map { $0.type.storage }
    }
    for row in 0..<batch.count {
      let type = EventTypeID(rawValue: batch.types[row])
      builder.appendEvent(
        exitTime: batch.exitTimes[row], latency: batch.latencies[row], type: type, cpu: batch.cpus[row],
        flags: EventFlags(rawValue: batch.flags[row]), lineage: rows.lineages[row], object: rows.objects[row],
        result: batch.results[row])
      guard let columns = batch.arguments(of: type)?.columns, let storages = storages[type.rawValue] else { continue }
      let rank = Int(batch.ranks[row])
      for (column, storage) in zip(columns, storages) {
        if column.isMissing(rank) {
          builder.appendMissing()
          continue
        }
        switch storage {
        case .integer: builder.appendInteger(column.values[rank])
        case .string:
          batch.dimensions.strings[Int(column.values[rank])].withUnsafeBytes { builder.appendText($0) }
        case .bytes: column.bytes(at: rank).withUnsafeBytes { builder.appendBytes($0) }
        }
      }
    }
  }
  return builder.finish(dimensions)
}

/// Batches joined until they have as many events, or about as many bytes, as a chunk of a compacted capture.
func joined(_ batches: [EventBatch], events: Int, bytes: Int) -> [EventBatch] {
  var result: [EventBatch] = []
  var waiting: [EventBatch] = []
  var count = 0
  var size = 0
  for batch in batches {
    let batchSize = batch.count * 40 + batch.arguments.reduce(0) { $0 + $1.columns.reduce(0) { $0 + $1.bytes.count } }
    if !waiting.isEmpty, count + batch.count > events || size + batchSize > bytes {
      result.append(joined(waiting))
      (waiting, count, size) = ([], 0, 0)
    }
    waiting.append(batch)
    count += batch.count
    size += batchSize
  }
  if !waiting.isEmpty { result.append(joined(waiting)) }
  return result
}
