import EventBatch

extension EventBatch {
  /// About how many bytes of memory columns, texts and payloads take; the rows of dimensions are few beside them.
  package var memoryBytes: Int {
    // Times, latencies and results of eight bytes; two row numbers and a rank of four; types, CPUs and flags of two.
    var bytes = count * (3 * 8 + 3 * 4 + 3 * 2) + dimensions.strings.heap.count
    for type in arguments {
      for column in type.columns { bytes += column.values.count * 8 + column.bytes.count }
    }
    return bytes
  }
}
