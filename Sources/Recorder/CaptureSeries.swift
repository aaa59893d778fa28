import CaptureFile
import CaptureFormat
import EventSchema

#if canImport(Glibc)
import Glibc
#endif

/// The files of one recording: `boot.reel`, then `boot_0001.reel`, `boot_0002.reel` and so on. Each is a capture by itself;
/// they share the session id and count the file index. Sorted by the bytes of their names they are in order.
struct CaptureSeries: Sendable {
  private let first: String
  private let header: CaptureHeader
  private let options: WriterOptions
  /// How many files stay; `nil` for all.
  private let keep: Int?
  private var number = 0
  private var fileIndex: UInt32 = 0
  /// The files that are there, the oldest first.
  private(set) var files: [MadeFile] = []

  /// A file that this recording made, and which it was: nothing else of that name is ever deleted.
  struct MadeFile: Sendable {
    let path: String
    fileprivate let identity: FileIdentity?
  }

  /// - Parameter header: of the first file; the others get an id, an index and a start of their own.
  init(path: String, header: CaptureHeader, options: WriterOptions, keep: Int? = nil) {
    first = path
    self.header = header
    self.options = options
    self.keep = keep
  }

  /// Where the newest file is.
  var path: String { files.last?.path ?? first }

  /// Makes the next file.
  /// - Parameter started: where its range of time begins; `nil` for the start of the recording.
  mutating func makeNext(started: Int64? = nil) throws(CaptureError) -> CaptureWriter {
    var next = header
    next.fileIndex = fileIndex
    if fileIndex > 0 {
      next.fileID = CaptureHeader.randomID()
      // A number that something else has taken is passed over: an existing file is never touched unasked.
      repeat { number += 1 } while !options.replaceExisting && FileIdentity(path(number)) != nil
    }
    if let started { next.started = started }
    let path = path(number)
    let writer = try CaptureWriter(path: path, header: next, schema: .builtIn, options: options)
    fileIndex += 1
    files.append(MadeFile(path: path, identity: FileIdentity(path)))
    return writer
  }

  /// Deletes the oldest files that are too many. A file that is somebody else's by now stays.
  mutating func deleteOldest() throws(CaptureError) {
    guard let keep else { return }
    while files.count > max(keep, 1) {
      let oldest = files.removeFirst()
      guard let identity = oldest.identity, identity == FileIdentity(oldest.path) else { continue }
      guard unlink(oldest.path) == 0 || errno == ENOENT else {
        throw CaptureError(
          .failed, "the oldest file cannot be deleted: \(String(cString: strerror(errno)))", path: oldest.path)
      }
    }
  }

  private func path(_ number: Int) -> String { CaptureSeries.path(first, number) }

  /// The name of a file of a series: the number stands before the extension.
  static func path(_ first: String, _ number: Int) -> String {
    if number == 0 { return first }
    let digits = String(number)
    let suffix = "_" + String(repeating: "0", count: max(4 - digits.count, 0)) + digits
    let name = first[(first.lastIndex(of: "/").map { first.index(after: $0) } ?? first.startIndex)...]
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return first + suffix }
    return first[..<dot] + suffix + first[dot...]
  }
}

/// Which file of the machine a name stands for.
private struct FileIdentity: Equatable {
  private let device: dev_t
  private let inode: ino_t

  /// `nil` when nothing has that name.
  init?(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    device = status.st_dev
    inode = status.st_ino
  }
}
