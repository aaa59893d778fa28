import EventBatch
import Probe

// What kind of thing an inode is, and what it is called when it has no path.

private let anonymousInodes: UInt32 = 0x0904_1934
private let pidFilesystem: UInt32 = 0x5049_4446

extension ObjectKind {
  init(_ object: reel_object, name: UnsafeRawBufferPointer) {
    if object.family != 0 {
      self =
        switch object.family {
        case SocketAddress.unixFamily: .unixSocket
        case SocketAddress.ipv4Family: .ipv4Socket
        case SocketAddress.ipv6Family: .ipv6Socket
        case 16: .netlinkSocket
        case 17: .packetSocket
        default: .otherSocket
        }
      return
    }
    if object.filesystem == anonymousInodes {
      self = ObjectKind.anonymousKind(PathText.single(name))
      return
    }
    if object.filesystem == pidFilesystem {
      self = .pidfd
      return
    }
    switch object.mode & 0o170000 {
    case 0o100000: self = name.starts(with: "memfd:".utf8) ? .memfd : .file
    case 0o040000: self = .directory
    case 0o020000: self = .characterDevice
    case 0o060000: self = .blockDevice
    case 0o010000: self = .pipe
    case 0o120000: self = .symbolicLink
    case 0o140000: self = .otherSocket
    default: self = .unknown
    }
  }

  private static func anonymousKind(_ name: ArraySlice<UInt8>) -> ObjectKind {
    let kinds: [(String, ObjectKind)] = [
      ("[eventfd]", .eventfd), ("[eventpoll]", .epoll), ("[timerfd]", .timerfd), ("[signalfd]", .signalfd),
      ("inotify", .inotify), ("[pidfd]", .pidfd), ("bpf", .bpf), ("[bpf", .bpf), ("[io_uring]", .ioUring),
      ("[userfaultfd]", .userfaultfd), ("[fanotify]", .inotify),
    ]
    return kinds.first { name.starts(with: $0.0.utf8) }?.1 ?? .anonymous
  }

  /// Whether things of this kind stand in a directory.
  var hasPath: Bool {
    switch self {
    case .file, .directory, .characterDevice, .blockDevice, .symbolicLink, .unknown: true
    default: false
    }
  }

  /// The name as `/proc/PID/fd` shows it, without remarks such as `(deleted)`.
  func label(of object: reel_object, _ name: UnsafeRawBufferPointer) -> [UInt8] {
    switch self {
    case .pipe:
      // A named pipe has a path; one without a name has an empty component.
      if let first = name.first, first != 0 { return PathText.absolute(leafFirst: name) }
      return Array("pipe:[\(object.inode)]".utf8)
    case .pidfd:
      // The file system that they are on since Linux 6.9 gives them no name.
      return Array("anon_inode:[pidfd]".utf8)
    case .memfd:
      return [UInt8(ascii: "/")] + PathText.single(name)
    default:
      if hasPath { return PathText.absolute(leafFirst: name) }
      return Array("anon_inode:".utf8) + PathText.single(name)
    }
  }
}
