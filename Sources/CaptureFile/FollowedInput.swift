import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The bytes of a file that grows, or of a pipe, from front to back.
struct FollowedInput: ~Copyable {
  /// What asking for more bytes gave.
  enum Outcome {
    case some, nothingYet
    /// The other end of the pipe was closed, or the file was removed.
    case end
  }

  /// Whether this is a file and not a pipe.
  let isRegular: Bool
  /// Where the bytes begin that were not yet skipped.
  private(set) var offset: UInt64 = 0
  private let path: String
  private let descriptor: Int32
  private let isOwned: Bool
  private var buffer: [UInt8] = []
  private var start = 0
  private var wanted = FollowedInput.readBytes

  private static let readBytes = 1 << 20

  init(_ path: String) throws(CaptureError) {
    let opened = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    if opened < 0 {
      let what =
        switch errno {
        case ENOENT: "there is no such file"
        case EACCES, EPERM: "no permission to read it"
        default: "cannot be opened: \(Errno(rawValue: errno))"
        }
      throw CaptureError(.refused, what, path: path)
    }
    var status = stat()
    let mode = fstat(opened, &status) == 0 ? status.st_mode & S_IFMT : 0
    if mode == S_IFDIR {
      close(opened)
      throw CaptureError(.refused, "this is a directory", path: path, remedy: "name a .reel file")
    }
    self.path = path == "-" ? "standard input" : path
    descriptor = opened
    isOwned = path != "-"
    isRegular = mode == S_IFREG
  }

  deinit { if isOwned { close(descriptor) } }

  /// The bytes that are there.
  var available: Int { buffer.count - start }

  /// Lends the bytes that are there.
  func withBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
    buffer.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start...])) }
  }

  /// Goes on behind some bytes.
  mutating func skip(_ count: Int) {
    start += count
    offset += UInt64(count)
  }

  /// Says how many bytes are needed.
  mutating func want(_ count: Int) { wanted = max(count, FollowedInput.readBytes) }

  /// Reads what is there, up to what is wanted. Waits up to 200 ms for a pipe.
  mutating func fetch() throws(CaptureError) -> Outcome {
    // What a writer could not write whole it takes back, and writes something else in its place: bytes of a file that
    // are no whole frame yet are read again.
    let known = available
    buffer.removeFirst(isRegular ? buffer.count : start)
    start = 0
    if !isRegular {
      var ready = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      if poll(&ready, 1, 200) == 0 { return .nothingYet }
    }
    let before = buffer.count
    let room = max(wanted - before, 1)
    var failed: Int32 = 0
    let more = [UInt8](unsafeUninitializedCapacity: room) { target, count in
      let got =
        isRegular
        ? pread(descriptor, target.baseAddress, room, off_t(offset)) : read(descriptor, target.baseAddress, room)
      failed = got < 0 ? errno : 0
      count = max(got, 0)
    }
    buffer += more
    if failed == EINTR || failed == EAGAIN { return .nothingYet }
    if failed != 0 {
      throw CaptureError(.failed, "reading failed: \(Errno(rawValue: failed))", path: path, offset: offset)
    }
    if buffer.count > known { return .some }
    return isRegular && !isRemoved ? .nothingYet : .end
  }

  private var isRemoved: Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_nlink == 0
  }
}
