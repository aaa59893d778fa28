import CaptureFile
import CaptureFormat
import Compression
import EventBatch
import EventSchema
import Filter
import Query
import Redaction

/// Something small that is measured. Its work takes some milliseconds.
struct Part {
  let name: String
  let work: () throws -> Void
}

private let filters = [
  "evt.type = openat and fd.name startswith /etc",
  "(proc.name in (bash, sh, zsh) or proc.aname[2] = sshd) and not container.id = host",
  "fd.net in (10.0.0.0/8, 192.168.0.0/16) and evt.buflen >= 4096",
  "evt.arg.flags contains O_CREAT and (evt.failed = true or fd.directory glob '/tmp/*')",
]

/// All parts, on the events of a capture.
func parts(of path: String) throws -> [Part] {
  let reader = try CaptureReader(path: path)
  let whole = try reader.readChunk(0, columns: .all)
  let schema = reader.schema
  let context = ScanContext(start: whole.exitTimes.first, zone: .utc)
  var parts = [
    Part(name: "parse 4 filters, 100 times") {
      for _ in 0..<100 { for filter in filters { _ = try parseFilter(filter) } }
    },
    Part(name: "bind 4 filters, 10 times") {
      for _ in 0..<10 { for filter in filters { _ = try Question(filter: filter, schema: schema) } }
    },
  ]
  for (name, columns) in [
    ("types and results", ColumnSelection(core: [.types, .results], dimensions: false)),
    ("objects with their table", ColumnSelection(core: .objects, dimensions: false)), ("all columns", .all),
  ] {
    parts.append(
      Part(name: "read \(name), 10 times") {
        for _ in 0..<10 { _ = try reader.readChunk(0, columns: columns) }
      })
  }
  for (name, filter) in [
    ("a type", "evt.type = openat"), ("a number", "evt.latency > 1000000"),
    ("a text of objects", "fd.name contains nothing"),
    ("a pattern of objects", "fd.name glob '/*/nothing*'"), ("an ancestor", "proc.aname = nobody"),
    ("an argument", "evt.arg.name contains nothing"),
  ] {
    let question = try Question(filter: filter, schema: schema)
    parts.append(
      Part(name: "ask for \(name), 20 times") {
        for _ in 0..<20 { _ = question.select(from: whole, context: context) }
      })
  }
  let everything = try Question(schema: schema)
  for (name, fields) in [
    ("type", ["evt.type"]), ("process", ["proc.name"]), ("file and type", ["fd.name", "evt.type"]),
  ] {
    let grouping = try Grouping(by: fields, show: ["count", "sum(evt.buflen)"], schema: schema)
    parts.append(
      Part(name: "group by \(name), 5 times") {
        for _ in 0..<5 {
          guard let events = everything.selected(from: whole, context: context, previousExit: nil) else { continue }
          _ = grouping.groups(of: events)
        }
      })
  }
  for (name, format, style) in [
    ("text", try LineFormat.standard(schema: schema), EventPrinter.Style.text),
    ("JSON", try LineFormat.standardJSON(schema: schema), .json),
    ("CSV", try LineFormat.standardCSV(schema: schema), .csv),
  ] {
    let printer = EventPrinter(format: format, style: style, schema: schema)
    parts.append(Part(name: "print as \(name), once") { _ = printer.lines(for: whole, context: context) })
  }
  parts.append(
    Part(name: "make a chunk with lz4, once") {
      var encoder = ChunkEncoder(BlockCompression(.lz4))
      _ = try encoder.encode(whole)
    })
  return parts + redaction(of: whole)
}

/// What recording with `--redact` adds: the search in what a chunk holds, and in much that holds no secret.
private func redaction(of batch: EventBatch) -> [Part] {
  // Source text, with words that rules look at more closely.
  let line = Array("  for token in tokens where token.key == passwords { print(\"https://example.org/\") }\n".utf8)
  var text = AttachedFile(time: 0, name: "text", mediaType: "", bytes: [])
  while text.bytes.count < 1 << 20 { text.bytes += line }
  let rules = BuiltInRules.named("all") ?? []
  return [
    Part(name: "redact a chunk, once") {
      var (redactor, copy) = (Redactor(rules), batch)
      _ = redactor.redact(&copy)
    },
    Part(name: "redact 1 MiB of text, once") {
      var (redactor, copy) = (Redactor(rules), text)
      _ = redactor.redact(&copy)
    },
  ]
}
