import ScapFormat

/// A `.scap` file taken apart in the plainest way: what the writer is compared with.
struct NaiveScapFile {
  struct Broken: Error, CustomStringConvertible {
    let description: String
  }

  struct Event {
    var cpu: UInt16
    var isHidden: Bool
    var time: UInt64
    var tid: Int64
    var code: UInt16
    var values: [[UInt8]]

    /// A value as a little-endian number.
    func number(_ index: Int) -> UInt64 { values[index].reversed().reduce(0) { $0 << 8 | UInt64($1) } }

    /// A value without the NUL at its end.
    func text(_ index: Int) -> String { String(decoding: values[index].dropLast(), as: UTF8.self) }
  }

  private(set) var blocks: [(number: UInt32, body: [UInt8])] = []
  private(set) var events: [Event] = []
  /// The entries of process lists.
  private(set) var processes: [[UInt8]] = []
  /// The entries of descriptor lists by process.
  private(set) var descriptors: [UInt64: [[UInt8]]] = [:]

  init(_ bytes: [UInt8]) throws {
    var offset = 0
    while offset < bytes.count {
      guard bytes.count - offset >= 12 else { throw Broken(description: "\(bytes.count - offset) bytes at the end") }
      let length = Int(word(bytes, offset + 4, 4))
      guard length % 4 == 0, length >= 12, offset + length <= bytes.count else {
        throw Broken(description: "a block of \(length) bytes at \(offset)")
      }
      guard Int(word(bytes, offset + length - 4, 4)) == length else {
        throw Broken(description: "the length at the end of the block at \(offset) is another one")
      }
      let body = Array(bytes[(offset + 8)..<(offset + length - 4)])
      blocks.append((UInt32(word(bytes, offset, 4)), body))
      offset += length
    }
    for block in blocks { try take(block.number, block.body) }
  }

  private mutating func take(_ number: UInt32, _ body: [UInt8]) throws {
    switch number {
    case 0x216, 0x217, 0x221, 0x222:
      events.append(try event(body, hasFlags: number == 0x217 || number == 0x222, isLarge: number > 0x220))
    case 0x215: processes += try entries(body, from: 0)
    case 0x218: descriptors[word(body, 0, 8), default: []] += try entries(body, from: 8)
    case 0x0A0D_0D0A, 0x201, 0x219, 0x220: break
    default: throw Broken(description: "an unknown block \(number)")
    }
  }

  private func event(_ body: [UInt8], hasFlags: Bool, isLarge: Bool) throws -> Event {
    let sizeOfSize = isLarge ? 4 : 2
    let head = hasFlags ? 6 : 2
    let length = Int(word(body, head + 16, 4))
    let count = Int(word(body, head + 22, 4))
    var event = Event(
      cpu: UInt16(word(body, 0, 2)), isHidden: hasFlags && word(body, 2, 4) == 1, time: word(body, head, 8),
      tid: Int64(bitPattern: word(body, head + 8, 8)), code: UInt16(word(body, head + 20, 2)), values: [])
    var offset = head + 26 + sizeOfSize * count
    for index in 0..<count {
      let size = Int(word(body, head + 26 + sizeOfSize * index, sizeOfSize))
      guard offset + size <= body.count else { throw Broken(description: "parameter \(index) does not fit") }
      event.values.append(Array(body[offset..<(offset + size)]))
      offset += size
    }
    guard offset == head + length else {
      throw Broken(description: "the event ends at \(offset), not \(head + length)")
    }
    // Up to three bytes bring the block to a multiple of four.
    guard body.count - offset < 4 else { throw Broken(description: "\(body.count - offset) bytes behind the event") }
    return event
  }

  /// Entries that begin with their length.
  private func entries(_ body: [UInt8], from start: Int) throws -> [[UInt8]] {
    var entries: [[UInt8]] = []
    var offset = start
    while body.count - offset >= 4 {
      let length = Int(word(body, offset, 4))
      guard length >= 4, offset + length <= body.count else { throw Broken(description: "an entry of \(length)") }
      entries.append(Array(body[offset..<(offset + length)]))
      offset += length
    }
    return entries
  }
}

/// A little-endian number.
private func word(_ bytes: [UInt8], _ offset: Int, _ size: Int) -> UInt64 {
  bytes[offset..<(offset + size)].reversed().reduce(0) { $0 << 8 | UInt64($1) }
}
