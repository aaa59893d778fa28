import CChecksum

#if canImport(Glibc)
import Glibc
#endif

/// Notices of one channel that wait on disk, in order, through restarts.
///
/// A directory of segments, named by their number in twenty digits. A segment is records one after the other:
///
///     4 bytes  length, little-endian
///     4 bytes  CRC-32C of what follows
///     bytes    the notice
///
/// A record that does not fit together ends its segment: it was being written when the machine or the guard ended. The file `position`
/// holds the number of the first segment that counts and where in it the next record begins, in text. A segment whose records are all
/// taken is removed. Who starts writes into a new one.
struct Spool: ~Copyable {
  /// Why there is no spool: in words.
  struct Unusable: Error {
    let what: String
  }

  private let directory: String
  private let limit: UInt64
  /// Owned; holds the lock of the directory.
  private let lock: Int32
  private var writer: Int32 = -1
  private var segments: [(number: UInt64, bytes: UInt64)] = []
  /// Where the next record begins in the first segment.
  private var position: UInt64 = 0
  /// How many records wait.
  private(set) var count = 0
  /// Records that were read ahead: from `position` on, with their lengths.
  private var ahead: [(notice: Notice?, length: UInt64)] = []

  private static let segmentSize: UInt64 = 1 << 20
  private static let recordLimit = 4 << 20

  /// Bytes on disk.
  var bytes: UInt64 { segments.reduce(0) { $0 + $1.bytes } - min(position, segments.first?.bytes ?? 0) }

  /// Opens a directory, or makes it.
  init(_ directory: String, limit: UInt64) throws(Unusable) {
    let lock = try Spool.claim(directory)
    self.lock = lock
    self.directory = directory
    self.limit = limit
    load()
  }

  deinit {
    if writer >= 0 { close(writer) }
    close(lock)
  }

