import EventBatch
import EventSchema
import TestSupport

/// Who does things, and to what: dimension rows with names, for events that are written down by hand.
struct Scene {
  private(set) var dimensions = Dimensions()
  private var interner = StringInterner()
  private var identities: Int64 = 100

  /// Every time in these files is an offset to this one.
  static let start: Int64 = 1_700_000_000_000_000_000

  mutating func text(_ text: String) -> Int64 { bytes(Array(text.utf8)) }

  mutating func bytes(_ bytes: [UInt8]) -> Int64 {
    defer { dimensions.strings = interner.table }
    return Int64(interner.intern(bytes[...]))
  }

  mutating func container(_ id: String, _ columns: [ContainerColumn: String] = [:]) -> Int64 {
    let row = Int(dimensions.containers.appendRow())
    dimensions.containers[row, .id] = text(id)
    for (column, value) in columns { dimensions.containers[row, column] = text(value) }
    return Int64(row)
  }

  mutating func image(_ path: String?, arguments: String = "") -> Int64 {
    let row = Int(dimensions.images.appendRow())
    dimensions.images[row, .exe] = text(path ?? "kthread")
    if let path { dimensions.images[row, .path] = text(path) }
    dimensions.images[row, .arguments] = text(arguments)
    return Int64(row)
  }

  /// A thread as the next link of a lineage; gives the lineage's row.
  mutating func thread(
    _ pid: Int64, tid: Int64? = nil, comm: String, image: Int64?, uid: Int64 = 0, container: Int64? = nil,
    parent: UInt32? = nil
  ) -> UInt32 {
    let row = Int(dimensions.threads.appendRow())
    dimensions.threads[row, .tid] = tid ?? pid
    dimensions.threads[row, .pid] = pid
    dimensions.threads[row, .startTime] = Scene.start - 1_000_000_000 + pid
    dimensions.threads[row, .processStartTime] = Scene.start - 1_000_000_000 + pid
    dimensions.threads[row, .comm] = text(comm)
    dimensions.threads[row, .uid] = uid
    if let image { dimensions.threads[row, .image] = image }
    if let container { dimensions.threads[row, .container] = container }
    let lineage = Int(dimensions.lineages.appendRow())
    dimensions.lineages[lineage, .thread] = Int64(row)
    if let parent { dimensions.lineages[lineage, .parent] = Int64(parent) }
    return UInt32(lineage)
  }

  /// A thread of which only id and name are known.
  mutating func tinyThread(_ tid: Int64, comm: String) -> UInt32 {
    let row = Int(dimensions.threads.appendRow())
    dimensions.threads[row, .tid] = tid
    dimensions.threads[row, .comm] = text(comm)
    let lineage = Int(dimensions.lineages.appendRow())
    dimensions.lineages[lineage, .thread] = Int64(row)
    return UInt32(lineage)
  }

  /// Says who leads session and group of a lineage, by their lineages.
  mutating func lead(_ lineage: UInt32, session: UInt32, group: UInt32) {
    dimensions.lineages[Int(lineage), .sessionLeader] = dimensions.lineages[Int(session), .thread]
    dimensions.lineages[Int(lineage), .groupLeader] = dimensions.lineages[Int(group), .thread]
  }

  mutating func setThread(of lineage: UInt32, _ column: ThreadColumn, _ value: Int64) {
    dimensions.threads[Int(dimensions.lineages[Int(lineage), .thread]), column] = value
  }

  /// Gives an image a value in every column that has none yet.
  mutating func fillImage(_ row: Int) {
    for column in ImageColumn.allCases where dimensions.images.value(row, column) == nil {
      dimensions.images[row, column] = column.kind == .string ? text("/\(column)") : 3000 + Int64(column.rawValue)
    }
  }

  mutating func object(_ kind: ObjectKind, _ columns: [ObjectColumn: Int64]) -> UInt32 {
    let row = Int(dimensions.objects.appendRow())
    identities += 1
    dimensions.objects[row, .identity] = identities
    dimensions.objects[row, .objectKind] = kind.rawValue
    for (column, value) in columns { dimensions.objects[row, column] = value }
    return UInt32(row)
  }

  mutating func file(_ name: String, realName: String? = nil) -> UInt32 {
    var columns: [ObjectColumn: Int64] = [.label: text(name), .device: 65_025, .inode: 4711]
    if let realName { columns[.realName] = text(realName) }
    return object(.file, columns)
  }

  mutating func user(_ number: Int64, _ name: String, container: Int64? = nil, isGroup: Bool = false) {
    let row = Int(dimensions.users.appendRow())
    dimensions.users[row, .number] = number
    dimensions.users[row, .isGroup] = isGroup ? 1 : 0
    dimensions.users[row, .label] = text(name)
    if let container { dimensions.users[row, .container] = container }
    if !isGroup {
      dimensions.users[row, .homeDirectory] = text("/home/\(name)")
      dimensions.users[row, .shell] = text("/bin/sh")
      dimensions.users[row, .group] = number
    }
  }

  /// A batch of events. Every row that they use is copied; so are the users of their threads.
  func batch(_ events: [Event], first: UInt64 = 1, schema: Schema = TestSchema.schema) -> EventBatch {
    var builder = EventBatchBuilder(schema: schema, firstNumber: first)
    for event in events {
      guard let type = schema.type(named: event.type) else { preconditionFailure("no type \(event.type)") }
      builder.appendEvent(
        exitTime: event.time, latency: event.latency ?? EventBatch.missing, type: type.id, cpu: event.cpu,
        flags: EventFlags(rawValue: event.flags), lineage: event.lineage ?? EventBatch.noRow,
        object: event.object ?? EventBatch.noRow, result: event.result ?? EventBatch.missing)
      for argument in event.arguments {
        switch argument {
        case .number(let value): builder.appendInteger(value)
        case .text(let value): Array(value.utf8).withUnsafeBytes { builder.appendText($0) }
        case .name(let value): value.withUnsafeBytes { builder.appendText($0) }
        case .payload(let value): value.withUnsafeBytes { builder.appendBytes($0) }
        case .missing: builder.appendMissing()
        }
      }
    }
    return builder.finish(dimensions)
  }
}

/// An event, written down.
struct Event {
  var time: Int64
  var type: String
  var lineage: UInt32?
  var object: UInt32?
  var result: Int64?
  var latency: Int64?
  var cpu: UInt16 = 0
  var flags: UInt16 = 0
  var arguments: [Argument]

  enum Argument {
    case number(Int64)
    case text(String)
    case name([UInt8])
    case payload([UInt8])
    case missing
  }

  init(
    _ microseconds: Int64, _ type: String, by lineage: UInt32? = nil, on object: UInt32? = nil, result: Int64? = 0,
    latency: Int64? = 500, cpu: UInt16 = 0, flags: UInt16 = 0, _ arguments: Argument...
  ) {
    time = Scene.start + microseconds * 1000
    (self.type, self.lineage, self.object, self.result, self.latency) = (type, lineage, object, result, latency)
    (self.cpu, self.flags, self.arguments) = (cpu, flags, arguments)
  }
}
