import EventBatch
import EventSchema

/// Makes batches of built-in event types by hand: a small machine whose processes, files and sockets have names.
///
///     var machine = MachineMaker()
///     let shell = machine.process(10, "bash")
///     machine.event("close", at: 5, of: shell, object: machine.file("/etc/passwd"), ["fd": 3])
///     let batch = machine.finish()
///
/// What was made stays known for the next batch.
public struct MachineMaker: ~Copyable {
  /// The value of an argument.
  public enum Argument: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, Sendable {
    case integer(Int64)
    case text(String)
    case bytes([UInt8])

    /// A number.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// A text.
    public init(stringLiteral value: String) { self = .text(value) }
  }

  private var source = Dimensions()
  private var interner = StringInterner()
  private var builder = EventBatchBuilder(schema: .builtIn)
  private var identity: Int64 = 0

  /// An empty machine.
  public init() {}

  /// A version of a thread; without a thread id of its own, the main one of a process; without a maker, made by its parent.
  /// - Returns: its lineage.
  public mutating func process(
    _ pid: Int64, _ name: String, thread: Int64? = nil, parent: UInt32? = nil, maker: Int64? = nil, started: Int64 = 1,
    uid: Int64 = 0, container: String? = nil, arguments: [String] = []
  ) -> UInt32 {
    let image = Int(source.images.appendRow())
    source.images[image, .exe] = intern(name)
    source.images[image, .path] = intern("/usr/bin/\(name)")
    source.images[image, .arguments] = intern(arguments.map { $0 + "\0" }.joined())
    let row = Int(source.threads.appendRow())
    source.threads[row, .tid] = thread ?? pid
    source.threads[row, .pid] = pid
    source.threads[row, .virtualTid] = thread ?? pid
    source.threads[row, .virtualPid] = pid
    source.threads[row, .startTime] = started + (thread ?? pid) - pid
    source.threads[row, .processStartTime] = started
    source.threads[row, .comm] = intern(name)
    source.threads[row, .processName] = intern(name)
    source.threads[row, .image] = Int64(image)
    source.threads[row, .uid] = uid
    source.threads[row, .effectiveUid] = uid
    if let container {
      let index = Int(source.containers.appendRow())
      source.containers[index, .id] = intern(container)
      source.containers[index, .label] = intern("name-" + container.prefix(3))
      source.threads[row, .container] = Int64(index)
    }
    let lineage = Int(source.lineages.appendRow())
    source.lineages[lineage, .thread] = Int64(row)
    if let parent {
      source.lineages[lineage, .parent] = Int64(parent)
      source.threads[row, .parentPid] = source.threads[Int(source.lineages[Int(parent), .thread]), .pid]
    }
    source.threads[row, .originalParentPid] = maker ?? source.threads[row, .parentPid]
    return UInt32(lineage)
  }

  /// A file.
  public mutating func file(_ path: String, flags: ObjectFlags = []) -> UInt32 {
    let row = object(.file)
    source.objects[row, .label] = intern(path)
    source.objects[row, .inode] = 100 + identity
    source.objects[row, .flags] = flags.rawValue
    return UInt32(row)
  }

  /// A TCP socket of IPv4; without a peer it listens.
  public mutating func socket(_ local: [UInt8], _ port: Int64, to remote: [UInt8]? = nil, _ remotePort: Int64 = 0)
    -> UInt32
  {
    let row = object(.ipv4Socket)
    source.objects[row, .family] = 2
    source.objects[row, .socketType] = 1
    source.objects[row, .networkProtocol] = 6
    source.objects[row, .localAddress] = Int64(interner.intern(local[...]))
    source.objects[row, .localPort] = port
    if let remote {
      source.objects[row, .remoteAddress] = Int64(interner.intern(remote[...]))
      source.objects[row, .remotePort] = remotePort
    }
    source.objects[row, .flags] = (remote == nil ? ObjectFlags.listening : .connected).rawValue
    source.objects[row, .role] = (remote == nil ? SocketRole.server : .client).rawValue
    return UInt32(row)
  }

  private mutating func object(_ kind: ObjectKind) -> Int {
    let row = Int(source.objects.appendRow())
    identity += 1
    source.objects[row, .identity] = identity
    source.objects[row, .objectKind] = kind.rawValue
    return row
  }

  private mutating func intern(_ text: String) -> Int64 { Int64(interner.intern(text)) }

  /// An event, or a row of a state. Arguments that are not given are missing.
  public mutating func event(
    _ name: String, at time: Int64, of lineage: UInt32 = EventBatch.noRow, object: UInt32 = EventBatch.noRow,
    result: Int64 = EventBatch.missing, latency: Int64 = EventBatch.missing, flags: EventFlags = [],
    _ arguments: [String: Argument] = [:]
  ) {
    guard let type = Schema.builtIn.type(named: name) else { preconditionFailure("there is no type \(name)") }
    builder.appendEvent(
      exitTime: time, latency: latency, type: type.id, cpu: 0, flags: flags, lineage: lineage, object: object,
      result: result)
    for parameter in type.parameters where parameter.source.isStored {
      switch arguments[parameter.name] {
      case .integer(let value): builder.appendInteger(value)
      case .text(let text): Array(text.utf8).withUnsafeBytes { builder.appendText($0) }
      case .bytes(let bytes): bytes.withUnsafeBytes { builder.appendBytes($0) }
      case nil: builder.appendMissing()
      }
    }
  }

  /// The batch of all that was appended since the one before.
  public mutating func finish() -> EventBatch {
    source.strings = interner.table
    return builder.finish(source)
  }
}
