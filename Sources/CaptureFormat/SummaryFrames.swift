import BinaryCoding
import EventSchema

/// A chunk as the tail and a scan know it: where its frame begins, and its head.
public struct ChunkEntry: Sendable {
  /// Where the chunk's frame begins, counted from the magic.
  public var offset: UInt64
  /// The bytes of the frame's payload.
  public var length: Int
  /// What the chunk says about itself.
  public var head: ChunkHead

  /// A chunk and its place.
  public init(offset: UInt64, length: Int, head: ChunkHead) {
    self.offset = offset
    self.length = length
    self.head = head
  }
}

/// The content of a summary page frame: chunk heads in the order of the file.
///
///     number of chunks
///     each: offset (difference to that of the chunk before) | payload length | head length | head
public struct SummaryPage: ~Copyable {
  /// A page is written when it has grown to this, so that a reader need not hold all pages at once.
  public static let fullBytes = 1 << 20

  private var content = ByteBuffer(capacity: 1 << 12)
  /// The chunks gathered so far.
  public private(set) var count = 0
  private var before: UInt64 = 0

  /// An empty page.
  public init() {}

  /// The bytes gathered so far.
  public var byteCount: Int { content.count }

  /// Adds a chunk.
  public mutating func append(offset: UInt64, length: Int, head: ArraySlice<UInt8>) {
    content.append(varint: offset - before)
    content.append(varint: UInt64(length))
    head.withUnsafeBytes { content.append(counted: $0) }
    before = offset
    count += 1
  }

  /// The payload of the page's frame.
  public consuming func encoded(_ compression: BlockCompression) -> [UInt8] {
    var raw = ByteBuffer(capacity: content.count + 16)
    raw.append(varint: UInt64(count))
    raw.append(contentsOf: content.bytes)
    return CompressedPayload.encode(raw.bytes, compression)
  }

  /// The chunks of a page. Their heads' checks are covered by the page's own.
  public static func decode(
    _ payload: UnsafeRawBufferPointer, _ decompression: BlockDecompression
  ) throws(MalformedBytes) -> [ChunkEntry] {
    let raw = try CompressedPayload.decode(payload, limit: CaptureLimits.chunkBytes, decompression)
    return try raw.decoded { (cursor) throws(MalformedBytes) in
      var chunks: [ChunkEntry] = []
      var offset: UInt64 = 0
      let count = try cursor.count(upTo: cursor.remaining, "the number of chunks in a summary page")
      for _ in 0..<count {
        offset = offset &+ (try cursor.varint())
        let length = try cursor.count(upTo: CaptureLimits.frameBytes, "the length of a chunk")
        let head = try ChunkHead(try cursor.counted(upTo: CaptureLimits.headBytes, "the length of a chunk head"))
        guard head.byteCount + head.storedBytes == length else {
          throw MalformedBytes("a chunk of \(length) bytes in the summary has a head that says otherwise")
        }
        chunks.append(ChunkEntry(offset: offset, length: length, head: head))
      }
      guard cursor.remaining == 0 else { throw MalformedBytes("a summary page has bytes behind its end") }
      return chunks
    }
  }
}

// The content of a summary frame: sections, each: tag, length, content. Unknown sections are skipped.
//
//     1  totals      started, ended (zigzag) | events | chunks | threads | processes | objects
//     2  losses      number | each: 32 bytes as in a loss frame
//     3  containers  number | each: id | number of texts | each: tag u8, text    (1 name 2 image 3 engine 4 pod 5 namespace)
//     4  types       number | each: type | events
//     5  states      number | each: see `StateEntry`; left out when there are none
extension CaptureSummary {
  private enum Section: UInt64 {
    case totals = 1
    case losses = 2
    case containers = 3
    case types = 4
    case states = 5
  }

  /// The payload of a summary frame.
  public func encoded(losses: [LossRecord], states: [StateEntry], _ compression: BlockCompression) -> [UInt8] {
    var raw = ByteBuffer(capacity: 4096)
    section(.totals, &raw) { output in
      output.append(zigzag: started)
      output.append(zigzag: ended)
      for value in [events, UInt64(chunkCount), threads, processes, objects] { output.append(varint: value) }
    }
    section(.losses, &raw) { output in
      output.append(varint: UInt64(losses.count))
      for loss in losses { output.append(contentsOf: loss.encoded()) }
    }
    section(.containers, &raw) { output in
      output.append(varint: UInt64(containers.count))
      for container in containers { container.write(into: &output) }
    }
    section(.types, &raw) { output in
      output.append(varint: UInt64(typeCounts.count))
      for (type, count) in typeCounts {
        output.append(varint: UInt64(type.rawValue))
        output.append(varint: count)
      }
    }
    if !states.isEmpty { section(.states, &raw) { StateEntry.write(states, into: &$0) } }
    return CompressedPayload.encode(raw.bytes, compression)
  }

