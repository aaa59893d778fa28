import BinaryCoding
import EventBatch
import EventSchema

/// What a chunk's head says of a batch, all but what depends on the compressed bytes.
struct ChunkIndex {
  let head: ChunkHead
  let containerIDs: [[UInt8]]?
  let executablePaths: [[UInt8]]?
  /// See `ChunkIndexer.pathHashes`.
  let pathHashes: [UInt64]

  init(_ batch: EventBatch) {
    let indexer = ChunkIndexer(batch)
    containerIDs = indexer.containerIDs()
    executablePaths = indexer.executablePaths()
    var head = ChunkHead(ranges: batch)
    head.pids = indexer.values(.pid)
    head.containers = containerIDs?.map { String(decoding: $0, as: UTF8.self) }
    head.uids = indexer.values(.uid)
    head.executables = executablePaths?.map { String(decoding: $0, as: UTF8.self) }
    head.addresses = indexer.addresses()
    head.errors = indexer.errors()
    head.ports = indexer.ports()
    self.head = head
    pathHashes = indexer.pathHashes()
  }
}

/// Makes the indexes of a chunk's head from a batch.
///
/// Works on dimension rows, not on events, except for the marks of which lineages were used and which errors returned:
/// about 1 ns an event. A set or filter that outgrows what it saves is `nil`, so that it is not made.
struct ChunkIndexer {
  /// The most numbers of a set.
  static let mostNumbers = 4096
  /// The most bytes of the texts of a set.
  static let mostTextBytes = 32 << 10
  /// The most bytes of a bloom filter.
  static let mostFilterBytes = 256 << 10

  private let batch: EventBatch
  /// The thread rows of the events themselves.
  private var usedThreads: [Int] = []

  init(_ batch: EventBatch) {
    self.batch = batch
    var used = [Bool](repeating: false, count: batch.dimensions.lineages.count)
    var last = EventBatch.noRow
    for lineage in batch.lineages where lineage != last {
      if lineage != EventBatch.noRow { used[Int(lineage)] = true }
      last = lineage
    }
    var seen = [Bool](repeating: false, count: batch.dimensions.threads.count)
    let threads = batch.dimensions.lineages[.thread]
    for row in used.indices where used[row] {
      let thread = Int(threads[row])
      if !seen[thread] {
        seen[thread] = true
        usedThreads.append(thread)
      }
    }
  }

  /// The distinct values of a column of the used threads, ascending; missing ones left out.
  func values(_ column: ThreadColumn) -> [Int64]? {
    var values: Set<Int64> = []
    for row in usedThreads {
      if let value = batch.dimensions.threads.value(row, column) { values.insert(value) }
    }
    return ChunkIndexer.numbers(values)
  }

  /// The error codes of the events; see `ChunkHead.errors`.
  func errors() -> [Int64]? {
    var seen = [Bool](repeating: false, count: 4096)
    for result in batch.results where result < 0 && result >= -4095 { seen[Int(-result)] = true }
    return ChunkIndexer.numbers(Set(seen.indices.lazy.filter { seen[$0] }.map(Int64.init)))
  }

  /// The ports of the objects; see `ChunkHead.ports`.
  func ports() -> [Int64]? {
    var ports: Set<Int64> = []
    for column in [ObjectColumn.localPort, .remotePort] {
      for port in batch.dimensions.objects[column] where port != EventBatch.missing { ports.insert(port & 0xFFFF) }
    }
    return ChunkIndexer.numbers(ports)
  }

  private static func numbers(_ values: Set<Int64>) -> [Int64]? {
    values.count <= mostNumbers ? values.sorted() : nil
  }

  private static func texts(_ texts: [[UInt8]]) -> [[UInt8]]? {
    if texts.reduce(0, { $0 + $1.count }) > mostTextBytes { return nil }
    return texts.sorted { $0.lexicographicallyPrecedes($1) }
  }

  /// - Parameter distinct: the hashes of keys, each once.
  private static func filter(_ distinct: [UInt64], budget: Int = .max) -> BloomFilter? {
    let bytes = BloomFilter.byteCount(keys: distinct.count, budget: budget)
    return bytes <= mostFilterBytes ? BloomFilter(hashes: distinct, budget: budget) : nil
  }

  /// What nobody knows who chooses names: many of the same place would be slow.
  private static let spread = UInt64.random(in: .min ... .max) | 1

  /// Each hash once.
  private static func distinct(_ hashes: [UInt64]) -> [UInt64] {
    let size = 1 << (Int.bitWidth - (hashes.count * 2).leadingZeroBitCount)
    return [UInt64](unsafeUninitializedCapacity: hashes.count) { distinct, count in
      withUnsafeTemporaryAllocation(of: UInt64.self, capacity: size) { places in
        places.initialize(repeating: 0)
        var hasZero = false
        for hash in hashes {
          if hash == 0 {
            hasZero = true
            continue
          }
          var place = Int(truncatingIfNeeded: (hash &* spread) >> 32) & (size - 1)
          while places[place] != 0, places[place] != hash { place = (place &+ 1) & (size - 1) }
          if places[place] == 0 {
            places[place] = hash
            distinct[count] = hash
            count += 1
          }
        }
        if hasZero {
          distinct[count] = 0
          count += 1
        }
      }
    }
  }

