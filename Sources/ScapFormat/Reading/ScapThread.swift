/// What is known of a thread while a file is read.
///
/// One object a thread, not an event: events find it by its id and change it.
final class ScapThread {
  let tid: Int64
  var pid: Int64
  var parent: Int64
  var virtualTid = ScapThread.unknown
  var virtualPid = ScapThread.unknown
  // What older files do not tell is what the tools of their time show then.
  var session: Int64 = -1
  var virtualGroup: Int64 = -1
  var loginUid: Int64 = 0
  var tty: Int64 = 0
  var uid: Int64 = 0xFFFF_FFFF
  var gid: Int64 = 0xFFFF_FFFF
  var group: Int64 = ScapThread.unknown
  var comm: [UInt8] = []
  var exe: [UInt8] = []
  var executablePath: [UInt8] = []
  /// Each followed by a NUL.
  var arguments: [UInt8] = []
  var environment: [UInt8] = []
  var cgroups: [UInt8] = []
  var workingDirectory: [UInt8] = []
  var root: [UInt8] = []
  var filename: [UInt8]?
  var descriptorLimit: Int64 = -1
  var capabilities: (inheritable: Int64, permitted: Int64, effective: Int64) = (
    ScapThread.unknown, ScapThread.unknown, ScapThread.unknown
  )
  var executable = Executable()
  /// Portable bits of `clone_flags`.
  var flags: UInt32 = 0
  /// When it was made, in nanoseconds of the epoch.
  var startTime: Int64 = ScapThread.unknown
  /// The full id of its container, empty on the host.
  var container: [UInt8] = []
  /// Its own descriptors; those of the main thread apply where threads share them.
  var descriptors = ScapDescriptors()
  /// The descriptor that its last call was about.
  var lastDescriptor: Int64 = -1
  /// Made from the return of the child, before that of the parent was seen.
  var wasMadeByChild = false
  /// Nothing is known but its id.
  var isInvented = false

  // The call that it is in.
  var enter = ScapEnter()

  // Where it stands in the dimensions; see `ScapStar`.
  var threadRow: UInt32 = 0
  var threadGeneration: UInt32 = 0
  var lineage: UInt32 = 0
  var lineageParent: UInt32 = .max
  var lineageLeaders: (UInt32, UInt32) = (.max, .max)
  var lineageEpoch: UInt32 = 0
  var lineageGeneration: UInt32 = 0
  var lineageThreadRow: UInt32 = .max
  var isBeingLookedAt = false

  /// Stands for what is not known, as in batches.
  static let unknown = Int64.min

  /// What is known of the executable.
  struct Executable: Hashable {
    var inode = ScapThread.unknown
    var changeTime = ScapThread.unknown
    var modificationTime = ScapThread.unknown
    /// Portable bits of `execve_flags`; unknown where the file does not say.
    var flags = ScapThread.unknown
  }

  init(tid: Int64, pid: Int64, parent: Int64) {
    self.tid = tid
    self.pid = pid
    self.parent = parent
  }

  var isMain: Bool { tid == pid }

  /// Whether the main thread's descriptors are its own.
  var sharesDescriptors: Bool { flags & ScapCloneFlags.files != 0 }

  /// Says that something changed that the thread's row tells.
  func change() { threadGeneration = 0 }
}

/// The portable values of `clone_flags` that matter here.
enum ScapCloneFlags {
  static let files: UInt32 = 0x1
  static let fileSystem: UInt32 = 0x2
  static let thread: UInt32 = 0x2000
  static let childInNamespace: UInt32 = 0x2000_0000
}

/// The beginning of a call: a copy of its event's parameters, since the block is gone when the call returns.
struct ScapEnter {
  /// The code of the event, `none` when there is no call.
  var code = ScapEnter.none
  var time: Int64 = 0
  var cpu: UInt16 = 0
  var number: UInt64 = 0
  /// The values, behind each other; `nil` before the first call.
  var bytes: ScapBuffer?
  /// Where each value ends.
  var ends: [UInt32] = []

  /// The bytes of a value, `nil` when there are not so many.
  @inline(__always)
  func value(_ index: Int) -> UnsafeRawBufferPointer? {
    guard index >= 0, index < ends.count, let bytes else { return nil }
    return bytes[(index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index])]
  }

  static let none = UInt16.max
}

