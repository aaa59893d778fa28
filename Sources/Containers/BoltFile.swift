#if canImport(Glibc)
import Glibc
#endif

/// A file of the key-value store bbolt, in which containerd and Podman keep what they know: read page by page, while its owner
/// may be writing.
///
///     page            id (64), flags (16): 1 branch, 2 leaf; elements (16), further pages that belong to it (32)
///     branch element  position of the key behind the element (32), its length (32), page (64)
///     leaf element    flags (32): 1 bucket; position (32), length of the key (32), of the value behind it (32)
///     bucket          first page (64), sequence (64); without a first page, a page of its own follows
///     meta            on the first two pages, behind their heads: magic, version, page size, flags (32 each), bucket,
///                     free list (64), pages (64), transaction (64), FNV-1a of all before (64)
///
/// All little-endian. Pages are never written over by the transaction that frees them, so that what was read is true when the
/// newest transaction is the same afterwards as before.
struct BoltFile: ~Copyable {
  private let file: OpenFile
  private let meta: Meta

  /// What is wrong with a file, or has become wrong since it is being written.
  struct Malformed: Error {}

  /// A bucket: where its elements are.
  enum Bucket {
    case page(UInt64)
    case inline([UInt8])
  }

  private struct Meta: Equatable {
    var pageSize: Int
    var root: UInt64
    var transaction: UInt64
  }

  /// The most bytes of a page with those that belong to it; the deepest tree; the most pages of one bucket; how often a file
  /// is tried that is written to.
  private static let longestPage = 1 << 20
  private static let deepest = 24
  private static let mostPages = 500
  private static let tries = 4

  /// Looks something up in a file. `nil` when it is not there, is no such file, or is written all the time.
  static func read<Found>(_ path: String, _ body: (borrowing BoltFile) throws(Malformed) -> Found?) -> Found? {
    for _ in 0..<tries {
      do throws(Malformed) {
        let file = try BoltFile(path)
        let found = try body(file)
        if try file.currentMeta() == file.meta { return found }
      } catch {
        // Written in between, or no such file: then the next tries cost little.
        continue
      }
    }
    return nil
  }

  private init(_ path: String) throws(Malformed) {
    let opened = try OpenFile(path)
    meta = try BoltFile.newestMeta(opened)
    file = opened
  }

  /// The outermost bucket.
  var root: Bucket { .page(meta.root) }

  /// The bucket below another that a way of names leads to.
  func bucket(_ names: String...) throws(Malformed) -> Bucket? {
    var bucket = root
    for name in names {
      guard let next = try self.bucket(name, in: bucket) else { return nil }
      bucket = next
    }
    return bucket
  }

  /// A bucket in a bucket.
  func bucket(_ name: String, in bucket: Bucket) throws(Malformed) -> Bucket? {
    guard let (isBucket, value) = try find(Array(name.utf8), in: bucket), isBucket else { return nil }
    guard value.count >= 16 else { throw Malformed() }
    let first = Self.number(value, at: 0, bytes: 8)
    return first == 0 ? .inline(Array(value[16...])) : .page(first)
  }

  /// The value of a key in a bucket.
  func value(_ name: String, in bucket: Bucket) throws(Malformed) -> [UInt8]? {
    guard let (isBucket, value) = try find(Array(name.utf8), in: bucket), !isBucket else { return nil }
    return value
  }

  /// All keys of a bucket with their values, at most `limit` of them, without the buckets in it.
  func values(of bucket: Bucket, limit: Int) throws(Malformed) -> [(key: [UInt8], value: [UInt8])] {
    var found: [(key: [UInt8], value: [UInt8])] = []
    var open = [bucket]
    var pages = 0
    while let next = open.popLast(), found.count < limit {
      pages += 1
      // One that leads to itself would have no end.
      guard pages <= BoltFile.mostPages else { throw Malformed() }
      let page = try page(next)
      if page.isBranch {
        for index in (0..<page.count).reversed() { open.append(.page(try page.branch(index).page)) }
      } else {
        for index in 0..<page.count where found.count < limit {
          let leaf = try page.leaf(index)
          if !leaf.isBucket { found.append((leaf.key, leaf.value)) }
        }
      }
    }
    return found
  }

  private func find(_ key: [UInt8], in bucket: Bucket) throws(Malformed) -> (isBucket: Bool, value: [UInt8])? {
    var page = try page(bucket)
    for _ in 0..<BoltFile.deepest {
      if !page.isBranch {
        for index in 0..<page.count {
          let leaf = try page.leaf(index)
          if leaf.key == key { return (leaf.isBucket, leaf.value) }
        }
        return nil
      }
      // The last page whose first key is not behind the one that is looked for.
      var next: UInt64?
      for index in 0..<page.count {
        let branch = try page.branch(index)
        if next != nil, key.lexicographicallyPrecedes(branch.key) { break }
        next = branch.page
      }
      guard let next else { return nil }
      page = try self.page(.page(next))
    }
    throw Malformed()
  }

