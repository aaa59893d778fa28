/// A value in a JSON text that nobody vouches for: what recorders write about containers.
indirect enum ScapJSON {
  case object([(key: [UInt8], value: ScapJSON)])
  case list([ScapJSON])
  case text([UInt8])
  case number(Double)
  case other

  /// `nil` when the text is not JSON.
  init?(_ bytes: UnsafeRawBufferPointer) {
    var parser = Parser(bytes: bytes)
    guard let value = parser.value(depth: 0) else { return nil }
    self = value
  }

  subscript(key: String) -> ScapJSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key.elementsEqual(key.utf8) }?.value
  }

  var text: [UInt8]? { if case .text(let text) = self { text } else { nil } }
  var number: Int? { if case .number(let number) = self { Int(exactly: number) } else { nil } }

  private struct Parser {
    let bytes: UnsafeRawBufferPointer
    var position = 0
    static let deepest = 64

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    private mutating func next() -> UInt8? {
      while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
      return position < bytes.count ? bytes[position] : nil
    }

    private mutating func take(_ byte: UInt8) -> Bool {
      guard next() == byte else { return false }
      position += 1
      return true
    }

    mutating func value(depth: Int) -> ScapJSON? {
      guard depth < Parser.deepest, let first = next() else { return nil }
      switch first {
      case UInt8(ascii: "{"): return object(depth)
      case UInt8(ascii: "["): return list(depth)
      case UInt8(ascii: "\""): return text().map { .text($0) }
      default: return word()
      }
    }

    private mutating func object(_ depth: Int) -> ScapJSON? {
      position += 1
      var members: [(key: [UInt8], value: ScapJSON)] = []
      if take(UInt8(ascii: "}")) { return .object(members) }
      while true {
        guard next() == UInt8(ascii: "\""), let key = text(), take(UInt8(ascii: ":")),
          let value = value(depth: depth + 1)
        else { return nil }
        members.append((key, value))
        if take(UInt8(ascii: "}")) { return .object(members) }
        guard take(UInt8(ascii: ",")) else { return nil }
      }
    }

    private mutating func list(_ depth: Int) -> ScapJSON? {
      position += 1
      var values: [ScapJSON] = []
      if take(UInt8(ascii: "]")) { return .list(values) }
      while true {
        guard let value = value(depth: depth + 1) else { return nil }
        values.append(value)
        if take(UInt8(ascii: "]")) { return .list(values) }
        guard take(UInt8(ascii: ",")) else { return nil }
      }
    }

    private mutating func text() -> [UInt8]? {
      position += 1
      var text: [UInt8] = []
      while position < bytes.count {
        let byte = bytes[position]
        position += 1
        if byte == UInt8(ascii: "\"") { return text }
        guard byte == UInt8(ascii: "\\") else {
          text.append(byte)
          continue
        }
        guard position < bytes.count else { return nil }
        let escaped = bytes[position]
        position += 1
        switch escaped {
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "u"):
          guard position + 4 <= bytes.count,
            let code = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
          else { return nil }
          position += 4
          text.append(contentsOf: String(Character(Unicode.Scalar(code) ?? "\u{FFFD}")).utf8)
        default: text.append(escaped)
        }
      }
      return nil
    }

    private mutating func word() -> ScapJSON? {
      let start = position
      while position < bytes.count, !",]} \t\r\n".utf8.contains(bytes[position]) { position += 1 }
      let word = String(decoding: bytes[start..<position], as: UTF8.self)
      if ["true", "false", "null"].contains(word) { return .other }
      return Double(word).map { .number($0) }
    }
  }
}
