import EventBatch
import EventSchema

/// Makes batches that hold everything that a batch may hold: all storages, missing values, lost identities, texts that
/// are no UTF-8, empty payloads, lineages of some depth, containers and users.
///
/// The same seed gives the same batches.
public struct BatchGenerator: ~Copyable {
  /// The schema of the batches.
  public let schema: Schema
  private var random: SeededGenerator
  private var source = Dimensions()
  private var interner = StringInterner()
  private var builder: EventBatchBuilder
  private var time: Int64 = 1_700_000_000_000_000_000

  /// A generator with its own dimensions.
  public init(seed: UInt64, schema: Schema = TestSchema.schema) {
    self.schema = schema
    random = SeededGenerator(seed: seed)
    builder = EventBatchBuilder(schema: schema, firstNumber: 1 + seed % 1000)
    grow(lineages: 3 + random.below(12), objects: 2 + random.below(30))
  }

  /// The next batch. Numbers and times go on where the one before ended.
  public mutating func next(events: Int) -> EventBatch {
    if random.oneIn(3) { grow(lineages: 1 + random.below(3), objects: 1 + random.below(5)) }
    for _ in 0..<events { appendEvent() }
    source.strings = interner.table
    return builder.finish(source)
  }

  /// The next batch, and what is seen of some of its rows while it is open.
  public mutating func glanced(
    events: Int, at rows: Range<Int>, of isWanted: [Bool]
  ) -> (glance: EventBatch, batch: EventBatch) {
    for _ in 0..<events { appendEvent() }
    source.strings = interner.table
    let glance = builder.glance(rows, of: isWanted, source)
    return (glance, builder.finish(source))
  }

  // MARK: Events

  private mutating func appendEvent() {
    let type = schema.types[random.below(schema.types.count)]
    // Several events may return in the same nanosecond.
    if !random.oneIn(10) { time += Int64(random.below(2000)) }
    let lineage = random.oneIn(40) ? EventBatch.noRow : UInt32(random.below(source.lineages.count))
    let object = random.oneIn(4) ? EventBatch.noRow : UInt32(random.below(source.objects.count))
    builder.appendEvent(
      exitTime: time, latency: random.oneIn(20) ? EventBatch.missing : Int64(random.below(5000)), type: type.id,
      cpu: UInt16(random.below(8)), flags: EventFlags(rawValue: random.oneIn(10) ? UInt16(random.below(256)) : 0),
      lineage: lineage, object: object,
      result: random.oneIn(15) ? EventBatch.missing : random.oneIn(5) ? -Int64(random.below(130)) : integer())
    for parameter in type.parameters where parameter.source.isStored {
      if random.oneIn(9) {
        builder.appendMissing()
        continue
      }
      switch parameter.type.storage {
      case .integer: builder.appendInteger(integer())
      case .string: text().withUnsafeBytes { builder.appendText($0) }
      case .bytes: bytes(upTo: random.oneIn(50) ? 700 : 12).withUnsafeBytes { builder.appendBytes($0) }
      }
    }
  }

  private mutating func integer() -> Int64 {
    switch random.below(6) {
    case 0: 0
    case 1: Int64(random.below(4))
    case 2: Int64(random.below(70_000))
    case 3: Int64(truncatingIfNeeded: random.next() | 1) & .max
    case 4: -Int64(random.below(1 << 40))
    default: Int64.max - Int64(random.below(3))
    }
  }

  private mutating func text() -> [UInt8] {
    switch random.below(5) {
    case 0: []
    case 1: bytes(upTo: 20)
    default: Array("/srv/data/\(random.below(5))/file\(random.below(40))".utf8)
    }
  }

  private mutating func bytes(upTo limit: Int) -> [UInt8] {
    (0..<random.below(limit + 1)).map { _ in UInt8.random(in: .min ... .max, using: &random) }
  }

  // MARK: Dimensions

  private mutating func grow(lineages: Int, objects: Int) {
    let container = source.containers.appendRow()
    let id = String(random.next(), radix: 16)
    source.containers[Int(container), .id] = intern("\(id)\(id)")
    source.containers[Int(container), .label] = intern("name-\(container)")
    if random.oneIn(2) { source.containers[Int(container), .image] = intern("docker.io/library/busybox:latest") }
    for _ in 0..<lineages { addLineage(container) }
    for _ in 0..<objects { addObject() }
    let user = Int(source.users.appendRow())
    if random.oneIn(2) { source.users[user, .container] = Int64(container) }
    source.users[user, .number] = Int64(random.below(2000))
    source.users[user, .isGroup] = Int64(random.below(2))
    source.users[user, .label] = intern("user\(user)")
  }

  private mutating func addLineage(_ container: UInt32) {
    let image = Int(source.images.appendRow())
    source.images[image, .exe] = intern("program\(image)")
    if !random.oneIn(5) { source.images[image, .path] = intern("/usr/bin/program\(image % 7)") }
    source.images[image, .arguments] = Int64(interner.intern(bytes(upTo: 30)[...]))
    source.images[image, .inode] = Int64(random.below(1 << 40))
    let thread = Int(source.threads.appendRow())
    let pid = Int64(100 + random.below(5000))
    source.threads[thread, .tid] = pid + Int64(random.below(2))
    source.threads[thread, .pid] = pid
    source.threads[thread, .startTime] = time - Int64(random.below(1 << 30))
    source.threads[thread, .processStartTime] = time - Int64(1 << 30)
    source.threads[thread, .comm] = intern("program\(image)")
    source.threads[thread, .image] = random.oneIn(8) ? EventBatch.missing : Int64(image)
    source.threads[thread, .uid] = Int64(random.below(3) * 1000)
    source.threads[thread, .workingDirectory] = intern("/home/user\(random.below(3))")
    if random.oneIn(2) { source.threads[thread, .container] = Int64(container) }
    let lineage = Int(source.lineages.appendRow())
    source.lineages[lineage, .thread] = Int64(thread)
    if lineage > 0, !random.oneIn(4) { source.lineages[lineage, .parent] = Int64(random.below(lineage)) }
  }

  private mutating func addObject() {
    let object = Int(source.objects.appendRow())
    source.objects[object, .identity] = Int64(random.below(1 << 20))
    switch random.below(3) {
    case 0:
      source.objects[object, .objectKind] = ObjectKind.ipv4Socket.rawValue
      source.objects[object, .family] = 2
      source.objects[object, .remoteAddress] = Int64(interner.intern([10, 0, UInt8(random.below(4)), 1][...]))
      source.objects[object, .remotePort] = Int64(random.below(65_536))
    case 1:
      source.objects[object, .objectKind] = ObjectKind.unixSocket.rawValue
      source.objects[object, .family] = 1
      source.objects[object, .remoteAddress] = intern("/run/service\(random.below(3)).sock")
    default:
      source.objects[object, .objectKind] = ObjectKind.file.rawValue
      source.objects[object, .label] = intern("/var/lib/app\(random.below(4))/table\(object)")
      if random.oneIn(3) { source.objects[object, .realName] = intern("/mnt/disk/table\(object)") }
      source.objects[object, .inode] = Int64(random.below(1 << 30))
    }
  }

  private mutating func intern(_ text: String) -> Int64 { Int64(interner.intern(text)) }
}
