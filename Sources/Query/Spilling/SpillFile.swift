import CaptureFile

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A temporary file of what does not fit into memory, in `$TMPDIR`, else `/var/tmp`.
///
/// Readable by its owner only, and without a name as soon as it is made: whatever ends the program, nothing stays behind. Records
/// are appended and read back in runs:
///
///     length  4 bytes   little endian, of what follows
///     bytes   length
///
/// A class, because the readers of several runs share the descriptor; one a file.
final class SpillFile: Sendable {
  /// Where records stand that were written one behind the other.
  struct Run: Sendable, Hashable {
    var start: Int
    var end: Int
  }

  private let descriptor: Int32
  /// What errors call it.
  private static let name = "results that do not fit into memory"

  /// Makes the file.
  convenience init() throws(CaptureError) {
    self.init(owning: try CaptureInput.temporaryDescriptor(for: SpillFile.name))
  }

  /// Takes over a file that is open.
  init(owning descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// An error about the file.
  static func failure(_ what: String) -> CaptureError {
    CaptureError(
      .failed, "a temporary file \(what)", path: SpillFile.name,
      remedy: "set TMPDIR to a directory with space")
  }

  /// Writes all of some bytes at a place.
  func write(_ bytes: UnsafeRawBufferPointer, at place: Int) throws(CaptureError) {
    var done = 0
    while done < bytes.count {
      let written = pwrite(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, off_t(place + done))
      if written < 0, errno == EINTR { continue }
      guard written > 0 else {
        throw SpillFile.failure("cannot be written: \(String(cString: strerror(errno)))")
      }
      done += written
    }
  }

  /// Reads all of some bytes from a place.
  func read(into bytes: UnsafeMutableRawBufferPointer, at place: Int) throws(CaptureError) {
    var done = 0
    while done < bytes.count {
      let count = pread(descriptor, bytes.baseAddress?.advanced(by: done), bytes.count - done, off_t(place + done))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let reason = count == 0 ? "it is too short" : String(cString: strerror(errno))
        throw SpillFile.failure("cannot be read: \(reason)")
      }
      done += count
    }
  }
}

/// Appends a run of records to a file.
struct SpillWriter: ~Copyable {
  private let file: SpillFile
  private let start: Int
  private var written: Int
  private var buffer: [UInt8] = []

  private static let bufferSize = 256 << 10

  /// - Parameter place: behind what was written before.
  init(_ file: SpillFile, at place: Int) {
    self.file = file
    start = place
    written = place
    buffer.reserveCapacity(SpillWriter.bufferSize + 4096)
  }

  /// Appends a record, whose bytes somebody appends.
  mutating func append(_ body: (inout [UInt8]) -> Void) throws(CaptureError) {
    let head = buffer.count
    buffer.append(contentsOf: [0, 0, 0, 0])
    body(&buffer)
    let length = UInt32(buffer.count - head - 4).littleEndian
    buffer.withUnsafeMutableBytes { $0.storeBytes(of: length, toByteOffset: head, as: UInt32.self) }
    if buffer.count >= SpillWriter.bufferSize { try flush() }
  }

  private mutating func flush() throws(CaptureError) {
    let (file, place) = (file, written)
    let result = buffer.withUnsafeBytes { bytes in
      Result<Void, CaptureError> { () throws(CaptureError) in try file.write(bytes, at: place) }
    }
    try result.get()
    written += buffer.count
    buffer.removeAll(keepingCapacity: true)
  }

  /// Writes what waits.
  /// - Returns: where the records stand.
  consuming func finish() throws(CaptureError) -> SpillFile.Run {
    try flush()
    return SpillFile.Run(start: start, end: written)
  }
}

/// Reads the records of a run, one after the other.
struct SpillReader: Sendable {
  private let file: SpillFile
  /// Where the bytes behind the buffer begin.
  private var place: Int
  private let end: Int
  private var buffer: [UInt8] = []
  private var used = 0
  private let bufferSize: Int

  init(_ file: SpillFile, _ run: SpillFile.Run, bufferSize: Int) {
    self.file = file
    place = run.start
    end = run.end
    self.bufferSize = bufferSize
  }

  /// Reads a record; `nil` behind the last.
  mutating func next<Value>(_ body: (UnsafeRawBufferPointer) -> Value) throws(CaptureError) -> Value? {
    if used == buffer.count, place == end { return nil }
    try fill(4)
    let length = buffer.withUnsafeBytes {
      Int(UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: used, as: UInt32.self)))
    }
    used += 4
    try fill(length)
    defer { used += length }
    return buffer.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[used..<used + length])) }
  }

  /// Sees to it that so many bytes that were not used are in the buffer.
  private mutating func fill(_ count: Int) throws(CaptureError) {
    if buffer.count - used >= count { return }
    buffer.removeFirst(used)
    used = 0
    let more = min(max(bufferSize, count) - buffer.count, end - place)
    guard buffer.count + more >= count else {
      throw SpillFile.failure("cannot be read: a record is cut off")
    }
    let (file, from, held) = (file, place, buffer.count)
    buffer.append(contentsOf: repeatElement(0, count: more))
    let result = buffer.withUnsafeMutableBytes { bytes in
      Result<Void, CaptureError> { () throws(CaptureError) in
        try file.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[held...]), at: from)
      }
    }
    try result.get()
    place += more
  }
}
