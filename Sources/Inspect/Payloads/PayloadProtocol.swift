import Query

/// What is understood of payloads: who asked what, and what came back.
public enum PayloadProtocol: String, Sendable, Hashable, CaseIterable {
  case dns, http, tls

  /// Which events may hold such messages.
  var filter: String {
    switch self {
    case .dns: "evt.is_io = true and fd.port in (53, 5353, 5355) and evt.rawres > 0"
    case .http, .tls: "evt.is_io = true and fd.type in (ipv4, ipv6, unix) and evt.rawres > 0"
    }
  }

  /// The fields that columns may show beside those of the event, which is the one with the question.
  public var fields: [String] {
    switch self {
    case .dns: ["dns.name", "dns.type", "dns.result", "dns.answers", "dns.addresses", "dns.latency"]
    case .http: ["http.method", "http.host", "http.path", "http.status", "http.latency"]
    case .tls: ["tls.server_name", "tls.version", "tls.protocols"]
    }
  }
}

/// Puts questions and their answers together, event by event in the order of time.
///
/// A question is a row; its answer fills what is missing there. An answer to a question that was not seen is a row, too.
struct MessageMatcher {
  /// What an event says about a message.
  struct Piece: Sendable {
    var time: Int64
    var isWrite: Bool
    /// Which end of which connection.
    var key: String
    var payload: ArraySlice<UInt8>
    /// What the view shows of the event.
    var values: [FieldValue]
  }

  let kind: PayloadProtocol
  /// A row for each question: what the view shows of its event, and the values of `kind.fields`.
  private(set) var rows: [(event: [FieldValue], message: [FieldValue])] = []
  private var starts: [Int64] = []
  /// The rows of questions without an answer, by connection and id, the oldest first.
  private var open: [String: [Int]] = [:]
  /// Heads of records that were read by themselves, by connection.
  private var heads: [String: ArraySlice<UInt8>] = [:]

  /// How many questions of a connection may be without an answer.
  private static let mostOpen = 256
  /// How many connections are remembered.
  private static let mostConnections = 1 << 16

  init(_ kind: PayloadProtocol) { self.kind = kind }

  mutating func add(_ piece: Piece) {
    switch kind {
    case .dns: addDNS(piece)
    case .http: addHTTP(piece)
    case .tls: addTLS(piece)
    }
  }

  private mutating func ask(_ key: String, _ piece: Piece, _ message: [FieldValue]) {
    if open[key] == nil, open.count >= MessageMatcher.mostConnections { open.removeAll() }
    if open[key]?.count ?? 0 < MessageMatcher.mostOpen { open[key, default: []].append(rows.count) }
    append(piece, message)
  }

  private mutating func append(_ piece: Piece, _ message: [FieldValue]) {
    rows.append((piece.values.map(\.detached), message))
    starts.append(piece.time)
  }

  /// The row of the oldest question without an answer.
  private mutating func question(_ key: String) -> Int? {
    guard var waiting = open.removeValue(forKey: key), !waiting.isEmpty else { return nil }
    let row = waiting.removeFirst()
    if !waiting.isEmpty { open[key] = waiting }
    return row
  }

  private func latency(of row: Int, _ answer: Piece) -> FieldValue {
    let latency = answer.time.subtractingReportingOverflow(starts[row])
    return latency.overflow || latency.partialValue < 0 ? .missing : .integer(latency.partialValue)
  }

  // MARK: DNS

  private mutating func addDNS(_ piece: Piece) {
    // Over TCP the length stands in front.
    guard let message = DNSMessage(piece.payload) ?? DNSMessage(piece.payload.dropFirst(2)) else { return }
    let asked: [FieldValue] = [.text(message.name[...]), .text(message.typeName)]
    // One who asks and one who answers may be in one process.
    let key = "\(piece.key) \(message.id) \(message.type) \(piece.isWrite != message.isResponse)"
    if !message.isResponse { return ask(key, piece, asked + [.missing, .missing, .missing, .missing]) }
    let addresses = message.addresses.map { FieldValue.address($0[...]) }
    let answer: [FieldValue] = [
      .text(message.codeName), .unsigned(UInt64(message.answerCount)),
      addresses.isEmpty ? .missing : .list(addresses),
    ]
    if let row = question(key) {
      rows[row].message = asked + answer + [latency(of: row, piece)]
    } else {
      append(piece, asked + answer + [.missing])
    }
  }

  // MARK: HTTP

  private mutating func addHTTP(_ piece: Piece) {
    switch HTTPHead(piece.payload) {
    case .request(let request):
      let path = request.isCut ? request.path + Array("…".utf8) : request.path
      let host = request.host.map { FieldValue.text($0[...]) } ?? .missing
      // The one who asks writes the question and reads the answer.
      ask(
        "\(piece.key) \(piece.isWrite)", piece,
        [.text(request.method[...]), host, .text(path[...]), .missing, .missing])
    case .response(let status):
      // More follows an interim answer.
      if (100..<200).contains(status), status != 101 { return }
      if let row = question("\(piece.key) \(!piece.isWrite)") {
        rows[row].message[3] = .unsigned(UInt64(status))
        rows[row].message[4] = latency(of: row, piece)
      } else {
        append(piece, [.missing, .missing, .missing, .unsigned(UInt64(status)), .missing])
      }
    case nil: break
    }
  }

  // MARK: TLS

  private mutating func addTLS(_ piece: Piece) {
    if piece.payload.count == TLSHello.headLength, TLSHello.isHead(piece.payload) {
      if heads.count >= MessageMatcher.mostConnections { heads.removeAll() }
      heads[piece.key] = ArraySlice(Array(piece.payload))
      return
    }
    let head = heads.isEmpty ? nil : heads.removeValue(forKey: piece.key)
    guard let hello = TLSHello(piece.payload) ?? head.flatMap({ TLSHello($0 + piece.payload) }) else { return }
    let protocols = hello.protocols.map { FieldValue.text($0[...]) }
    append(
      piece,
      [
        hello.serverName.map { .text($0[...]) } ?? .missing, .text(hello.versionName),
        protocols.isEmpty ? .missing : .list(protocols),
      ])
  }
}
