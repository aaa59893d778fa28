import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A file or pipe that is only ever appended to.
public struct OutputFile: ~Copyable {
  /// What errors call it.
  public let path: String
  private let descriptor: FileDescriptor
  private let isOwned: Bool
  /// How many bytes were appended.
  public private(set) var bytesWritten: UInt64 = 0

  /// Makes the file, readable by its owner only; `-` is standard output.
  ///
  /// - Throws: `CaptureError` of kind `refused`, also when the file exists and may not be replaced.
  public init(path: String, replaceExisting: Bool, owner: FileOwner? = nil) throws(CaptureError) {
    self.path = path == "-" ? "standard output" : path
    if path == "-" {
      descriptor = .standardOutput
      isOwned = false
      return
    }
    let opened: FileDescriptor
    do {
      // O_TRUNC only once O_EXCL has failed and the caller allows it: an existing file is never touched by accident.
      opened = try FileDescriptor.open(
        FilePath(path), .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec],
        permissions: [.ownerRead, .ownerWrite])
    } catch let error as Errno where error == .fileExists && (replaceExisting || !OutputFile.isRegular(path)) {
      // A device or a named pipe holds nothing that could be lost.
      opened = try OutputFile.reopen(path)
    } catch {
      throw OutputFile.failure(opening: path, error)
    }
    if let owner, let error = OutputFile.give(opened, to: owner) {
      _ = Glibc.close(opened.rawValue)
      throw CaptureError(.refused, "cannot be given to user \(owner.user): \(error)", path: path)
    }
    descriptor = opened
    isOwned = true
  }

  /// Changes the owner of a regular file; devices and pipes keep theirs.
  private static func give(_ descriptor: FileDescriptor, to owner: FileOwner) -> Errno? {
    var status = stat()
    guard fstat(descriptor.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      fchown(descriptor.rawValue, owner.user, owner.group) != 0
    else { return nil }
    return Errno(rawValue: errno)
  }

  private static func isRegular(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  private static func reopen(_ path: String) throws(CaptureError) -> FileDescriptor {
    do {
      let descriptor = try FileDescriptor.open(
        FilePath(path), .writeOnly, options: [.truncate, .create, .closeOnExec],
        permissions: [.ownerRead, .ownerWrite])
      // What was readable by others before must not make a capture readable. Devices and pipes keep their mode.
      var status = stat()
      if fstat(descriptor.rawValue, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
        _ = fchmod(descriptor.rawValue, 0o600)
      }
      return descriptor
    } catch {
      throw failure(opening: path, error)
    }
  }

  deinit {
    // Errors of a close that nobody waits for have nobody to go to; `close` reports them.
    if isOwned { _ = Glibc.close(descriptor.rawValue) }
  }

  /// Appends all bytes, however many writes that takes.
  public mutating func write(_ bytes: [UInt8]) throws(CaptureError) {
    var offset = 0
    while offset < bytes.count {
      let written = bytes.withUnsafeBytes { bytes in
        Glibc.write(descriptor.rawValue, bytes.baseAddress?.advanced(by: offset), bytes.count - offset)
      }
      if written < 0 {
        let error = Errno(rawValue: errno)
        if error == .interrupted { continue }
        if error == .resourceTemporarilyUnavailable {
          waitUntilWritable()
          continue
        }
        throw failure(writing: error)
      }
      offset += written
      bytesWritten += UInt64(written)
    }
  }

  /// Takes back what was written behind a place, where that is possible: a frame of which only a part could be written.
  ///
  /// A pipe keeps what it got, and what cannot be taken back does no harm: readers skip it.
  mutating func cutBack(to length: UInt64) {
    guard isOwned, bytesWritten > length, ftruncate(descriptor.rawValue, off_t(length)) == 0,
      lseek(descriptor.rawValue, off_t(length), SEEK_SET) >= 0
    else { return }
    bytesWritten = length
  }

  /// Hands what was written to the disk, where that is possible.
  public func synchronize() throws(CaptureError) {
    if fsync(descriptor.rawValue) == 0 { return }
    let error = Errno(rawValue: errno)
    // Pipes and devices cannot, and need not.
    if error == .invalidArgument || error == .notSupported || error == .readOnlyFileSystem { return }
    throw failure(writing: error)
  }

  /// A pipe that somebody set to non-blocking is waited for.
  private func waitUntilWritable() {
    var poll = pollfd(fd: descriptor.rawValue, events: Int16(POLLOUT), revents: 0)
    _ = Glibc.poll(&poll, 1, 1000)
  }

  private static func failure(opening path: String, _ error: any Error) -> CaptureError {
    let code = (error as? Errno) ?? .ioError
    switch code {
    case .fileExists:
      return CaptureError(
        .refused, "the file exists", path: path, remedy: "choose another name or replace it with --force")
    case .noSuchFileOrDirectory:
      return CaptureError(.refused, "the directory does not exist", path: path, remedy: "make it first")
    case .permissionDenied, .notPermitted:
      return CaptureError(
        .refused, "no permission to make the file", path: path, remedy: "choose a directory that you may write to")
    case .isDirectory:
      return CaptureError(.refused, "this is a directory", path: path, remedy: "name a file in it")
    default:
      return CaptureError(.refused, "cannot be made: \(code)", path: path)
    }
  }

  private func failure(writing error: Errno) -> CaptureError {
    let remedy: String?
    let what: String
    switch error {
    case .noSpace:
      what = "the disk is full"
      remedy = "free some space; what was written before is readable"
    case .brokenPipe:
      what = "the reader of the pipe has gone"
      remedy = nil
    case .fileTooLarge:
      what = "the file is larger than the system allows"
      remedy = "use --max-size or --rotate-size; what was written before is readable"
    default:
      what = "writing failed: \(error)"
      remedy = "what was written before is readable"
    }
    return CaptureError(.failed, what, path: path, offset: bytesWritten, remedy: remedy)
  }
}
