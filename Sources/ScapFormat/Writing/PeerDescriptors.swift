import EventBatch
import EventSchema

/// What readers show of an object: two are equal when readers would show the same of them.
struct ShownObject: Hashable {
  var kind: ObjectKind
  var signature: Int
  /// Of sockets without a connection readers take the ends from each message; of others of a kind there is nothing to tell
  /// apart.
  var isFloating: Bool

  /// Whether readers that know one need not be told the other.
  func covers(_ other: ShownObject) -> Bool { self == other || (kind == other.kind && other.isFloating) }
}

extension ObjectReader {
  /// What readers show of an object.
  func shown(_ row: Int) -> ShownObject {
    let kind = kind(row)
    var hasher = Hasher()
    hasher.combine(kind)
    var isFloating = false
    switch kind {
    case .ipv4Socket, .ipv6Socket:
      let (local, remote) = (end(row, isLocal: true), end(row, isLocal: false))
      hasher.combine(local?.address)
      hasher.combine(local?.port)
      hasher.combine(remote?.address)
      hasher.combine(remote?.port)
      isFloating = transport(row) != 2 || remote == nil
    // Readers show no names of pipes that they saw being made.
    case .pipe: isFloating = true
    case .unixSocket:
      let name = name(row)
      hasher.combine(name)
      isFloating = name.isEmpty
    default: hasher.combine(name(row))
    }
    return ShownObject(kind: kind, signature: hasher.finalize(), isFloating: isFloating)
  }
}

/// What an event does with descriptors, as readers follow it. Columns are places among the stored arguments.
enum DescriptorStep: Sendable {
  case none
  /// It is about a descriptor.
  case uses(Int)
  /// It returns a new one.
  case makes
  case closes(Int)
  /// It returns another one for the same thing.
  case copies(Int)
  /// It does so for some commands.
  case controls(Int, command: Int)
  /// It makes two.
  case makesPair(Int, Int, ObjectKind)
  /// The thing is another one afterwards: a socket is connected or bound.
  case changes(Int)
}

extension DescriptorStep {
  /// What an event type does.
  init(_ type: EventType, _ column: (String) -> ParameterOrigin) {
    func stored(_ name: String) -> Int? { if case .integer(let column) = column(name) { column } else { nil } }
    self = .none
    switch (type.name, type.object) {
    case ("pipe", _), ("pipe2", _), ("socketpair", _):
      if let one = stored("fd1"), let other = stored("fd2") {
        self = .makesPair(one, other, type.name == "socketpair" ? .unixSocket : .pipe)
      }
    case (_, .result) where type.traits.contains(.createsDescriptor): self = .makes
    case (_, .argument(let register)):
      guard let parameter = type.parameters.first(where: { $0.source == .argument(register) && $0.type == .fd }),
        let fd = stored(parameter.name)
      else { return }
      if type.name == "fcntl" {
        if let command = stored("cmd") { self = .controls(fd, command: command) }
      } else if type.name.hasPrefix("dup") {
        self = .copies(fd)
      } else if type.traits.contains(.destroysDescriptor) {
        self = .closes(fd)
      } else if type.traits.contains(.changesObject) {
        self = .changes(fd)
      } else {
        self = .uses(fd)
      }
    default: break
    }
  }
}

/// What readers have been told about descriptors: by the lists at the front and by the events so far, as they follow them.
struct PeerDescriptors: ~Copyable {
  private let openFlags: FlagTable?
  private let architecture: Architecture
  /// The descriptors of each process.
  private var tables: [Int64: [Int64: ShownObject]] = [:]

  init(openFlags: FlagTable?, architecture: Architecture) {
    self.openFlags = openFlags
    self.architecture = architecture
  }

  /// Notes an entry of the lists.
  mutating func tell(pid: Int64, _ descriptor: Int64, _ object: ShownObject) {
    tables[pid, default: [:]][descriptor] = object
  }

  /// A new process has what its parent has.
  mutating func inherit(_ thread: Int, _ threads: ThreadReader) {
    guard let pid = threads.number(thread, .pid), threads.number(thread, .tid) == pid else { return }
    tables[pid] = threads.number(thread, .parentPid).flatMap { tables[$0] }
  }

  /// A process has ended.
  mutating func end(_ thread: Int, _ threads: ThreadReader) {
    guard let pid = threads.number(thread, .pid), threads.number(thread, .tid) == pid else { return }
    tables[pid] = nil
  }

  /// Follows an event.
  /// - Parameter events: what readers must be told in front of it is appended.
  mutating func follow(
    _ step: DescriptorStep, row: Int, _ thread: Int, _ encoder: EventEncoder, _ batch: inout PeerBatch,
    _ events: inout [HiddenEvent]
  ) {
    if case .none = step { return }
    guard let pid = encoder.threads.number(thread, .pid) else { return }
    let result = encoder.batch.results[row]
    let hasSucceeded = result != EventBatch.missing && result >= 0
    func number(_ column: Int) -> Int64? {
      encoder.integer(column, row).map { Int64(Int32(truncatingIfNeeded: $0)) }
    }
    let object = encoder.object(row)
    switch step {
    case .none: return
    case .uses(let column):
      check(number(column), object, pid, thread, encoder, &batch, &events)
    case .makes:
      guard hasSucceeded, let object else { return }
      tables[pid, default: [:]][result] = batch.shown(object)
    case .closes(let column):
      check(number(column), object, pid, thread, encoder, &batch, &events)
      if hasSucceeded, let descriptor = number(column) { tables[pid]?[descriptor] = nil }
    case .copies(let column):
      check(number(column), object, pid, thread, encoder, &batch, &events)
      if hasSucceeded, let object { tables[pid, default: [:]][result] = batch.shown(object) }
    case .controls(let column, let command):
      check(number(column), object, pid, thread, encoder, &batch, &events)
      // `F_DUPFD` and `F_DUPFD_CLOEXEC`.
      let command = encoder.integer(command, row)
      if command == 0 || command == 1030, hasSucceeded, let object {
        tables[pid, default: [:]][result] = batch.shown(object)
      }
    case .makesPair(let one, let other, let kind):
      guard hasSucceeded else { return }
      for descriptor in [number(one), number(other)].compactMap({ $0 }) {
        tables[pid, default: [:]][descriptor] = ShownObject(kind: kind, signature: 0, isFloating: true)
      }
    case .changes(let column):
      guard let descriptor = number(column), let object else { return }
      if tables[pid]?[descriptor] == nil { check(descriptor, object, pid, thread, encoder, &batch, &events) }
      tables[pid, default: [:]][descriptor] = batch.shown(object)
    }
  }

  private mutating func check(
    _ descriptor: Int64?, _ object: Int?, _ pid: Int64, _ thread: Int, _ encoder: EventEncoder,
    _ batch: inout PeerBatch, _ events: inout [HiddenEvent]
  ) {
    guard let descriptor, descriptor >= 0, let object else { return }
    let shown = batch.shown(object)
    if let known = tables[pid]?[descriptor], known.covers(shown) { return }
    tables[pid, default: [:]][descriptor] = shown
    let flags = encoder.objects.number(object, .openFlags).map { UInt64(bitPattern: $0) } ?? 0
    events += HiddenEvent.descriptor(
      descriptor, object, encoder.objects, tid: encoder.threads.number(thread, .tid) ?? 0,
      flags: UInt32(truncatingIfNeeded: openFlags?.portableFlags(for: flags, architecture: architecture) ?? 0))
  }
}
