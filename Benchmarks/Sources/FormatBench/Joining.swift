import EventBatch
import EventSchema

/// Batches joined until they have as many events, or about as many bytes, as a chunk of a compacted capture.
func joined(_ batches: [EventBatch], events: Int, bytes: Int) -> [EventBatch] {
  guard let schema = batches.first?.schema else { return [] }
  var result: [EventBatch] = []
  var joiner = BatchJoiner(schema: schema)
  func close() {
    var full = BatchJoiner(schema: schema)
    swap(&full, &joiner)
    if full.count > 0 { result.append(full.finish()) }
  }
  for batch in batches {
    if joiner.count + batch.count > events || joiner.byteCount >= bytes { close() }
    var copied = CopiedRows()
    joiner.append(0..<batch.count, of: batch, &copied)
    joiner.endSource(batch, &copied)
  }
  close()
  return result
}
