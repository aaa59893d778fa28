#if canImport(Glibc)
import Glibc
#endif

/// The kernel's tables of TCP sockets, of the recorder's own network namespace, line by line: a busy machine has a hundred
/// thousand of them, and whoever reads all of them at once does nothing else meanwhile.
///
///     sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode …
///      0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 19402 …
struct NetworkTable: ~Copyable {
  struct Endpoint: Equatable {
    var address: [UInt8]
    var port: UInt16
  }

  struct Socket: Equatable {
    var local: Endpoint
    var remote: Endpoint
    var state: String
    var queuedIn: UInt32
    var queuedOut: UInt32
  }

  private static let states = [
    "", "established", "syn_sent", "syn_recv", "fin_wait1", "fin_wait2", "time_wait", "close", "close_wait", "last_ack",
    "listen", "closing", "new_syn_recv",
  ]

  private var paths: ArraySlice<String>
  private var lines: ProcLines?

  /// Tables that have not been opened yet.
  init(_ paths: [String] = ["/proc/net/tcp", "/proc/net/tcp6"]) { self.paths = paths[...] }

  /// What a line says.
  enum Line: Equatable {
    /// A socket without an inode: nobody holds it.
    case withoutDescriptor(Socket)
    /// One that a descriptor holds, or a heading.
    case other
  }

  /// The next line; `nil` when there are no more.
  mutating func next() -> Line? {
    while true {
      if var open = lines.take(), let line = open.next() {
        lines = consume open
        return NetworkTable.socket(line).map { .withoutDescriptor($0) } ?? .other
      }
      guard let path = paths.popFirst() else { return nil }
      lines = ProcLines(path)
    }
  }

  /// `nil` for lines that are no such socket: the heading, and those that a descriptor holds.
  private static func socket(_ line: ArraySlice<UInt8>) -> Socket? {
    var rest = line
    func field() -> ArraySlice<UInt8>? { rest.popField(UInt8(ascii: " ")) }
    guard field() != nil, let local = field(), let remote = field(), let state = field().flatMap(hexadecimal),
      var queues = field()
    else { return nil }
    for _ in 0..<4 { _ = field() }
    guard let inode = field(), inode.elementsEqual([UInt8(ascii: "0")]), states.indices.contains(Int(state)),
      let local = endpoint(local), let remote = endpoint(remote),
      let queuedOut = queues.popField(UInt8(ascii: ":")).flatMap(hexadecimal),
      let queuedIn = queues.popField(UInt8(ascii: ":")).flatMap(hexadecimal)
    else { return nil }
    return Socket(local: local, remote: remote, state: states[Int(state)], queuedIn: queuedIn, queuedOut: queuedOut)
  }

  /// `0100007F:1F90`: the words of an address as the machine holds them, so that little-endian ones read backwards.
  private static func endpoint(_ text: ArraySlice<UInt8>) -> Endpoint? {
    var rest = text
    guard var digits = rest.popField(UInt8(ascii: ":")), digits.count % 8 == 0,
      let port = rest.popField(UInt8(ascii: ":")).flatMap(hexadecimal).flatMap(UInt16.init(exactly:))
    else { return nil }
    var address: [UInt8] = []
    address.reserveCapacity(digits.count / 2)
    while !digits.isEmpty {
      guard let word = hexadecimal(digits.prefix(8)) else { return nil }
      withUnsafeBytes(of: word) { address.append(contentsOf: $0) }
      digits = digits.dropFirst(8)
    }
    return Endpoint(address: address, port: port)
  }

  private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt32? {
    guard !digits.isEmpty, digits.count <= 8 else { return nil }
    var value: UInt32 = 0
    for digit in digits {
      guard let number = UInt8(hexadecimalDigit: digit) else { return nil }
      value = value << 4 | UInt32(number)
    }
    return value
  }
}

extension ArraySlice<UInt8> {
  /// Takes what stands in front of the next separator, or of the end; `nil` when there is nothing.
  fileprivate mutating func popField(_ separator: UInt8) -> ArraySlice<UInt8>? {
    self = drop { $0 == separator }
    if isEmpty { return nil }
    let field = prefix { $0 != separator }
    self = self[field.endIndex...]
    return field
  }
}

extension UInt8 {
  /// What a hexadecimal digit stands for.
  fileprivate init?(hexadecimalDigit digit: UInt8) {
    switch digit {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): self = digit - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): self = digit - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): self = digit - UInt8(ascii: "A") + 10
    default: return nil
    }
  }
}

/// The lines of a file of `/proc`, of which only some are in memory.
struct ProcLines: ~Copyable {
  private let descriptor: Int32
  private var bytes: [UInt8] = []
  /// Where the next line begins.
  private var start = 0
  private static let mostRead = 32 << 10

  /// `nil` when the file cannot be opened: kernels without IPv6 have no table for it.
  init?(_ path: String) {
    descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { return nil }
  }

  deinit { close(descriptor) }

  /// The next line without its end; `nil` behind the last one.
  mutating func next() -> ArraySlice<UInt8>? {
    while true {
      if let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { start = end + 1 }
        return bytes[start..<end]
      }
      if read() { continue }
      if start == bytes.count { return nil }
      defer { start = bytes.count }
      return bytes[start...]
    }
  }

  /// Reads more; false at the end.
  private mutating func read() -> Bool {
    bytes.removeFirst(start)
    start = 0
    let before = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: ProcLines.mostRead))
    var count = 0
    repeat {
      count = bytes.withUnsafeMutableBytes { target in
        target.baseAddress.map { Glibc.read(descriptor, $0 + before, ProcLines.mostRead) } ?? 0
      }
    } while count < 0 && errno == EINTR
    bytes.removeLast(ProcLines.mostRead - max(count, 0))
    return count > 0
  }
}
