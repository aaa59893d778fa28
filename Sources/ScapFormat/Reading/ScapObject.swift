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