/// What a descriptor points to. Descriptors that were copied share one; a change makes a new one.
final class ScapObject {
  var kind: ScapObjectKind
  /// As `fd.name` shows it, but for sockets of IP.
  var name: [UInt8]
  var openFlags = ScapThread.unknown
  var device = ScapThread.unknown
  var inode = ScapThread.unknown
  /// The end that connected, or the only one: 4 or 16 bytes.
  var source: [UInt8] = []
  var destination: [UInt8] = []
  var sourcePort: Int64 = ScapThread.unknown
  var destinationPort: Int64 = ScapThread.unknown
  /// `IPPROTO_*`.
  var networkProtocol: Int64 = ScapThread.unknown
  var socketType: Int64 = ScapThread.unknown
  var family: Int64 = ScapThread.unknown
  var role: Role = .none
  var isConnected = false
  var isListening = false
  var isFromArguments = false
  /// Of unix sockets the kernel's addresses of both ends.
  var unixSource: Int64 = ScapThread.unknown
  var unixPeer: Int64 = ScapThread.unknown

  // Where it stands in the dimensions.
  var row: UInt32 = 0
  var generation: UInt32 = 0
  /// The number that all versions of the thing have.
  var identity: Int64

  enum Role { case none, client, server }

  init(_ kind: ScapObjectKind, name: [UInt8], identity: Int64) {
    self.kind = kind
    self.name = name
    self.identity = identity
  }

  /// A version that can be changed without changing what earlier events refer to.
  func copy() -> ScapObject {
    let copy = ScapObject(kind, name: name, identity: identity)
    copy.openFlags = openFlags
    copy.device = device
    copy.inode = inode
    copy.source = source
    copy.destination = destination
    copy.sourcePort = sourcePort
    copy.destinationPort = destinationPort
    copy.networkProtocol = networkProtocol
    copy.socketType = socketType
    copy.family = family
    copy.role = role
    copy.isConnected = isConnected
    copy.isListening = isListening
    copy.unixSource = unixSource
    copy.unixPeer = unixPeer
    return copy
  }

  var isInternetSocket: Bool {
    kind == .ipv4Socket || kind == .ipv6Socket || kind == .ipv4Server || kind == .ipv6Server
  }
}

/// The kinds of descriptors by their numbers in `.scap` files.
enum ScapObjectKind: UInt8 {
  case unknown = 0
  case file = 1
  case directory = 2
  case ipv4Socket = 3
  case ipv6Socket = 4
  case ipv4Server = 5
  case ipv6Server = 6
  case fifo = 7
  case unixSocket = 8
  case event = 9
  case unsupported = 10
  case signalfd = 11
  case eventpoll = 12
  case inotify = 13
  case timerfd = 14
  case netlink = 15
  case fileV2 = 16
  case bpf = 17
  case userfaultfd = 18
  case ioUring = 19
  case memfd = 20
  case pidfd = 21
}

/// The descriptors of a process: the small numbers in a list, the few others by number.
struct ScapDescriptors {
  private var small: [ScapObject?] = []
  private var large: [Int64: ScapObject] = [:]
  private static let smallest: Int64 = 1024
  /// More than these are not kept of one process: no system allows it to open more.
  private static let most = 1 << 20

  subscript(number: Int64) -> ScapObject? {
    get {
      if number >= 0, number < Int64(small.count) { return small[Int(number)] }
      return large[number]
    }
    set {
      if number >= 0, number < ScapDescriptors.smallest {
        if number >= Int64(small.count) {
          if newValue == nil { return }
          small.append(contentsOf: repeatElement(nil, count: Int(number) + 1 - small.count))
        }
        small[Int(number)] = newValue
      } else if newValue == nil || large.count < ScapDescriptors.most {
        large[number] = newValue
      }
    }
  }

  /// Ends all from a number through another.
  mutating func close(_ range: ClosedRange<Int64>) {
    for number in small.indices where range.contains(Int64(number)) { small[number] = nil }
    if !large.isEmpty { large = large.filter { !range.contains($0.key) } }
  }

  /// All of them, by number.
  func forEach(_ body: (Int64, ScapObject) -> Void) {
    for (number, object) in small.enumerated() { if let object { body(Int64(number), object) } }
    for (number, object) in large.sorted(by: { $0.key < $1.key }) { body(number, object) }
  }
}
