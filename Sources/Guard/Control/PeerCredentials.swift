#if canImport(Glibc)
import Glibc
#endif

/// Who is at the other end of a unix socket, as the kernel says.
struct PeerCredentials {
  let pid: Int32
  let uid: UInt32
  let gid: UInt32
  /// Further groups of the process, not of the user: what it had when it connected.
  let groups: [UInt32]

  init?(_ descriptor: Int32) {
    // struct ucred: three 32-bit numbers.
    var credentials: (Int32, UInt32, UInt32) = (0, .max, .max)
    var size = socklen_t(MemoryLayout.size(ofValue: credentials))
    guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 else { return nil }
    (pid, uid, gid) = credentials
    var groups = [UInt32](repeating: 0, count: 1024)
    var bytes = socklen_t(groups.count * 4)
    let soPeerGroups: Int32 = 59
    let isKnown = getsockopt(descriptor, SOL_SOCKET, soPeerGroups, &groups, &bytes) == 0
    self.groups = isKnown ? Array(groups.prefix(Int(bytes) / 4)) : []
  }

  /// Whether it may give orders.
  func mayOrder(group: UInt32?) -> Bool {
    if uid == 0 || uid == geteuid() { return true }
    guard let group else { return false }
    return gid == group || groups.contains(group)
  }

  /// For what stands in captures: who asked.
  var author: String { (PeerCredentials.name(of: uid).map { "\($0), " } ?? "") + "uid \(uid), pid \(pid)" }

  private static func name(of uid: UInt32) -> String? {
    var entry = passwd()
    var buffer = [CChar](repeating: 0, count: 4096)
    var found: UnsafeMutablePointer<passwd>?
    guard getpwuid_r(uid, &entry, &buffer, buffer.count, &found) == 0, found != nil, let name = entry.pw_name else {
      return nil
    }
    return String(cString: name)
  }
}
