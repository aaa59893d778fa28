import CaptureFormat
import EventBatch

/// What the indexes of a chunk's head must say, found in the plainest way: from the words of the format's document and not
/// from the code that makes indexes.
struct IndexTruth {
  private let batch: EventBatch
  /// The thread rows of the events themselves.
  private let threads: Set<Int>

  init(_ batch: EventBatch) {
    self.batch = batch
    threads = Set(
      Set(batch.lineages).subtracting([EventBatch.noRow]).map { Int(batch.dimensions.lineages[Int($0), .thread]) })
  }

  /// What is wrong with a head's indexes: a set that is not exactly what the events have, a filter that denies what is there.
  func contradictions(of head: ChunkHead) -> [String] {
    var wrong: [String] = []
    func compare<Value: Hashable>(_ name: String, _ said: [Value]?, _ truth: @autoclosure () -> Set<Value>) {
      guard let said else { return }
      let (listed, truth) = (Set(said), truth())
      if let missing = truth.subtracting(listed).first { wrong.append("the index of \(name) lacks \(missing)") }
      if let invented = listed.subtracting(truth).first {
        wrong.append("the index of \(name) has \(invented), which no event has")
      }
    }
    compare("process ids", head.pids, values(.pid))
    compare("users", head.uids, values(.uid))
    compare("containers", head.containers, containers)
    compare("executables", head.executables, executables)
    compare("errors", head.errors, errors)
    compare("ports", head.ports, ports)
    if let paths = head.paths, let denied = names.first(where: { !paths.mayContain($0[...]) }) {
      wrong.append("the index of paths denies \(String(decoding: denied, as: UTF8.self))")
    }
    if let filter = head.addresses, let denied = addresses.first(where: { !filter.mayContain($0[...]) }) {
      wrong.append("the index of addresses denies \(SocketAddress.ipText(denied[...]))")
    }
    return wrong
  }

  private func values(_ column: ThreadColumn) -> Set<Int64> {
    Set(threads.compactMap { batch.dimensions.threads.value($0, column) })
  }

  private var containers: Set<String> {
    let dimensions = batch.dimensions
    return Set(
      threads.map { thread in
        let id = dimensions.threads.value(thread, .container).flatMap { dimensions.containers.value(Int($0), .id) }
        return id.map { String(decoding: text($0).prefix(CaptureLimits.textBytes), as: UTF8.self) } ?? ""
      })
  }

  private var executables: Set<String> {
    let dimensions = batch.dimensions
    var paths = Set<String>()
    for image in 0..<dimensions.images.count {
      paths.insert(
        dimensions.images.value(image, .path).map { String(decoding: text($0), as: UTF8.self) } ?? "")
    }
    if (0..<dimensions.threads.count).contains(where: { dimensions.threads.value($0, .image) == nil }) {
      paths.insert("")
    }
    return paths
  }

  private var errors: Set<Int64> {
    Set(batch.results.filter { $0 >= -4095 && $0 <= -1 }.map { -$0 })
  }

  private var ports: Set<Int64> {
    let objects = batch.dimensions.objects
    return Set((objects[.localPort] + objects[.remotePort]).filter { $0 != EventBatch.missing }.map { $0 & 0xFFFF })
  }

  /// The keys of all names of objects.
  private var names: Set<[UInt8]> {
    let objects = batch.dimensions.objects
    var texts: Set<Int64> = []
    for row in 0..<objects.count {
      let isUnix = objects.value(row, .family) == Int64(SocketAddress.unixFamily)
      let columns: [ObjectColumn] = isUnix ? [.label, .realName, .localAddress, .remoteAddress] : [.label, .realName]
      texts.formUnion(columns.compactMap { objects.value(row, $0) })
    }
    var keys: Set<[UInt8]> = []
    for row in texts {
      let name = Array(text(row))
      keys.insert(name)
      for position in name.indices where name[position] == UInt8(ascii: "/") {
        keys.insert(position == 0 ? [UInt8(ascii: "/")] : Array(name[..<position]))
      }
      if let last = name.lastIndex(of: UInt8(ascii: "/")) { keys.insert(Array(name[(last + 1)...])) }
    }
    return keys
  }

  private var addresses: Set<[UInt8]> {
    let objects = batch.dimensions.objects
    var keys: Set<[UInt8]> = []
    for row in Set(objects[.localAddress] + objects[.remoteAddress]) where row != EventBatch.missing {
      let address = Array(text(row))
      guard address.count == 4 || address.count == 16 else { continue }
      keys.insert(address)
      let mapped: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF]
      if address.count == 16, Array(address.prefix(12)) == mapped { keys.insert(Array(address.suffix(4))) }
    }
    return keys
  }

  private func text(_ row: Int64) -> ArraySlice<UInt8> { batch.dimensions.strings[Int(row)] }
}

extension ChunkHead {
  /// What the head says wrongly about the events of the chunk, their numbers, types and times.
  func contradictions(with batch: EventBatch) -> [String] {
    var wrong: [String] = []
    func compare<Value: Equatable>(_ name: String, _ said: Value, _ truth: Value) {
      if said != truth { wrong.append("the head says that \(name) is \(said), and it is \(truth)") }
    }
    compare("the number of events", count, batch.count)
    var counts: [UInt16: UInt32] = [:]
    for type in batch.types { counts[type, default: 0] += 1 }
    let said = typeCounts.map { ($0.type.rawValue, $0.count) }
    if Dictionary(said, uniquingKeysWith: &+) != counts {
      wrong.append("the head's events by type are not those of the chunk")
    }
    guard batch.count > 0, wrong.isEmpty else { return wrong }
    compare("the first number", firstNumber, batch.numbers[0])
    compare("the last number", lastNumber, batch.numbers[batch.count - 1])
    compare("the least exit time", leastExit, batch.exitTimes.min() ?? 0)
    compare("the greatest exit time", greatestExit, batch.exitTimes.max() ?? 0)
    let starts = batch.exitTimes.indices.map { row in
      batch.latencies[row] == EventBatch.missing ? batch.exitTimes[row] : batch.exitTimes[row] &- batch.latencies[row]
    }
    if let least = starts.min(), leastStart > least {
      wrong.append("the head says that the least start is \(leastStart), and it is \(least)")
    }
    return wrong + IndexTruth(batch).contradictions(of: self)
  }
}
