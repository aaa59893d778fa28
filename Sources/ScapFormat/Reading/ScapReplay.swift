import BinaryCoding
import EventBatch
import EventSchema

/// What is known of the machine while a file is read, and the batch that is being made.
struct ScapReplay: ~Copyable {
  let schema: ScapSchema
  /// What becomes of events, by their codes.
  let plans: ScapPlans
  var star: ScapStar
  var threads = ScapThreads()
  /// The number of the last event in the file.
  var number: UInt64 = 0
  var bootTime: Int64 = 0
  /// Grows with each thing that a descriptor points to.
  var identity: Int64 = 0

  /// The numbers of the batch's events.
  var numbers: [UInt64] = []
  /// Which of them say nothing that happened then: recorders write them when they find time.
  var metadataRows: [Int] = []
  var lastNumber: UInt64 = 0
  /// The greatest time in the batches so far.
  var lastTime = Int64.min
  /// The time of the event before.
  var previousTime: Int64 = 0
  var socketsAreSettled = false
  /// The thread that ended with the event before.
  var ended: ScapThread?

  init(_ schema: ScapSchema) {
    self.schema = schema
    plans = ScapPlans(schema, .builtIn)
    star = ScapStar(schema: schema.schema)
  }

  var count: Int { star.builder.count }
  var heapBytes: Int { star.builder.heapBytes }

  // MARK: What stands in front of the events

  mutating func beginSection() {
    endCalls()
    threads.removeAll()
    socketsAreSettled = false
    star.epoch &+= 1
  }

  mutating func note(_ user: ScapUser) { star.directory.note(user, container: []) }

  mutating func take(_ list: [ScapThread]) {
    for thread in list {
      thread.state.container = scapContainerID(thread.state.cgroups)
      threads.add(thread)
    }
    star.epoch &+= 1
  }

  mutating func takeDescriptors(_ body: UnsafeRawBufferPointer, hasLengths: Bool) throws(MalformedBytes) {
    var found: [(Int64, ScapObject)] = []
    let tid = try ScapObject.list(body, hasLengths: hasLengths, identity: &identity) { found.append(($0, $1)) }
    guard let thread = threads[tid] else { return }
    for (number, object) in found { thread.descriptors[number] = object }
  }

  /// Which side sockets of the list are on: who listens at a port is the server of the connections with it.
  mutating func settleSockets() {
    socketsAreSettled = true
    var ports: Set<Int64> = []
    for thread in threads.all {
      thread.descriptors.forEach { _, object in
        if object.kind == .ipv4Server || object.kind == .ipv6Server { ports.insert(object.sourcePort) }
      }
    }
    for thread in threads.all {
      thread.descriptors.forEach { _, object in
        guard object.kind == .ipv4Socket, object.role == .none else { return }
        guard ports.contains(object.sourcePort) else {
          object.role = .client
          return
        }
        // The list tells the own end first, events the client's.
        swap(&object.source, &object.destination)
        swap(&object.sourcePort, &object.destinationPort)
        object.role = .server
      }
    }
  }
}
