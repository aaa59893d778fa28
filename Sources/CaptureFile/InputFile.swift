import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A capture that is read by position, from several threads at once: a file, or a part of one.
final class InputFile: Sendable {
  /// What errors call it.
  let path: String
  let size: UInt64
  private let opened: OpenedFile
  /// Where in the opened file this one begins.
  private let start: UInt64

  private var descriptor: FileDescriptor { opened.descriptor }

  /// Closes the file once no part of it is in use.
  private final class OpenedFile: Sendable {
    let descriptor: FileDescriptor
    init(_ descriptor: FileDescriptor) { self.descriptor = descriptor }
    deinit { _ = Glibc.close(descriptor.rawValue) }
  }

  /// Opens a file; `-` is standard input, which is copied to a file without a name when it is a pipe.
  init(path: String) throws(CaptureError) {
    self.path = path == "-" ? "standard input" : path
    let (descriptor, size) = try path == "-" ? InputFile.standardInput() : InputFile.open(path)
    opened = OpenedFile(descriptor)
    self.size = size
    start = 0
  }

  /// A file that is open already: closed once no part of it is in use.
  /// - Parameter name: what errors call it.
  init(descriptor: FileDescriptor, name: String) throws(CaptureError) {
    opened = OpenedFile(descriptor)
    var status = stat()
    guard fstat(descriptor.rawValue, &status) == 0 else {
      throw CaptureError(.failed, "cannot be examined: \(Errno(rawValue: errno))", path: name)
    }
    path = name
    size = UInt64(clamping: status.st_size)
    start = 0
  }

  /// The file's descriptor, for who reads it from front to back.
  var rawDescriptor: Int32 { descriptor.rawValue }

  /// A part of a file; positions count from its start.
  /// - Parameter name: what errors call it; `nil` for the same as the whole.
  init(_ whole: InputFile, _ range: Range<UInt64>, name: String? = nil) {
    path = name ?? whole.path
    opened = whole.opened
    start = whole.start + range.lowerBound
    size = range.upperBound - range.lowerBound
  }

  private static func open(_ path: String) throws(CaptureError) -> (FileDescriptor, UInt64) {
    let descriptor: FileDescriptor
    do {
      descriptor = try FileDescriptor.open(FilePath(path), .readOnly, options: [.closeOnExec])
    } catch let error as Errno {
      throw CaptureError(.refused, text(opening: error), path: path)
    } catch {
      throw CaptureError(.refused, "cannot be opened", path: path)
    }
    var status = stat()
    guard fstat(descriptor.rawValue, &status) == 0 else {
      let error = Errno(rawValue: errno)
      _ = Glibc.close(descriptor.rawValue)
      throw CaptureError(.refused, "cannot be examined: \(error)", path: path)
    }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return (descriptor, UInt64(status.st_size))
    case S_IFIFO, S_IFSOCK:
      defer { _ = Glibc.close(descriptor.rawValue) }
      return try spool(descriptor, path: path)
    default:
      _ = Glibc.close(descriptor.rawValue)
      throw CaptureError(.refused, "this is not a capture file", path: path, remedy: "name a .reel file")
    }
  }

  /// Whether a path leads to this file.
  func isSame(as path: String) -> Bool {
    var (mine, other) = (stat(), stat())
    return fstat(descriptor.rawValue, &mine) == 0 && stat(path, &other) == 0
      && mine.st_dev == other.st_dev && mine.st_ino == other.st_ino
  }

  /// Fills the room given from a position, as far as the file goes.
  /// - Returns: how many bytes there were.
  func read(at offset: UInt64, into target: UnsafeMutableRawBufferPointer) throws(CaptureError) -> Int {
    var filled = 0
    guard offset < size else { return 0 }
    let wanted = Int(min(UInt64(target.count), size - offset))
    while filled < wanted {
      let count = pread(
        descriptor.rawValue, target.baseAddress?.advanced(by: filled), wanted - filled,
        off_t(start + offset) + off_t(filled))
      if count == 0 { break }
      if count < 0 {
        if errno == EINTR { continue }
        let error = Errno(rawValue: errno)
        throw CaptureError(.failed, "reading failed: \(error)", path: path, offset: offset + UInt64(filled))
      }
      filled += count
    }
    return filled
  }

  /// Some bytes from a position; fewer at the end of the file.
  func bytes(at offset: UInt64, count: Int) throws(CaptureError) -> [UInt8] {
    var failure: CaptureError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { target, filled in
      do throws(CaptureError) {
        filled = try read(
          at: offset, into: UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[..<count]))
      } catch {
        failure = error
        filled = 0
      }
    }
    if let failure { throw failure }
    return bytes
  }

  private static func text(opening error: Errno) -> String {
    switch error {
    case .noSuchFileOrDirectory: "there is no such file"
    case .permissionDenied, .notPermitted: "no permission to read it"
    default: "cannot be opened: \(error)"
    }
  }

  private static func standardInput() throws(CaptureError) -> (FileDescriptor, UInt64) {
    var status = stat()
    if fstat(STDIN_FILENO, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
      let copy = dup(STDIN_FILENO)
      if copy >= 0 { return (FileDescriptor(rawValue: copy), UInt64(status.st_size)) }
    }
    return try spool(.standardInput, path: "standard input")
  }

  /// Copies a stream to a file that has no name and goes when it is closed: memory stays bounded.
  private static func spool(_ source: FileDescriptor, path: String) throws(CaptureError) -> (FileDescriptor, UInt64) {
    let spool = try temporaryFile(path)
    var size: UInt64 = 0
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { buffer.deallocate() }
    do {
      while true {
        let count = try source.read(into: buffer)
        if count == 0 { return (spool, size) }
        try spool.writeAll(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        size += UInt64(count)
      }
    } catch {
      _ = Glibc.close(spool.rawValue)
      throw CaptureError(
        .failed, "copying the stream to a temporary file failed: \(error)", path: path, offset: size,
        remedy: "set TMPDIR to a directory with space, or save the stream and name the file")
    }
  }

  static func temporaryFile(_ path: String) throws(CaptureError) -> FileDescriptor {
    let directory = getenv("TMPDIR").map { String(cString: $0) } ?? "/var/tmp"
    var template = Array("\(directory)/reel-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    if descriptor >= 0 {
      _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
      // Nobody else needs to find it, and it goes when it is closed.
      _ = unlink(template)
      return FileDescriptor(rawValue: descriptor)
    }
    throw CaptureError(
      .failed, "no temporary file can be made in \(directory): \(Errno(rawValue: errno))", path: path,
      remedy: "set TMPDIR to a directory with space")
  }
}
