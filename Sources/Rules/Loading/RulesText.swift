import YAML

/// A rules file as text: its name and bytes, and where its lines begin.
public struct RulesText: Sendable {
  /// What messages call it: its path.
  public let name: String
  /// What is in it.
  public let bytes: [UInt8]
  private let lineStarts: [Int]

  /// A text with a name.
  public init(name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
    var starts = [0]
    for index in bytes.indices {
      if bytes[index] == 0x0A || bytes[index] == 0x0D && (index + 1 >= bytes.count || bytes[index + 1] != 0x0A) {
        starts.append(index + 1)
      }
    }
    lineStarts = starts
  }

  /// A text from a string.
  public init(name: String, _ text: String) { self.init(name: name, bytes: Array(text.utf8)) }

  /// The offset of a place, clamped to the text.
  func offset(of mark: YAMLMark) -> Int {
    guard mark.line >= 1, mark.line <= lineStarts.count else { return bytes.count }
    var offset = lineStarts[mark.line - 1]
    var left = mark.column - 1
    // The library does not count a mark of the byte order.
    if mark.line == 1, bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
    while left > 0, offset < bytes.count {
      offset += 1
      while offset < bytes.count, bytes[offset] & 0xC0 == 0x80 { offset += 1 }
      left -= 1
    }
    return min(offset, bytes.count)
  }

  /// The place of an offset.
  func mark(at offset: Int) -> YAMLMark {
    let offset = min(max(offset, 0), bytes.count)
    var (low, high) = (0, lineStarts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if lineStarts[middle] <= offset { low = middle } else { high = middle }
    }
    let column = bytes[lineStarts[low]..<offset].reduce(1) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 }
    return YAMLMark(line: low + 1, column: column)
  }

  /// Where an offset of a scalar's text stands in the file.
  ///
  /// Folding and indenting change blanks alone, so that the characters which are none are counted. Where escapes or
  /// quotes make the texts differ in more, the scalar's beginning is the answer.
  func offset(of textOffset: Int, in scalar: YAMLNode) -> Int {
    let start = offset(of: scalar.start)
    let end = offset(of: scalar.end)
    guard let text = scalar.scalar?.text.utf8 else { return start }
    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }
    var position = start
    if position < end {
      switch bytes[position] {
      case UInt8(ascii: "\""), UInt8(ascii: "'"): position += 1
      case UInt8(ascii: "|"), UInt8(ascii: ">"):
        while position < end, bytes[position] != 0x0A { position += 1 }
      default: break
      }
    }
    for (index, byte) in text.enumerated() {
      if isBlank(byte) {
        if index >= textOffset { return min(position, end) }
        continue
      }
      while position < end, isBlank(bytes[position]) { position += 1 }
      if index >= textOffset { return min(position, end) }
      guard position < end, bytes[position] == byte else { return start }
      position += 1
    }
    return min(position, end)
  }
}
