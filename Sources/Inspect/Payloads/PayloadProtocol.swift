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
  /// What is known of a question and its answer.
  struct Row {
    /// Its place among all, in the order in which they began.
    var place: Int
    var start: Int64
    /// What the view shows of its event.
    var event: [FieldValue]
    /// The values of `kind.fields`.
    var message: [FieldValue]
  }

  /// Rows that nothing is added to any more, in the order in which they were complete.
  private var complete: [Row] = []
  /// Rows of questions that wait for an answer, by place.
  private var waiting: [Int: Row] = [:]
  private var count = 0
  /// The places of questions without an answer, by connection and id, the oldest first.
  private var open: [String: [Int]] = [:]
  /// Heads of records that were read by themselves, by connection.
  private var heads: [String: ArraySlice<UInt8>] = [:]

  /// How many questions of a connection may be without an answer.
  private static let mostOpen = 256
  /// How many connections are remembered.
  private static let mostConnections = 1 << 16
  /// How many questions may wait for an answer.
  private static let mostWaiting = 1 << 16

  init(_ kind: PayloadProtocol) { self.kind = kind }

  mutating func add(_ piece: Piece) {
    switch kind {
    case .dns: addDNS(piece)
    case .http: addHTTP(piece)
    case .tls: addTLS(piece)
    }
  }

  /// All rows in the order in which they began.
  var rows: [Row] { (complete + waiting.values).sorted { $0.place < $1.place } }

  /// Takes the rows that nothing is added to any more, in whatever order.
  mutating func takeComplete() -> [Row] {
    defer { complete.removeAll(keepingCapacity: true) }
    return complete
  }

  /// Gives up waiting for answers: all rows are complete.
  mutating func giveUpWaiting() {
    complete += waiting.values
    waiting.removeAll()
    open.removeAll()
  }

  private mutating func ask(_ key: String, _ piece: Piece, _ message: [FieldValue]) {
    if waiting.count >= MessageMatcher.mostWaiting
      || open[key] == nil && open.count >= MessageMatcher.mostConnections
    {
      giveUpWaiting()
    }
    let row = makeRow(piece, message)
    if open[key]?.count ?? 0 < MessageMatcher.mostOpen {
      open[key, default: []].append(row.place)
      waiting[row.place] = row
    } else {
      complete.append(row)
    }
  }

  private mutating func append(_ piece: Piece, _ message: [FieldValue]) { complete.append(makeRow(piece, message)) }

  private mutating func makeRow(_ piece: Piece, _ message: [FieldValue]) -> Row {
    defer { count += 1 }
    return Row(place: count, start: piece.time, event: piece.values.map(\.detached), message: message)
  }

  /// Takes the oldest question without an answer.
  private mutating func question(_ key: String) -> Row? {
    guard var places = open.removeValue(forKey: key), !places.isEmpty else { return nil }
    let place = places.removeFirst()
    if !places.isEmpty { open[key] = places }
    return waiting.removeValue(forKey: place)
  }

  private func latency(of row: Row, _ answer: Piece) -> FieldValue {
    let latency = answer.time.subtractingReportingOverflow(row.start)
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
    if var row = question(key) {
      row.message = asked + answer + [latency(of: row, piece)]
      complete.append(row)
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
      if var row = question("\(piece.key) \(!piece.isWrite)") {
        row.message[3] = .unsigned(UInt64(status))
        row.message[4] = latency(of: row, piece)
        complete.append(row)
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
