import CYAML

/// What is read of one YAML text at most. Rules files come from strangers.
public struct YAMLLimits: Sendable {
  /// How many bytes a text may have.
  public var bytes = 16 << 20
  /// How deep collections may stand in each other. Rules need six levels.
  public var depth = 64
  /// How many values there may be, those counted again that aliases repeat.
  public var values = 2_000_000

  /// The limits that rules files are read with.
  public init() {}
}

/// Reads the documents of a YAML text.
///
/// The library turns text into events; values are made of them here, with a stack of its own instead of recursion, so
/// that depth, size, and what aliases expand to are bounded.
///
/// - Throws: the first thing that is wrong, with its place.
/// - Complexity: linear in the text and in what aliases repeat.
public func composeYAML(_ bytes: [UInt8], limits: YAMLLimits = YAMLLimits()) throws(YAMLError) -> [YAMLNode] {
  guard bytes.count <= limits.bytes else {
    throw YAMLError(
      message: "the text has \(bytes.count) bytes; \(limits.bytes) are the most that are read",
      mark: YAMLMark(line: 1, column: 1))
  }
  // The parser keeps a pointer to the text, which therefore must not move while there are events.
  let result = bytes.withUnsafeBufferPointer { bytes in
    Result { () throws(YAMLError) in
      var composer = YAMLComposer(EventParser(bytes), limits)
      return try composer.documents()
    }
  }
  return try result.get()
}

private struct YAMLComposer: ~Copyable {
  private var parser: EventParser
  private let limits: YAMLLimits
  private var open: [OpenCollection] = []
  private var anchors: [String: (node: YAMLNode, size: Int)] = [:]
  private var openAnchors: Set<String> = []
  private var values = 0

  private struct OpenCollection {
    let isMapping: Bool
    let start: YAMLMark
    let anchor: String?
    let valuesBefore: Int
    var nodes: [YAMLNode] = []
  }

  init(_ parser: consuming EventParser, _ limits: YAMLLimits) {
    self.parser = parser
    self.limits = limits
  }

  mutating func documents() throws(YAMLError) -> [YAMLNode] {
    var documents: [YAMLNode] = []
    while true {
      let event = try parser.next()
      var made: YAMLNode?
      switch event.kind {
      case .streamEnd: return documents
      case .other: continue
      case .documentStart: anchors = [:]
      case .alias(let name): made = try alias(name, event)
      case .scalar(let scalar, let anchor):
        try count(1, event)
        let node = YAMLNode(content: .scalar(scalar), start: event.start, end: event.end)
        if let anchor { anchors[anchor] = (node, 1) }
        made = node
      case .begin(let isMapping, let anchor):
        try count(1, event)
        guard open.count < limits.depth else {
          throw YAMLError(message: "values stand in each other deeper than \(limits.depth) levels", mark: event.start)
        }
        if let anchor { openAnchors.insert(anchor) }
        open.append(
          OpenCollection(isMapping: isMapping, start: event.start, anchor: anchor, valuesBefore: values))
      case .end: made = close(event)
      }
      guard let made else { continue }
      if open.isEmpty { documents.append(made) } else { open[open.count - 1].nodes.append(made) }
    }
  }

  private mutating func count(_ more: Int, _ event: YAMLEvent) throws(YAMLError) {
    values += more
    guard values <= limits.values else {
      throw YAMLError(message: "there are more than \(limits.values) values, counting repeated ones", mark: event.start)
    }
  }

  private mutating func alias(_ name: String, _ event: YAMLEvent) throws(YAMLError) -> YAMLNode {
    guard let (node, size) = anchors[name] else {
      let isInside = openAnchors.contains(name)
      throw YAMLError(
        message: isInside
          ? "the alias '*\(name)' stands inside of what it names" : "nothing is named '&\(name)' before '*\(name)'",
        mark: event.start)
    }
    try count(size, event)
    return node
  }

  private mutating func close(_ event: YAMLEvent) -> YAMLNode? {
    guard let collection = open.popLast() else { return nil }
    let content: YAMLNode.Content
    if collection.isMapping {
      let nodes = collection.nodes
      content = .mapping(
        stride(from: 0, to: nodes.count - 1, by: 2).map { YAMLPair(key: nodes[$0], value: nodes[$0 + 1]) })
    } else {
      content = .sequence(collection.nodes)
    }
    let node = YAMLNode(content: content, start: collection.start, end: event.end)
    if let anchor = collection.anchor {
      openAnchors.remove(anchor)
      anchors[anchor] = (node, values - collection.valuesBefore + 1)
    }
    return node
  }
}

/// What the library's parser says, as a value.
private struct YAMLEvent {
  enum Kind {
    case documentStart, streamEnd, other, end
    case alias(String)
    case scalar(YAMLScalar, anchor: String?)
    case begin(isMapping: Bool, anchor: String?)
  }

  let kind: Kind
  let start: YAMLMark
  let end: YAMLMark
}

/// The library's parser, freed with its owner.
private struct EventParser: ~Copyable {
  private let parser: UnsafeMutablePointer<yaml_parser_t>

  /// - Parameter bytes: must outlive the parser.
  init(_ bytes: UnsafeBufferPointer<UInt8>) {
    parser = .allocate(capacity: 1)
    parser.initialize(to: yaml_parser_t())
    let isReady = yaml_parser_initialize(parser)
    precondition(isReady == 1, "out of memory")
    yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deallocate()
  }

  mutating func next() throws(YAMLError) -> YAMLEvent {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw failure() }
    defer { yaml_event_delete(&event) }
    let kind: YAMLEvent.Kind
    switch event.type {
    case YAML_STREAM_END_EVENT: kind = .streamEnd
    case YAML_DOCUMENT_START_EVENT: kind = .documentStart
    case YAML_ALIAS_EVENT: kind = .alias(EventParser.text(event.data.alias.anchor) ?? "")
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let text = String(
        decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
      kind = .scalar(
        YAMLScalar(text: text, isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE),
        anchor: EventParser.text(scalar.anchor))
    case YAML_SEQUENCE_START_EVENT:
      kind = .begin(isMapping: false, anchor: EventParser.text(event.data.sequence_start.anchor))
    case YAML_MAPPING_START_EVENT:
      kind = .begin(isMapping: true, anchor: EventParser.text(event.data.mapping_start.anchor))
    case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: kind = .end
    default: kind = .other
    }
    return YAMLEvent(kind: kind, start: EventParser.mark(event.start_mark), end: EventParser.mark(event.end_mark))
  }

  private static func mark(_ mark: yaml_mark_t) -> YAMLMark {
    YAMLMark(line: Int(clamping: mark.line) + 1, column: Int(clamping: mark.column) + 1)
  }

  private static func text(_ pointer: UnsafeMutablePointer<UInt8>?) -> String? {
    pointer.map { String(cString: $0) }
  }

  private func failure() -> YAMLError {
    let parser = parser.pointee
    var message = parser.problem.map { String(cString: $0) } ?? "this is no YAML"
    if let context = parser.context { message += " (" + String(cString: context) + ")" }
    if parser.error == YAML_READER_ERROR { message = "these bytes are no UTF-8 text: " + message }
    if parser.error == YAML_MEMORY_ERROR { message = "there is not enough memory" }
    if message.contains("found character that cannot start any token") {
      message += "; tabs do not indent, and '%', '@' and '`' need quotes at the start of a value"
    }
    if message.contains("mapping values are not allowed") {
      message += "; a value with ': ' in it needs quotes"
    }
    return YAMLError(message: message, mark: EventParser.mark(parser.problem_mark))
  }
}
