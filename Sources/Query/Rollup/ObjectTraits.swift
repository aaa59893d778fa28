import EventBatch

/// What of an object decides about counters: worked out once for each row of the dimension.
struct ObjectTraits: Hashable, Sendable {
  enum Kind: Int, Sendable { case other, file, directory, network }

  var kind = Kind.other
  /// The place in `NetworkApplication.all`, -1 for none.
  var application = -1
  /// Below `/dev`.
  var isDevice = false
  /// In one of the directories of the system.
  var isSystem = false
  /// Named as logs are.
  var isLog = false
  /// The socket of the system's log.
  var isSyslog = false

  /// Where programs, libraries and settings are: who writes there changes the machine.
  static let systemDirectories = [
    "/bin", "/sbin", "/boot", "/etc", "/lib", "/lib64", "/usr/bin", "/usr/sbin", "/usr/share", "/usr/lib", "/usr/lib64",
  ]

  /// The traits of an object row.
  init(_ view: BatchView, object row: Int) {
    let kind = view.kind(ofObject: row)
    if kind.isInternetSocket {
      self.kind = .network
      if case .unsigned(let port) = view.value(.serverPort, object: row) {
        application = NetworkApplication.index(ofPort: port)
      }
      return
    }
    if kind == .directory { self.kind = .directory }
    if kind.isFile { self.kind = .file }
    guard kind.isFile || kind.isSocket, let name = view.objectName(row).bytesValue else { return }
    isSyslog = BatchView.isSyslog(name)
    guard kind.isFile else { return }
    name.withUnsafeBytes { name in
      isDevice = name.starts(with: ObjectTraits.device)
      isSystem = ObjectTraits.systemPrefixes.contains { prefix in
        name.starts(with: prefix) && (name.count == prefix.count || name[prefix.count] == UInt8(ascii: "/"))
      }
      isLog = ObjectTraits.isLog(name)
    }
  }

  /// Without an object.
  init() {}

  /// A small number that says the same.
  var code: Int {
    let flags = (isDevice ? 1 : 0) | (isSystem ? 2 : 0) | (isLog ? 4 : 0) | (isSyslog ? 8 : 0)
    return (application + 1) << 6 | kind.rawValue << 4 | flags
  }

  /// How many such numbers there are.
  static let codes = (NetworkApplication.all.count + 1) << 6

  private static let device = Array("/dev/".utf8)
  private static let systemPrefixes = systemDirectories.map { Array($0.utf8) }
  private static let compressed = [".gz", ".tgz"].map { Array($0.utf8) }

  /// The bytes of `/var/log` in memory.
  private static let logDirectory = Array("/var/log".utf8).withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }

  /// `.log`, `_log` or `/var/log` somewhere, and not compressed.
  private static func isLog(_ name: UnsafeRawBufferPointer) -> Bool {
    let logDirectory = logDirectory
    var isLog = false
    var index = 0
    while index + 3 < name.count, !isLog {
      let byte = name[index]
      if byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_") {
        isLog =
          name[index + 1] == UInt8(ascii: "l") && name[index + 2] == UInt8(ascii: "o")
          && name[index + 3] == UInt8(ascii: "g")
      } else if byte == UInt8(ascii: "/"), index + 7 < name.count {
        isLog = name.loadUnaligned(fromByteOffset: index, as: UInt64.self) == logDirectory
      }
      index += 1
    }
    return isLog && !compressed.contains { name.suffix($0.count).elementsEqual($0) }
  }
}