  private func page(_ bucket: Bucket) throws(Malformed) -> Page {
    switch bucket {
    case .inline(let bytes): return try Page(bytes)
    case .page(let id):
      guard id < UInt64(file.size) / UInt64(meta.pageSize) else { throw Malformed() }
      let offset = Int64(id) * Int64(meta.pageSize)
      let head = try file.bytes(at: offset, count: Page.headLength)
      let further = Int(Self.number(head, at: 12, bytes: 4))
      guard further < BoltFile.longestPage / meta.pageSize else { throw Malformed() }
      return try Page(file.bytes(at: offset, count: (further + 1) * meta.pageSize))
    }
  }

  private func currentMeta() throws(Malformed) -> Meta { try BoltFile.newestMeta(file) }

  private static func newestMeta(_ file: borrowing OpenFile) throws(Malformed) -> Meta {
    var newest: Meta?
    // Where the second one is, the first one says, or the usual sizes when it is torn.
    var offsets: [Int64] = [0, 4096, 16384, 65536]
    while let offset = offsets.first {
      offsets.removeFirst()
      guard offset + 80 <= file.size else { continue }
      let bytes = try file.bytes(at: offset + 16, count: 64)
      let pageSize = number(bytes, at: 8, bytes: 4)
      guard number(bytes, at: 0, bytes: 4) == 0xED0C_DAED, number(bytes, at: 4, bytes: 4) == 2,
        (512...65536).contains(pageSize), number(bytes, at: 56, bytes: 8) == checksum(bytes.prefix(56))
      else { continue }
      let meta = Meta(
        pageSize: Int(pageSize), root: number(bytes, at: 16, bytes: 8), transaction: number(bytes, at: 48, bytes: 8))
      if offset == 0 { offsets = [Int64(pageSize)] }
      if newest.map({ $0.transaction < meta.transaction }) ?? true { newest = meta }
    }
    guard let newest else { throw Malformed() }
    return newest
  }

  private static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  /// A number of up to eight bytes; the caller has seen that they are there.
  fileprivate static func number(_ bytes: [UInt8], at offset: Int, bytes count: Int) -> UInt64 {
    (0..<count).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64($1 * 8) }
  }
}

/// A file that is open for reading.
private struct OpenFile: ~Copyable {
  let descriptor: Int32
  let size: Int64

  init(_ path: String) throws(BoltFile.Malformed) {
    // A pipe in the place of a file would wait for a writer.
    let opened = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard opened >= 0 else { throw BoltFile.Malformed() }
    var status = stat()
    let isFile = fstat(opened, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    descriptor = opened
    size = isFile ? Int64(status.st_size) : 0
  }

  deinit { close(descriptor) }

  func bytes(at offset: Int64, count: Int) throws(BoltFile.Malformed) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    guard pread(descriptor, &bytes, count, Int(offset)) == count else { throw BoltFile.Malformed() }
    return bytes
  }
}

/// A page of a file, or that inside a bucket that has none.
private struct Page {
  static let headLength = 16
  let bytes: [UInt8]
  let count: Int
  let isBranch: Bool

  init(_ bytes: [UInt8]) throws(BoltFile.Malformed) {
    guard bytes.count >= Page.headLength else { throw BoltFile.Malformed() }
    let flags = BoltFile.number(bytes, at: 8, bytes: 2)
    guard flags == 1 || flags == 2 else { throw BoltFile.Malformed() }
    isBranch = flags == 1
    count = Int(BoltFile.number(bytes, at: 10, bytes: 2))
    guard Page.headLength + count * 16 <= bytes.count else { throw BoltFile.Malformed() }
    self.bytes = bytes
  }

  func branch(_ index: Int) throws(BoltFile.Malformed) -> (key: [UInt8], page: UInt64) {
    let element = Page.headLength + index * 16
    let position = element + Int(BoltFile.number(bytes, at: element, bytes: 4))
    let key = try part(position, Int(BoltFile.number(bytes, at: element + 4, bytes: 4)))
    return (key, BoltFile.number(bytes, at: element + 8, bytes: 8))
  }

  func leaf(_ index: Int) throws(BoltFile.Malformed) -> (isBucket: Bool, key: [UInt8], value: [UInt8]) {
    let element = Page.headLength + index * 16
    let position = element + Int(BoltFile.number(bytes, at: element + 4, bytes: 4))
    let keyLength = Int(BoltFile.number(bytes, at: element + 8, bytes: 4))
    let key = try part(position, keyLength)
    let value = try part(position + keyLength, Int(BoltFile.number(bytes, at: element + 12, bytes: 4)))
    return (BoltFile.number(bytes, at: element, bytes: 4) & 1 != 0, key, value)
  }

  private func part(_ position: Int, _ length: Int) throws(BoltFile.Malformed) -> [UInt8] {
    guard position <= bytes.count, length <= bytes.count - position else { throw BoltFile.Malformed() }
    return Array(bytes[position..<(position + length)])
  }
}
