/// Text from the recorded machine, made safe to be shown: a file's name may hold anything, and a terminal obeys what it
/// is sent.
public enum VisibleText {
  /// The text of some bytes, with everything that a terminal would act upon written out.
  ///
  /// Control characters become `\n`, `\t`, `\r`, `\e` or `\x07`, bytes that are no UTF-8 `\xff`, and characters that
  /// change the direction or the line of what follows `\u{202e}`. All else stays as it is. Linear in the length.
  public static func of(_ bytes: some Collection<UInt8>) -> String {
    if bytes.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return String(decoding: bytes, as: UTF8.self) }
    var text = ""
    var rest = Array(bytes)[...]
    while let scalar = nextScalar(&rest) {
      switch scalar {
      case .valid(let scalar): append(scalar, to: &text)
      case .invalid(let byte): text += hexadecimal(byte)
      }
    }
    return text
  }

  /// The same of a string.
  public static func of(_ string: String) -> String { of(string.utf8) }

  private enum Decoded {
    case valid(Unicode.Scalar)
    case invalid(UInt8)
  }

  /// Takes the next character off the front, or the next byte when it begins none.
  private static func nextScalar(_ bytes: inout ArraySlice<UInt8>) -> Decoded? {
    guard let first = bytes.first else { return nil }
    let length: Int
    switch first {
    case 0..<0x80: length = 1
    case 0xC2..<0xE0: length = 2
    case 0xE0..<0xF0: length = 3
    case 0xF0..<0xF5: length = 4
    default: length = 0
    }
    if length > 0, length <= bytes.count {
      var codec = UTF8()
      var iterator = bytes.prefix(length).makeIterator()
      if case .scalarValue(let scalar) = codec.decode(&iterator) {
        bytes = bytes.dropFirst(length)
        return .valid(scalar)
      }
    }
    bytes = bytes.dropFirst()
    return .invalid(first)
  }

  private static func append(_ scalar: Unicode.Scalar, to text: inout String) {
    switch scalar {
    case "\n": text += "\\n"
    case "\r": text += "\\r"
    case "\t": text += "\\t"
    case "\u{1B}": text += "\\e"
    case "\0"..<"\u{20}", "\u{7F}": text += hexadecimal(UInt8(scalar.value))
    // The second set of control characters, separators of lines, and marks that turn the direction of writing.
    case "\u{80}"..<"\u{A0}", "\u{2028}", "\u{2029}", "\u{200E}", "\u{200F}", "\u{061C}", "\u{202A}"..."\u{202E}",
      "\u{2066}"..."\u{2069}", "\u{FEFF}":
      text += "\\u{" + String(scalar.value, radix: 16) + "}"
    default: text.unicodeScalars.append(scalar)
    }
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16)
    return "\\x" + (digits.count == 1 ? "0" : "") + digits
  }

  /// Whether sending these bytes to a terminal could do anything else than show text and end lines. For long runs of
  /// lines: nothing is copied when all is well.
  public static func isHarmless(_ bytes: some Collection<UInt8>) -> Bool {
    let answer = bytes.withContiguousStorageIfAvailable { bytes in
      var start = 0
      // Bytes below the blank, DEL and all beyond ASCII must be as many as tabs and line feeds. Sums as narrow as what is
      // counted, so that the loops become those over vectors of bytes.
      while start < bytes.count {
        let end = min(start &+ 255, bytes.count)
        var special: UInt8 = 0
        var tabs: UInt8 = 0
        var lineFeeds: UInt8 = 0
        for index in start..<end { if bytes[index] &- 0x20 >= 0x5F { special &+= 1 } }
        for index in start..<end { if bytes[index] == 0x09 { tabs &+= 1 } }
        for index in start..<end { if bytes[index] == 0x0A { lineFeeds &+= 1 } }
        if special != tabs &+ lineFeeds { return false }
        start = end
      }
      return true
    }
    return answer ?? bytes.allSatisfy { ($0 >= 0x20 && $0 < 0x7F) || $0 == 0x0A || $0 == 0x09 }
  }

  /// Whole lines made safe: like `of`, but tabs and line feeds stay.
  public static func lines(_ bytes: some Collection<UInt8>) -> [UInt8] {
    if isHarmless(bytes) { return Array(bytes) }
    var safe: [UInt8] = []
    safe.reserveCapacity(bytes.count + 64)
    for run in Array(bytes).split(separator: 0x0A, omittingEmptySubsequences: false) {
      appendLine(run, to: &safe)
      safe.append(0x0A)
    }
    safe.removeLast()
    return safe
  }

  /// Appends one line made safe: like `of`, but tabs stay. A line feed in it becomes visible, so that it stays one line.
  public static func appendLine(_ line: ArraySlice<UInt8>, to text: inout [UInt8]) {
    for (index, part) in line.split(separator: 0x09, omittingEmptySubsequences: false).enumerated() {
      if index > 0 { text.append(0x09) }
      text.append(contentsOf: of(part).utf8)
    }
  }
}
