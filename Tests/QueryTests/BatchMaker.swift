import EventBatch
import EventSchema
import Query

/// Makes small batches by hand: dimensions row by row, then events with their arguments by name.
struct BatchMaker: ~Copyable {
  let schema = Schema.builtIn
  var dimensions = Dimensions()
  private var strings = StringInterner()
  private var builder: EventBatchBuilder

  init(firstNumber: UInt64 = 1) {
    builder = EventBatchBuilder(schema: Schema.builtIn, firstNumber: firstNumber)
  }

  mutating func text(_ text: String) -> Int64 { Int64(strings.intern(text)) }

  mutating func bytes(_ bytes: [UInt8]) -> Int64 { Int64(strings.intern(bytes[...])) }

  mutating func image(exe: String, path: String, arguments: [String] = [], environment: [String] = []) -> Int64 {
    let row = Int(dimensions.images.appendRow())
    dimensions.images[row, .exe] = text(exe)
    dimensions.images[row, .path] = text(path)
    dimensions.images[row, .arguments] = text(arguments.map { $0 + "\0" }.joined())
    dimensions.images[row, .environment] = text(environment.map { $0 + "\0" }.joined())
    dimensions.images[row, .flags] = 0
    return Int64(row)
  }

  mutating func container(id: String, name: String?, image: String? = nil) -> Int64 {
    let row = Int(dimensions.containers.appendRow())
    dimensions.containers[row, .id] = text(id)
    if let name { dimensions.containers[row, .label] = text(name) }
    if let image { dimensions.containers[row, .image] = text(image) }
    dimensions.containers[row, .engine] = text("docker")
    return Int64(row)
  }

  mutating func user(_ number: Int64, _ name: String, isGroup: Bool = false) {
    let row = Int(dimensions.users.appendRow())
    dimensions.users[row, .number] = number
    dimensions.users[row, .isGroup] = isGroup ? 1 : 0
    dimensions.users[row, .label] = text(name)
    dimensions.users[row, .homeDirectory] = text("/home/\(name)")
  }

  /// A thread with its lineage row.
  mutating func lineage(
    parent: UInt32? = nil, tid: Int64, pid: Int64? = nil, comm: String, image: Int64 = EventBatch.missing,
    columns: [ThreadColumn: Int64] = [:]
  ) -> UInt32 {
    let row = Int(dimensions.threads.appendRow())
    dimensions.threads[row, .tid] = tid
    dimensions.threads[row, .pid] = pid ?? tid
    dimensions.threads[row, .comm] = text(comm)
    dimensions.threads[row, .image] = image
    for (column, value) in columns { dimensions.threads[row, column] = value }
    return dimensions.lineages.appendRow([
      Int64(row), parent.map(Int64.init) ?? EventBatch.missing, EventBatch.missing, EventBatch.missing,
    ])
  }

  mutating func object(_ kind: ObjectKind, name: String? = nil, columns: [ObjectColumn: Int64] = [:]) -> UInt32 {
    let row = Int(dimensions.objects.appendRow())
    dimensions.objects[row, .objectKind] = kind.rawValue
    dimensions.objects[row, .flags] = 0
    if let name { dimensions.objects[row, .label] = text(name) }
    for (column, value) in columns { dimensions.objects[row, column] = value }
    return UInt32(row)
  }

  mutating func socket(
    _ kind: ObjectKind, local: ([UInt8], Int64)?, remote: ([UInt8], Int64)?, role: SocketRole, transport: Int64 = 6
  ) -> UInt32 {
    var columns: [ObjectColumn: Int64] = [.role: role.rawValue, .networkProtocol: transport]
    if let local {
      columns[.localAddress] = bytes(local.0)
      columns[.localPort] = local.1
    }
    if let remote {
      columns[.remoteAddress] = bytes(remote.0)
      columns[.remotePort] = remote.1
    }
    return object(kind, columns: columns)
  }

  enum Value {
    case integer(Int64)
    case text(String)
    case raw([UInt8])
  }

  mutating func event(
    _ name: String, at time: Int64, latency: Int64 = EventBatch.missing, cpu: UInt16 = 0,
    lineage: UInt32 = EventBatch.noRow, object: UInt32 = EventBatch.noRow, result: Int64 = 0,
    _ arguments: [String: Value] = [:]
  ) {
    guard let type = schema.type(named: name) else { preconditionFailure("the schema has no event \(name)") }
    builder.appendEvent(
      exitTime: time, latency: latency, type: type.id, cpu: cpu, flags: [], lineage: lineage, object: object,
      result: result)
    for parameter in type.parameters where parameter.source.isStored {
      switch (arguments[parameter.name], parameter.type.storage) {
      case (.integer(let value), .integer): builder.appendInteger(value)
      case (.text(let text), .string): Array(text.utf8).withUnsafeBytes { builder.appendText($0) }
      case (.raw(let bytes), .string): bytes.withUnsafeBytes { builder.appendText($0) }
      case (.raw(let bytes), .bytes): bytes.withUnsafeBytes { builder.appendBytes($0) }
      case (.text(let text), .bytes): Array(text.utf8).withUnsafeBytes { builder.appendBytes($0) }
      default: builder.appendMissing()
      }
    }
  }

  mutating func finish() -> EventBatch {
    dimensions.strings = strings.table
    return builder.finish(dimensions)
  }
}

/// The values of fields for all events of a batch.
func values(_ fields: [String], of batch: EventBatch, context: ScanContext = ScanContext(zone: .utc)) async throws
  -> [[FieldValue]]
{
  let reader = try EventValues(fields, schema: batch.schema)
  let source = BatchSource([batch], schema: batch.schema, context: context)
  var rows: [[FieldValue]] = []
  try await Scan(source, Question(schema: batch.schema)).run(columns: reader.columns) {
    reader.rows(of: $0)
  } consume: {
    rows += $0
    _ = $1
    return true
  }
  return rows
}
