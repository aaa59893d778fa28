import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema
import Query

/// Knows all codecs.
let decompression = BlockDecompression.all()

/// A question that looks at every kind of column.
private let filter = [
  "evt.latency > 100 and evt.num < 1000000",
  "proc.aname contains a or proc.cmdline startswith b or proc.name = c or proc.pid > 3 or proc.duration > 5",
  "fd.name contains /etc or fd.sip = 10.0.0.1 or fd.port in (80, 443) or fd.type = file or fd.directory = /tmp",
  "evt.failed = true or evt.rawres < 0 or evt.args contains x or evt.buffer contains y or evt.time > 5",
  "container.id = host or user.name = root or thread.tid > 5 or proc.exepath = /bin/sh or proc.sname exists",
].joined(separator: " or ")

/// Asks questions of a batch and prints it: what decodes must not bring down what works with it.
func ask(_ batch: EventBatch) throws {
  // Columns without end are made of few bytes; what is done with each event does not depend on how many there are.
  guard batch.count > 0, batch.count <= 512 else { return }
  _ = try Question(filter: filter, schema: batch.schema).select(from: batch)
  let format = try LineFormat.standardJSON(schema: batch.schema)
  _ = EventPrinter(format: format, style: .json, schema: batch.schema).lines(for: batch)
  _ = ChunkFacts(batch)
  redact(batch)
}