  /// Makes the directory, and sees to it that no other process uses it.
  /// - Returns: a descriptor that holds the lock.
  private static func claim(_ directory: String) throws(Unusable) -> Int32 {
    try make(directory)
    let lock = open(directory + "/lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard lock >= 0 else { throw unusable("\(directory)/lock") }
    if flock(lock, LOCK_EX | LOCK_NB) != 0 {
      close(lock)
      throw Unusable(what: "\(directory) is used by another process")
    }
    return lock
  }

  private static func make(_ directory: String) throws(Unusable) {
    // Folders above it have the same rights: what waits there may be secret.
    var path = ""
    for part in directory.split(separator: "/", omittingEmptySubsequences: false) {
      path += part + "/"
      if path == "/" || part.isEmpty { continue }
      if mkdir(path, 0o700) != 0, errno != EEXIST { throw unusable(path) }
    }
    var status = stat()
    guard stat(directory, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { throw unusable(directory) }
  }

  private static func unusable(_ path: String) -> Unusable {
    Unusable(what: "\(path): \(String(cString: strerror(errno)))")
  }

  private func path(_ number: UInt64) -> String {
    let digits = String(number)
    return directory + "/" + String(repeating: "0", count: 20 - digits.utf8.count) + digits
  }

  // MARK: Reading what is there

  private mutating func load() {
    var numbers: [UInt64] = []
    if let folder = opendir(directory) {
      while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        if name.utf8.count == 20, let number = UInt64(name) { numbers.append(number) }
      }
      closedir(folder)
    }
    numbers.sort()
    let words = String(decoding: Spool.content(directory + "/position", limit: 64) ?? [], as: UTF8.self).split {
      $0 == " " || $0 == "\n"
    }
    let first = words.count == 2 ? UInt64(words[0]) ?? 0 : 0
    let offset = words.count == 2 ? UInt64(words[1]) ?? 0 : 0
    for number in numbers {
      if number < first {
        unlink(path(number))
        continue
      }
      // What is behind the last record that fits together was never finished.
      let content = Spool.content(path(number), limit: Int(Spool.segmentSize) + Spool.recordLimit) ?? []
      let start = number == first ? min(offset, UInt64(content.count)) : 0
      let records = Spool.records(content, from: Int(start))
      let end = start + records.reduce(0) { $0 + $1.length }
      if records.isEmpty {
        unlink(path(number))
        continue
      }
      if segments.isEmpty { position = start }
      segments.append((number, end))
      count += records.count
    }
  }

  private static func content(_ path: String, limit: Int) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 64 << 10)
    while bytes.count < limit {
      let count = read(descriptor, &part, part.count)
      if count < 0, errno == EINTR { continue }
      if count <= 0 { break }
      bytes += part[..<count]
    }
    return bytes
  }

  /// The records from an offset on, up to the first that does not fit together.
  private static func records(_ content: [UInt8], from offset: Int) -> [(notice: Notice?, length: UInt64)] {
    var records: [(notice: Notice?, length: UInt64)] = []
    var position = offset
    func number(_ at: Int) -> UInt32 { content[at..<at + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) } }
    while content.count - position >= 8 {
      let length = Int(number(position))
      guard length <= recordLimit, content.count - position - 8 >= length else { break }
      let body = Array(content[position + 8..<position + 8 + length])
      guard checksum(body) == number(position + 4) else { break }
      // One of a later version is passed over.
      records.append((NoticeCoding.decode(body), UInt64(8 + length)))
      position += 8 + length
    }
    return records
  }

  private static func checksum(_ bytes: [UInt8]) -> UInt32 {
    bytes.withUnsafeBufferPointer { reel_crc32c(0, $0.baseAddress, $0.count) }
  }

  // MARK: Writing

  /// What became of notices that were to be stored.
  struct Stored {
    /// How many of them, from the first on.
    var count = 0
    /// Why not all; `nil` when all are.
    var reason: String?
  }

  /// Appends notices.
  mutating func append(_ notices: [Notice]) -> Stored {
    var stored = Stored()
    for notice in notices {
      let body = NoticeCoding.encode(notice)
      let size = UInt64(8 + body.count)
      guard body.count <= Spool.recordLimit, bytes + size <= limit else {
        stored.reason = "the spool is full"
        return stored
      }
      if let reason = write(body) {
        stored.reason = reason
        return stored
      }
      stored.count += 1
      count += 1
    }
    return stored
  }

  private mutating func write(_ body: [UInt8]) -> String? {
    if writer < 0 || (segments.last?.bytes ?? 0) >= Spool.segmentSize {
      if writer >= 0 { close(writer) }
      let number = (segments.last?.number ?? UInt64(Moment.ofDay / 1_000_000)) + 1
      writer = open(path(number), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
      if writer < 0 { return "\(path(number)): \(String(cString: strerror(errno)))" }
      segments.append((number, 0))
    }
    var record: [UInt8] = []
    withUnsafeBytes(of: UInt32(body.count).littleEndian) { record += $0 }
    withUnsafeBytes(of: Spool.checksum(body).littleEndian) { record += $0 }
    record += body
    var offset = 0
    while offset < record.count {
      let written = record.withUnsafeBytes {
        Glibc.write(writer, $0.baseAddress?.advanced(by: offset), $0.count - offset)
      }
      if written < 0, errno == EINTR { continue }
      if written <= 0 {
        let reason = "\(directory): \(String(cString: strerror(errno)))"
        // A part of a record would end its segment for those behind it.
        if ftruncate(writer, off_t(segments[segments.count - 1].bytes)) != 0 {
          close(writer)
          writer = -1
        }
        return reason
      }
      offset += written
    }
    segments[segments.count - 1].bytes += UInt64(record.count)
    return nil
  }

  // MARK: Taking

  /// The first notices, up to so many; those that cannot be read any more are passed over.
  mutating func first(_ most: Int) -> [Notice] {
    while true {
      if ahead.isEmpty { readAhead() }
      while let record = ahead.first, record.notice == nil { remove(1) }
      if ahead.isEmpty, count > 0, !segments.isEmpty { continue }
      break
    }
    return ahead.prefix(most).prefix { $0.notice != nil }.compactMap(\.notice)
  }

  private mutating func readAhead() {
    while let segment = segments.first {
      let content = Spool.content(path(segment.number), limit: Int(segment.bytes)) ?? []
      ahead = Spool.records(content, from: Int(min(position, UInt64(content.count))))
      if !ahead.isEmpty { return }
      // Somebody removed or changed it: what it held is gone.
      forgetFirstSegment()
    }
    count = 0
  }

  private mutating func forgetFirstSegment() {
    let segment = segments.removeFirst()
    unlink(path(segment.number))
    if segments.isEmpty, writer >= 0 {
      close(writer)
      writer = -1
    }
    position = 0
  }

  /// Forgets the first notices, which were taken.
  mutating func remove(_ taken: Int) {
    for _ in 0..<min(taken, ahead.count) {
      position += ahead.removeFirst().length
      count = max(count - 1, 0)
      if let segment = segments.first, position >= segment.bytes {
        forgetFirstSegment()
        ahead = []
      }
    }
    notePosition()
  }

  /// Where to go on after a restart. A crash right before repeats what was taken last; it never leaves anything out.
  private func notePosition() {
    let text = "\(segments.first?.number ?? 0) \(position)\n"
    let path = directory + "/position"
    let descriptor = open(path + ".new", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { return }
    let isWritten =
      Array(text.utf8).withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) } == text.utf8.count
    close(descriptor)
    if isWritten { rename(path + ".new", path) }
  }

  /// Has what was written reach the disk.
  func synchronize() { if writer >= 0 { fdatasync(writer) } }
}
