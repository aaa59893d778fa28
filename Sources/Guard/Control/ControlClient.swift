import Delivery
import JSON

#if canImport(Glibc)
import Glibc
#endif

/// Gives orders to a running guard, one after the other.
///
///     let client = try ControlClient(path)
///     let captures = try client.list()
public struct ControlClient: ~Copyable {
  private var connection: Connection
  private let path: String

  /// Connects.
  /// - Throws: why there is nobody to be reached, and what to do.
  public init(_ path: String) throws(ControlError) {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    let connected = withUnixAddress(path) { connect(descriptor, $0, $1) }
    guard descriptor >= 0, connected == 0 else {
      let code = errno
      if descriptor >= 0 { close(descriptor) }
      throw ControlClient.unreachable(path, code, isTooLong: connected == nil)
    }
    self.path = path
    // The end of a capture is waited for: what is asked may take its time.
    connection = Connection(descriptor, seconds: 120)
  }

  deinit { close(connection.descriptor) }

  private static func unreachable(_ path: String, _ code: Int32, isTooLong: Bool) -> ControlError {
    if isTooLong { return ControlError("\(path) is too long for the path of a socket", isRefusal: true) }
    let start = "start one with `reel guard --config FILE`, or name its socket with --socket"
    switch code {
    case ENOENT, ENOTDIR: return ControlError("no guard runs here (there is no \(path)); \(start)", isRefusal: true)
    case ECONNREFUSED: return ControlError("the guard of \(path) has gone; \(start)", isRefusal: true)
    case EACCES, EPERM:
      return ControlError("you may not give orders to the guard of \(path): root may, and its group", isRefusal: true)
    default: return ControlError("\(path): \(String(cString: strerror(code)))")
    }
  }

  /// Starts a capture.
  public mutating func start(_ request: CaptureRequest) throws(ControlError) -> CaptureRecord {
    try capture(
      ask("start") { json in
        if let container = request.container { json.add("container", container) }
        json.add("before", request.before)
        if let duration = request.duration { json.add("duration", duration) }
        if let filter = request.filter { json.add("filter", filter) }
        if let length = request.snapLength { json.add("snaplen", length) }
        if let size = request.maxSize { json.add("max_size", size) }
      })
  }

  /// All captures, the oldest first.
  public mutating func list() throws(ControlError) -> [CaptureRecord] {
    try ask("list").captures.map { json throws(ControlError) in try record(json) }
  }

  /// Ends a capture.
  public mutating func stop(_ id: String) throws(ControlError) -> CaptureRecord {
    try capture(ask("stop") { $0.add("id", id) })
  }

  /// Deletes a capture.
  public mutating func delete(_ id: String) throws(ControlError) -> CaptureRecord {
    try capture(ask("delete") { $0.add("id", id) })
  }

  /// Fetches a capture.
  /// - Parameter take: gets its bytes, piece by piece.
  public mutating func get(_ id: String, _ take: ([UInt8]) throws -> Void) throws -> CaptureRecord {
    let answer = try ask("get") { $0.add("id", id) }
    let record = try capture(answer)
    guard let size = answer.json["bytes"].integer, size >= 0 else { throw strange("no size") }
    var left = Int(size)
    var part = connection.takeBuffer()
    while true {
      guard part.count <= left else { throw strange("more bytes than it said") }
      try take(part)
      left -= part.count
      if left == 0 { return record }
      guard let next = connection.readSome() else {
        throw ControlError("\(path): the guard ended the connection \(left) bytes before the end of the capture")
      }
      part = next
    }
  }

  /// How the guard does, as a JSON object.
  public mutating func status() throws(ControlError) -> JSONDocument { try ask("status").json["status"] }

  /// Metrics in Prometheus' text format.
  public mutating func metrics() throws(ControlError) -> String { try ask("metrics").json["text"].text ?? "" }

  /// Has the configuration read again.
  public mutating func reload() throws(ControlError) { _ = try ask("reload") }

  private struct Answer {
    let json: JSONDocument
    var captures: [JSONDocument] { json["captures"].elements }
  }

  private mutating func ask(
    _ command: String, _ body: (inout JSONBuilder) -> Void = { _ in }
  ) throws(ControlError) -> Answer {
    var json = JSONBuilder()
    json.object { json in
      json.add("command", command)
      body(&json)
    }
    // Whether a closed connection is noticed here or when the answer is read is a matter of moments.
    _ = connection.send(json.bytes + [0x0A])
    guard let line = connection.read(upTo: [0x0A], limit: 32 << 20, within: 600_000_000_000) else {
      throw ControlError(
        connection.hasEnded
          ? "\(path): the guard ended the connection; it may have too many" : "\(path): the guard does not answer")
    }
    let answer: JSONDocument
    do throws(JSONDocument.Malformed) { answer = try JSONDocument.parse(line) } catch {
      throw strange("no JSON: \(error)")
    }
    if answer["ok"].boolean == true { return Answer(json: answer) }
    let kind = answer["kind"].text ?? ""
    throw ControlError(answer["error"].text ?? "the guard refuses and does not say why", isRefusal: kind != "failed")
  }

  private func capture(_ answer: Answer) throws(ControlError) -> CaptureRecord { try record(answer.json["capture"]) }

  private func record(_ json: JSONDocument) throws(ControlError) -> CaptureRecord {
    guard let record = CaptureRecord(json) else { throw strange("no capture") }
    return record
  }

  private func strange(_ what: String) -> ControlError { ControlError("\(path): the guard answers with \(what)") }
}
