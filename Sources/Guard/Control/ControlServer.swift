import Delivery

#if canImport(Glibc)
import Glibc
#endif

/// Takes orders on a unix socket: one JSON object a line, answered by one.
///
/// | Request | Answer |
/// |---|---|
/// | `{"command":"start","container":ID,"before":NS,"duration":NS,"filter":F,"snaplen":N,"max_size":N}` | `{"ok":true,"capture":{…}}` |
/// | `{"command":"list"}` | `{"ok":true,"captures":[{…}]}` |
/// | `{"command":"stop","id":ID}`, `"delete"` | `{"ok":true,"capture":{…}}` |
/// | `{"command":"get","id":ID}` | `{"ok":true,"capture":{…},"bytes":N}`, a line end, and N bytes |
/// | `{"command":"status"}` | `{"ok":true,"status":{…}}` |
/// | `{"command":"metrics"}` | `{"ok":true,"text":…}` |
/// | `{"command":"health"}` | `{"ok":true,"health":{…}}` |
/// | `{"command":"reload"}` | `{"ok":true}` |
///
/// What goes wrong is `{"ok":false,"kind":KIND,"error":WORDS}`. Root, who runs the guard, and members of the named group are served;
/// the kernel says who somebody is.
public final class ControlServer: Sendable {
  private let listener: SocketListener
  private let path: String
  private let inode: ino_t

  /// A request is no longer than this.
  static let requestLimit = 64 << 10
  private static let clients = 16

  /// Begins to listen. A socket that nobody serves any more is replaced.
  /// - Throws: when somebody serves it, or it cannot be made.
  public init(_ configuration: ControlConfiguration, _ facts: GuardFacts) throws(ControlError) {
    path = configuration.socket
    var group: UInt32?
    if let name = configuration.group {
      guard let entry = getgrnam(name) else {
        throw ControlError("there is no group '\(name)'; see control: {group: …}")
      }
      group = entry.pointee.gr_gid
    }
    let socket = try ControlServer.bind(path, group)
    var status = stat()
    inode = stat(path, &status) == 0 ? status.st_ino : 0
    let served = group
    guard
      let listener = SocketListener(
        socket, limit: ControlServer.clients,
        serve: { connection in
          var client = ControlSession(connection, facts, group: served)
          client.run()
        })
    else { throw ControlError("\(path): no thread or descriptor is left to listen with") }
    self.listener = listener
  }

  /// Takes no more orders, and removes the socket.
  public func close() {
    listener.stop()
    var status = stat()
    // Somebody else's, who came after a restart, stays.
    if stat(path, &status) == 0, status.st_ino == inode { unlink(path) }
  }

  private static func bind(_ path: String, _ group: UInt32?) throws(ControlError) -> Int32 {
    makeFolder(of: path)
    try removeStale(path)
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw failure(path) }
    // The file gets the mode that the socket has, so that there is no moment at which others may connect.
    fchmod(descriptor, 0o600)
    let bound = withUnixAddress(path) { Glibc.bind(descriptor, $0, $1) }
    guard let bound, bound == 0 else {
      let error = bound == nil ? ControlError("\(path): the path is too long for a socket") : failure(path)
      Glibc.close(descriptor)
      throw error
    }
    if let group, chown(path, .max, group) != 0 || chmod(path, 0o660) != 0 {
      let error = failure(path)
      Glibc.close(descriptor)
      unlink(path)
      throw error
    }
    return descriptor
  }

  private static func makeFolder(of path: String) {
    // If it cannot be made, binding says why.
    let folder = ConfigurationFiles.folder(of: path)
    if !folder.isEmpty { mkdir(folder, 0o755) }
  }

  private static func removeStale(_ path: String) throws(ControlError) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw ControlError("\(path) is there and no socket; name another in control: {socket: …}", isRefusal: true)
    }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw failure(path) }
    defer { Glibc.close(descriptor) }
    if withUnixAddress(path, { connect(descriptor, $0, $1) }) == 0 {
      throw ControlError(
        "another guard serves \(path); `reel guard status` shows it, and control: {socket: …} names another",
        isRefusal: true)
    }
    guard errno == ECONNREFUSED else { throw failure(path) }
    if unlink(path) != 0, errno != ENOENT { throw failure(path) }
  }

  private static func failure(_ path: String) -> ControlError {
    ControlError("\(path): \(String(cString: strerror(errno)))")
  }
}