  /// The ids of the used threads' containers, sorted by bytes; the empty id for threads outside of any.
  func containerIDs() -> [[UInt8]]? {
    let dimensions = batch.dimensions
    var rows: Set<Int64> = []
    for row in usedThreads { rows.insert(dimensions.threads[row, .container]) }
    var texts: Set<[UInt8]> = []
    for row in rows {
      guard row != EventBatch.missing, let id = dimensions.containers.value(Int(row), .id) else {
        texts.insert([])
        continue
      }
      texts.insert(Array(dimensions.strings[Int(id)].prefix(CaptureLimits.textBytes)))
    }
    return ChunkIndexer.texts(Array(texts))
  }

  /// The paths of all images, which are those of the events and of their ancestors, sorted by bytes.
  func executablePaths() -> [[UInt8]]? {
    let dimensions = batch.dimensions
    var rows: Set<Int64> = []
    for row in dimensions.images[.path] { rows.insert(row == EventBatch.missing ? 0 : row) }
    if dimensions.threads[.image].contains(EventBatch.missing) { rows.insert(0) }
    return ChunkIndexer.texts(rows.map { Array(dimensions.strings[Int($0)]) })
  }

  /// The filter of the objects' names; see `ChunkHead.paths`.
  ///
  /// - Parameters:
  ///   - hashes: those of `pathHashes`.
  ///   - chunkBytes: how large the chunk is without. The filter is worth a hundredth of it: a chunk of which each event is about
  ///     another file would else be a filter in large part.
  static func paths(_ hashes: [UInt64], chunkBytes: Int) -> BloomFilter? {
    filter(hashes, budget: chunkBytes / 100)
  }

  /// The hashes of the keys of the objects' names, each once.
  func pathHashes() -> [UInt64] {
    let dimensions = batch.dimensions
    var isName = [Bool](repeating: false, count: dimensions.strings.count)
    for column in [ObjectColumn.label, .realName] {
      for row in dimensions.objects[column] where row != EventBatch.missing { isName[Int(row)] = true }
    }
    let families = dimensions.objects[.family]
    for column in [ObjectColumn.localAddress, .remoteAddress] {
      let values = dimensions.objects[column]
      for row in values.indices
      where values[row] != EventBatch.missing && families[row] == Int64(SocketAddress.unixFamily) {
        isName[Int(values[row])] = true
      }
    }
    var keys = PathKeys()
    dimensions.strings.heap.withUnsafeBytes { heap in
      for row in isName.indices where isName[row] {
        keys.insert(UnsafeRawBufferPointer(rebasing: heap[dimensions.strings.range(of: row)]))
      }
    }
    return ChunkIndexer.distinct(keys.hashes)
  }

  /// The keys of the objects' addresses; see `ChunkHead.addresses`.
  func addresses() -> BloomFilter? {
    let dimensions = batch.dimensions
    var rows: Set<Int64> = []
    for column in [ObjectColumn.localAddress, .remoteAddress] {
      for row in dimensions.objects[column] where row != EventBatch.missing { rows.insert(row) }
    }
    var hashes: [UInt64] = []
    for row in rows {
      let address = dimensions.strings[Int(row)]
      guard address.count == 4 || address.count == 16 else { continue }
      hashes.append(BloomFilter.hash(address))
      if address.count == 16, ChunkIndexer.isMapped(address) { hashes.append(BloomFilter.hash(address.suffix(4))) }
    }
    return ChunkIndexer.filter(ChunkIndexer.distinct(hashes))
  }

  /// ::ffff:a.b.c.d
  private static func isMapped(_ address: ArraySlice<UInt8>) -> Bool {
    address.prefix(10).allSatisfy { $0 == 0 } && address.dropFirst(10).prefix(2).allSatisfy { $0 == 0xFF }
  }
}

/// The keys of names: the whole name; then, when it holds a `/`, every ancestor directory (`/a/b/c`: `/`, `/a`, `/a/b`) and
/// the base name (`c`).
private struct PathKeys {
  /// The hashes of the keys, some of them more than once.
  private(set) var hashes: [UInt64] = []
  /// The name before, up to and with its last slash: what was read in one directory or near it stands together, and the
  /// ancestors that both have are known.
  private var directory = UnsafeRawBufferPointer(start: nil, count: 0)

  /// Adds a name whose bytes stay where they are while names are added.
  mutating func insert(_ name: UnsafeRawBufferPointer) {
    hashes.append(XXHash64.hash(name))
    guard let last = name.lastIndex(of: PathKeys.slash) else { return }
    hashes.append(XXHash64.hash(UnsafeRawBufferPointer(rebasing: name[(last + 1)...])))
    let parent = UnsafeRawBufferPointer(rebasing: name[...last])
    let shared = PathKeys.commonBytes(directory, parent)
    directory = parent
    var end: Int? = last
    while let position = end, position >= shared {
      // The root is the one directory whose name ends with its slash.
      let ancestor = position > 0 ? name[..<position] : name[...position]
      hashes.append(XXHash64.hash(UnsafeRawBufferPointer(rebasing: ancestor)))
      end = name[..<position].lastIndex(of: PathKeys.slash)
    }
  }

  /// How many bytes two names begin with alike.
  private static func commonBytes(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Int {
    let count = min(one.count, other.count)
    var index = 0
    while index + 8 <= count {
      let difference =
        one.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        ^ other.loadUnaligned(fromByteOffset: index, as: UInt64.self)
      if difference != 0 { return index + difference.littleEndian.trailingZeroBitCount / 8 }
      index += 8
    }
    while index < count, one[index] == other[index] { index += 1 }
    return index
  }

  private static let slash = UInt8(ascii: "/")
}