  private func section(_ section: Section, _ raw: inout ByteBuffer, content: (inout ByteBuffer) -> Void) {
    var output = ByteBuffer()
    content(&output)
    raw.append(varint: section.rawValue)
    raw.append(counted: output.bytes)
  }

  /// The content of the payload of a summary frame.
  public static func decode(
    _ payload: UnsafeRawBufferPointer, _ decompression: BlockDecompression
  ) throws(MalformedBytes) -> (summary: CaptureSummary, losses: [LossRecord], states: [StateEntry]) {
    let raw = try CompressedPayload.decode(payload, limit: CaptureLimits.chunkBytes, decompression)
    return try raw.decoded { (cursor) throws(MalformedBytes) in
      var summary = CaptureSummary(
        started: 0, ended: 0, events: 0, lost: 0, lostByCause: [], chunkCount: 0, threads: 0, processes: 0,
        objects: 0, containers: [], typeCounts: [])
      var losses: [LossRecord] = []
      var states: [StateEntry] = []
      while cursor.remaining > 0 {
        let tag = try cursor.varint()
        var content = ByteCursor(try cursor.counted(upTo: CaptureLimits.chunkBytes, "the length of a section"))
        guard let section = Section(rawValue: tag) else { continue }
        try summary.read(section, &content, &losses, &states)
      }
      summary.setLosses(losses)
      return (summary, losses, states)
    }
  }

  private mutating func setLosses(_ losses: [LossRecord]) {
    var causes: [LossCause: UInt64] = [:]
    for loss in losses { causes[loss.cause, default: 0] &+= loss.count }
    lost = causes.values.reduce(0, &+)
    lostByCause = causes.sorted { $0.key.rawValue < $1.key.rawValue }.map { ($0.key, $0.value) }
  }

  private mutating func read(
    _ section: Section, _ cursor: inout ByteCursor, _ losses: inout [LossRecord],
    _ states: inout [StateEntry]
  ) throws(MalformedBytes) {
    switch section {
    case .totals:
      started = try cursor.zigzag()
      ended = try cursor.zigzag()
      events = try cursor.varint()
      chunkCount = try cursor.count(upTo: Int(Int32.max), "the number of chunks")
      threads = try cursor.varint()
      processes = try cursor.varint()
      objects = try cursor.varint()
    case .losses:
      let count = try cursor.count(upTo: cursor.remaining / LossRecord.byteCount, "the number of losses")
      for _ in 0..<count { losses.append(try LossRecord(decoding: try cursor.take(LossRecord.byteCount))) }
    case .containers:
      let count = try cursor.count(upTo: cursor.remaining, "the number of containers")
      for _ in 0..<count { containers.append(try ContainerInfo(&cursor)) }
    case .types:
      let count = try cursor.count(upTo: cursor.remaining, "the number of event types")
      for _ in 0..<count {
        let type = try cursor.count(upTo: 65_535, "an event type")
        typeCounts.append((EventTypeID(rawValue: UInt16(type)), try cursor.varint()))
      }
    case .states: states = try StateEntry.read(&cursor)
    }
  }
}

extension ContainerInfo {
  fileprivate func write(into output: inout ByteBuffer) {
    output.append(counted: id)
    let texts: [(UInt8, String)] = [(1, name), (2, image), (3, engine), (4, pod), (5, podNamespace)]
      .compactMap { tag, text in text.map { (tag, $0) } }
    output.append(varint: UInt64(texts.count))
    for (tag, text) in texts {
      output.append(tag)
      output.append(counted: text)
    }
  }

  fileprivate init(_ cursor: inout ByteCursor) throws(MalformedBytes) {
    id = try cursor.text(upTo: CaptureLimits.textBytes, "the length of a container's id")
    let count = try cursor.count(upTo: cursor.remaining, "the number of a container's texts")
    for _ in 0..<count {
      let tag = try cursor.integer(UInt8.self)
      let text = try cursor.text(upTo: CaptureLimits.chunkBytes, "the length of a container's text")
      switch tag {
      case 1: name = text
      case 2: image = text
      case 3: engine = text
      case 4: pod = text
      case 5: podNamespace = text
      default: continue
      }
    }
  }
}

extension [UInt8] {
  /// Reads the bytes with a cursor.
  func decoded<Value>(
    _ read: (inout ByteCursor) throws(MalformedBytes) -> Value
  ) throws(MalformedBytes) -> Value {
    let result: Result<Value, MalformedBytes> = withUnsafeBytes { bytes in
      do throws(MalformedBytes) {
        var cursor = ByteCursor(bytes)
        return .success(try read(&cursor))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}
