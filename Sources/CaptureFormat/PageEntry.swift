import BinaryCoding

/// A summary page as the root of the summary knows it: where it is, and the ranges of the chunks that it lists.
public struct PageEntry: Sendable, Hashable {
  /// Where the page's frame begins, counted from the magic.
  public var offset: UInt64
  /// The bytes of the frame's payload.
  public var length: Int
  /// The frame's sequence number: all frames that the page speaks of have smaller ones.
  public var sequence: UInt64
  /// How many chunks it lists.
  public var chunks: Int
  /// How many loss records it lists.
  public var losses: Int
  /// What its chunks say together.
  public var bounds: ChunkBounds

  // In the root: offset (difference to that of the page before) | payload length | sequence number (likewise) | chunks |
  // losses | events | least number | greatest - least number | least start (zigzag) | least exit - least start |
  // greatest - least exit.

  static func write(_ pages: [PageEntry], into output: inout ByteBuffer) {
    output.append(varint: UInt64(pages.count))
    var before: (offset: UInt64, sequence: UInt64) = (0, 0)
    for page in pages {
      output.append(varint: page.offset &- before.offset)
      output.append(varint: UInt64(page.length))
      output.append(varint: page.sequence &- before.sequence)
      output.append(varint: UInt64(page.chunks))
      output.append(varint: UInt64(page.losses))
      output.append(varint: page.bounds.events)
      output.append(varint: page.bounds.firstNumber)
      output.append(varint: page.bounds.lastNumber &- page.bounds.firstNumber)
      output.append(zigzag: page.bounds.leastStart)
      output.append(varint: UInt64(bitPattern: page.bounds.leastExit &- page.bounds.leastStart))
      output.append(varint: UInt64(bitPattern: page.bounds.greatestExit &- page.bounds.leastExit))
      before = (page.offset, page.sequence)
    }
  }

  static func read(_ cursor: inout ByteCursor) throws(MalformedBytes) -> [PageEntry] {
    let count = try cursor.count(upTo: cursor.remaining / 11, "the number of summary pages")
    var pages: [PageEntry] = []
    var before: (offset: UInt64, sequence: UInt64) = (0, 0)
    for _ in 0..<count {
      let offset = before.offset &+ (try cursor.varint())
      let length = try cursor.count(upTo: CaptureLimits.frameBytes, "the length of a summary page")
      let sequence = before.sequence &+ (try cursor.varint())
      let chunks = try cursor.count(upTo: CaptureLimits.pageChunks, "the number of chunks in a summary page")
      let losses = try cursor.count(upTo: CaptureLimits.pageChunks, "the number of losses in a summary page")
      var bounds = ChunkBounds()
      bounds.events = try cursor.varint()
      bounds.firstNumber = try cursor.varint()
      bounds.lastNumber = bounds.firstNumber &+ (try cursor.varint())
      bounds.leastStart = try cursor.zigzag()
      bounds.leastExit = bounds.leastStart &+ Int64(bitPattern: try cursor.varint())
      bounds.greatestExit = bounds.leastExit &+ Int64(bitPattern: try cursor.varint())
      guard offset > before.offset, offset % 8 == 0, sequence > before.sequence else {
        throw MalformedBytes("the summary pages do not ascend")
      }
      pages.append(
        PageEntry(offset: offset, length: length, sequence: sequence, chunks: chunks, losses: losses, bounds: bounds))
      before = (offset, sequence)
    }
    return pages
  }
}

/// What the heads of several chunks say together.
public struct ChunkBounds: Sendable, Hashable {
  /// How many events they have.
  public var events: UInt64 = 0
  /// The least number of an event; 0 without events.
  public var firstNumber: UInt64 = 0
  /// The greatest number of an event.
  public var lastNumber: UInt64 = 0
  /// The least start in nanoseconds of the epoch; 0 without events.
  public var leastStart: Int64 = 0
  /// The least exit time.
  public var leastExit: Int64 = 0
  /// The greatest exit time.
  public var greatestExit: Int64 = 0

  /// The bounds of no chunk.
  public init() {}

  /// Takes a chunk in.
  public mutating func add(_ head: ChunkHead) {
    guard head.count > 0 else { return }
    if events == 0 {
      (firstNumber, lastNumber) = (head.firstNumber, head.lastNumber)
      (leastStart, leastExit, greatestExit) = (head.leastStart, head.leastExit, head.greatestExit)
    } else {
      firstNumber = min(firstNumber, head.firstNumber)
      lastNumber = max(lastNumber, head.lastNumber)
      leastStart = min(leastStart, head.leastStart)
      leastExit = min(leastExit, head.leastExit)
      greatestExit = max(greatestExit, head.greatestExit)
    }
    events &+= UInt64(head.count)
  }
}
