import JSON
import Query

#if canImport(Glibc)
import Glibc
#endif

/// One connection to the control socket.
struct ControlSession {
  private var connection: Connection
  private let facts: GuardFacts
  private let group: UInt32?

  init(_ descriptor: Int32, _ facts: GuardFacts, group: UInt32?) {
    connection = Connection(descriptor, seconds: 10)
    self.facts = facts
    self.group = group
  }

  /// Serves requests until the other side ends, or is too slow.
  mutating func run() {
    guard let peer = PeerCredentials(connection.descriptor) else { return }
    guard peer.mayOrder(group: group) else {
      // Behind the request: who is cut off while writing it would not look for an answer.
      _ = connection.read(upTo: [0x0A], limit: ControlServer.requestLimit, within: 1_000_000_000)
      refuse(
        "refused", "you may not give orders to this guard: root may\(group == nil ? "" : ", and members of its group")")
      return
    }
    while let line = connection.read(upTo: [0x0A], limit: ControlServer.requestLimit, within: 30_000_000_000) {
      let request: JSONDocument
      do throws(JSONDocument.Malformed) { request = try JSONDocument.parse(line) } catch {
        refuse("refused", "the request is no JSON: \(error)")
        return
      }
      guard answer(request, peer) else { return }
    }
  }

  private func refuse(_ kind: String, _ words: String) {
    var json = JSONBuilder()
    json.object { json in
      json.add("ok", false)
      json.add("kind", kind)
      json.add("error", words)
    }
    _ = connection.send(json.bytes + [0x0A])
  }

  private func accept(_ body: (inout JSONBuilder) -> Void) -> Bool {
    var json = JSONBuilder()
    json.object { json in
      json.add("ok", true)
      body(&json)
    }
    return connection.send(json.bytes + [0x0A])
  }

  /// - Returns: whether the connection can go on.
  private func answer(_ request: JSONDocument, _ peer: PeerCredentials) -> Bool {
    let id = request["id"].text ?? ""
    let orders = facts.orders
    switch request["command"].text {
    case "start": return start(request, peer)
    case "stop": return tell(orders.wait { .stop(id, $0) })
    case "delete": return tell(orders.wait { .delete(id, $0) })
    case "get": return get(id)
    case "list":
      let captures = orders.list()
      return accept { json in json.array("captures") { json in for capture in captures { capture.append(to: &json) } } }
    case "status":
      let (status, channels) = (facts.board.current, facts.channels())
      return accept { json in json.object("status") { json in status.write(channels, to: &json) } }
    case "metrics":
      let text = MetricsText.of(facts.board.current, facts.channels())
      return accept { json in json.add("text", text) }
    case "health":
      let health = GuardHealth(facts.board.current, facts.channels())
      return accept { json in json.object("health") { json in health.write(to: &json) } }
    case "reload":
      orders.reload()
      return accept { _ in }
    case let command:
      refuse("refused", "there is no command '\((command ?? "").prefix(60))'; this guard may be older than your reel")
      return true
    }
  }

  private func tell(_ result: Result<CaptureRecord, GuardOrderError>) -> Bool {
    switch result {
    case .success(let capture): return accept { json in json.add("capture", raw: capture.jsonText) }
    case .failure(let error):
      refuse(error.kind.rawValue, error.description)
      return true
    }
  }

  private func start(_ json: JSONDocument, _ peer: PeerCredentials) -> Bool {
    var request = CaptureRequest()
    request.container = json["container"].text
    request.before = max(json["before"].integer ?? 0, 0)
    request.duration = json["duration"].integer.map { max($0, 0) }
    request.filter = json["filter"].text
    request.snapLength = json["snaplen"].integer.flatMap { UInt32(exactly: $0) }
    request.maxSize = json["max_size"].integer.flatMap { UInt64(exactly: $0) }
    request.author = peer.author
    do throws(QueryError) { try Question.check(filter: request.filter) } catch {
      refuse("refused", "the filter, \(error.description)")
      return true
    }
    return tell(facts.orders.wait { .start(request, $0) })
  }

  private func get(_ id: String) -> Bool {
    let capture: CaptureRecord
    switch facts.orders.capture(id) {
    case .success(let found): capture = found
    case .failure(let error):
      refuse(error.kind.rawValue, error.description)
      return true
    }
    let file = open(capture.path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    var status = stat()
    guard file >= 0, fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      if file >= 0 { close(file) }
      refuse("failed", "\(capture.path) cannot be read (\(String(cString: strerror(errno))))")
      return true
    }
    defer { close(file) }
    // What is being written is sent as far as it is now: every beginning of a capture can be read.
    let size = Int(status.st_size)
    let isTold = accept { json in
      json.add("capture", raw: capture.jsonText)
      json.add("bytes", size)
    }
    guard isTold else { return false }
    var left = size
    var part = [UInt8](repeating: 0, count: 256 << 10)
    while left > 0 {
      let count = read(file, &part, min(left, part.count))
      if count < 0, errno == EINTR { continue }
      // A file that became shorter ends the connection before its bytes are there, which the other side sees.
      guard count > 0, connection.send(Array(part[..<count])) else { return false }
      left -= count
    }
    return true
  }
}
