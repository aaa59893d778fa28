import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// Tells when control groups are made and removed, through the kernel's notices of directories (inotify).
final class GroupNotices: Sendable {
  /// Becomes readable when there is something to take.
  let descriptor: Int32
  private let folders = Mutex<[Int32: String]>([:])

  /// What happened to a directory.
  enum Notice: Hashable {
    case made(String)
    case removed(String)
    /// So much happened that some of it is unknown.
    case overflow
  }

  /// `nil` where the kernel refuses.
  init?() {
    descriptor = inotify_init1(Int32(IN_CLOEXEC) | Int32(IN_NONBLOCK))
    if descriptor < 0 { return nil }
  }

  deinit { close(descriptor) }

  /// Watches the groups in a group.
  func watch(_ path: String) {
    let mask = UInt32(IN_CREATE) | UInt32(IN_DELETE) | UInt32(IN_ONLYDIR)
    let watch = inotify_add_watch(descriptor, path, mask)
    if watch >= 0 { folders.withLock { $0[watch] = path } }
  }

  /// What happened since the last call.
  func take() -> [Notice] { folders.withLock { take(&$0) } }

  private func take(_ folders: inout [Int32: String]) -> [Notice] {
    var notices: [Notice] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      if count <= 0 { return notices }
      // Each: watch, mask, cookie, length of the name (32 bits each), then the name filled up with zeros.
      var offset = 0
      buffer.withUnsafeBytes { bytes in
        while offset + 16 <= count {
          let watch = bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self)
          let mask = bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self)
          let length = Int(bytes.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self))
          guard offset + 16 + length <= count else { break }
          let name = String(decoding: bytes[(offset + 16)..<(offset + 16 + length)].prefix { $0 != 0 }, as: UTF8.self)
          offset += 16 + length
          if mask & UInt32(IN_Q_OVERFLOW) != 0 { notices.append(.overflow) }
          if mask & UInt32(IN_IGNORED) != 0 { folders[watch] = nil }
          guard let folder = folders[watch], mask & UInt32(IN_ISDIR) != 0 else { continue }
          if mask & UInt32(IN_CREATE) != 0 { notices.append(.made("\(folder)/\(name)")) }
          if mask & UInt32(IN_DELETE) != 0 { notices.append(.removed("\(folder)/\(name)")) }
        }
      }
    }
  }
}
