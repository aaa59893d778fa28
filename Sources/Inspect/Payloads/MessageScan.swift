import Query

/// Reads the messages that a view of payloads shows.
struct MessageScan: Sendable {
  /// What is needed of each event, in front of what the view shows.
  static let fields = ["evt.rawtime", "evt.is_io_write", "evt.is_io_read", "fd.name", "proc.pid", "evt.buffer"]
  private static let payloadField = 5

  private let kind: PayloadProtocol
  private let view: View
  private let values: EventValues

  init(_ kind: PayloadProtocol, _ view: View, _ values: EventValues) {
    self.kind = kind
    self.view = view
    self.values = values
  }

  /// - Parameter take: takes each row as soon as it is complete, with its place in the order of their questions.
  nonisolated(nonsending) func run<Source: EventSource>(
    over source: Source, _ question: Question, parallelism: Int?, progress: (ScanProgress) -> Void,
    take: (_ row: [FieldValue], _ place: Int) throws -> Void
  ) async throws -> ScanProgress {
    var matcher = MessageMatcher(kind)
    let scan = Scan(source, question, parallelism: parallelism)
    let (kind, values) = (kind, values)
    let done = try await scan.run(columns: values.columns) { events in
      MessageScan.pieces(of: events, kind, values)
    } consume: { pieces, state in
      for piece in pieces { matcher.add(piece) }
      for found in matcher.takeComplete() { try take(row(found), found.place) }
      progress(state)
      return true
    }
    matcher.giveUpWaiting()
    for found in matcher.takeComplete() { try take(row(found), found.place) }
    return done
  }

  static func pieces(
    of events: SelectedEvents, _ kind: PayloadProtocol, _ values: EventValues
  ) -> [MessageMatcher.Piece] {
    // What is worth looking at: most payloads hold no message. Few are held at a time.
    var pieces: [MessageMatcher.Piece] = []
    for start in stride(from: 0, to: events.rows.count, by: 512) {
      let some = events.narrowed(to: Array(events.rows[start..<min(start + 512, events.rows.count)]))
      let promising = values.rows(of: some, where: payloadField) { value in
        value.bytesValue.map { isPromising($0, kind) } ?? false
      }
      pieces += promising.compactMap(piece)
    }
    return pieces
  }

  private static func piece(_ row: [FieldValue]) -> MessageMatcher.Piece? {
    guard let time = row[0].integerValue, let payload = row[payloadField].bytesValue else { return nil }
    let isWrite = row[1] == .boolean(true)
    return MessageMatcher.Piece(
      time: time, isWrite: isWrite, key: "\(row[4].text) \(row[3].text)", payload: payload,
      values: Array(row[fields.count...]))
  }

  private static func isPromising(_ payload: ArraySlice<UInt8>, _ kind: PayloadProtocol) -> Bool {
    switch kind {
    case .dns: return payload.count >= 17
    case .http: return HTTPHead(payload) != nil
    // The rest of a hello whose head was read by itself begins with the type of the message.
    case .tls: return payload.first == 22 || payload.first == 1
    }
  }

  /// The values in the order of the view's columns.
  func row(_ found: MessageMatcher.Row) -> [FieldValue] {
    let message = found.message
    var rest = found.event[...]
    return view.columns.map { column in
      guard case .field(let field) = column.content else { return .missing }
      if let place = kind.fields.firstIndex(of: field) { return message[place] }
      return rest.popFirst() ?? .missing
    }
  }
}
