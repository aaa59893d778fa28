/// Why a pattern is none, and where.
struct PatternError: Error, Hashable {
  let message: String
  /// In bytes of the pattern, from 0.
  let offset: Int
}

/// Reads a pattern from its text:
///
///     ghp_             these characters
///     \. \n \x1B \0    characters that mean something else, or cannot be written
///     [a-z_] [^@\s]    one character of a set, or one that is not in it; \d \w \s are sets, . is one without line ends
///     {4} {2,} {2,8}   so many of the character or set before it; * + ? for {0,} {1,} {0,1}
///     +? {8,}?         as few of them as there are in front of the text behind
///     ( )              the secret; else the whole match is
///     \b               between a character of names and another one
///
/// There are no alternatives: a rule has several patterns.
struct PatternParser {
  private let bytes: [UInt8]
  private let ignoresCase: Bool
  private var position = 0
  private var steps: [RedactionPattern.Step] = []
  /// The lazy run that waits for its text.
  private var lazy: (set: ByteSet, least: Int, most: Int, offset: Int)?
  private var literal: [UInt8] = []
  private var hasSecret = false
  private var isInSecret = false

  /// The most bytes of a pattern.
  static let longest = 4096

  static func parse(_ text: String, ignoresCase: Bool = false) throws(PatternError) -> RedactionPattern {
    var parser = PatternParser(bytes: Array(text.utf8), ignoresCase: ignoresCase)
    return try parser.pattern()
  }

  private init(bytes: [UInt8], ignoresCase: Bool) {
    self.bytes = bytes
    self.ignoresCase = ignoresCase
  }

  private mutating func pattern() throws(PatternError) -> RedactionPattern {
    guard bytes.count <= PatternParser.longest else {
      throw PatternError(message: "a pattern has at most \(PatternParser.longest) bytes", offset: 0)
    }
    while position < bytes.count { try item() }
    try flush()
    if isInSecret { throw error("the parenthesis is not closed") }
    if let lazy { throw PatternError(message: "behind a lazy run there must be a text", offset: lazy.offset) }
    let pattern = RedactionPattern(steps: steps, ignoresCase: ignoresCase)
    guard pattern.beginning != nil else {
      throw PatternError(
        message: steps.isEmpty ? "the pattern is empty" : "the pattern begins with what may be nothing", offset: 0)
    }
    return pattern
  }

  private mutating func item() throws(PatternError) {
    let start = position
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "("):
      if hasSecret { throw error("there is one secret in a pattern", start) }
      try flush()
      (hasSecret, isInSecret) = (true, true)
      try append(.secretBegins)
    case UInt8(ascii: ")"):
      guard isInSecret else { throw error("no parenthesis is open", start) }
      try flush()
      isInSecret = false
      try append(.secretEnds)
    case UInt8(ascii: "|"): throw error("there are no alternatives: write several patterns", start)
    case UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "{"):
      throw error("nothing stands in front that there could be several of", start)
    case UInt8(ascii: "["): try counted(try set(start), start)
    case UInt8(ascii: "."):
      var set = ByteSet.allButNull
      var lineEnds = ByteSet()
      for end in [0x0A, 0x0D] as [UInt8] { lineEnds.insert(end) }
      set = lineEnds.inverted
      try counted(set, start)
    case UInt8(ascii: "\\"):
      if position < bytes.count, bytes[position] == UInt8(ascii: "b") {
        position += 1
        try flush()
        return try append(.boundary)
      }
      switch try escape(start) {
      case .byte(let byte): try character(byte, start)
      case .set(let set): try counted(set, start)
      }
    default: try character(byte, start)
    }
  }

  private enum Escaped {
    case byte(UInt8)
    case set(ByteSet)
  }

  /// What stands behind a backslash.
  private mutating func escape(_ start: Int) throws(PatternError) -> Escaped {
    guard position < bytes.count else { throw error("nothing stands behind the backslash", start) }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "n"): return .byte(0x0A)
    case UInt8(ascii: "r"): return .byte(0x0D)
    case UInt8(ascii: "t"): return .byte(0x09)
    case UInt8(ascii: "0"): return .byte(0)
    case UInt8(ascii: "d"): return .set(ByteSet(0x30...0x39))
    case UInt8(ascii: "w"): return .set(.word)
    case UInt8(ascii: "s"): return .set(.space)
    case UInt8(ascii: "x"):
      guard position + 2 <= bytes.count,
        let value = UInt8(String(decoding: bytes[position..<position + 2], as: UTF8.self), radix: 16)
      else { throw error("two hexadecimal digits belong behind \\x", start) }
      position += 2
      return .byte(value)
    default:
      if ByteSet.word.contains(byte) { throw error("\\\(Character(Unicode.Scalar(byte))) means nothing here", start) }
      return .byte(byte)
    }
  }

  /// `[…]`, whose bracket was read.
  private mutating func set(_ start: Int) throws(PatternError) -> ByteSet {
    var set = ByteSet()
    var isInverted = false
    if position < bytes.count, bytes[position] == UInt8(ascii: "^") {
      isInverted = true
      position += 1
    }
    var isFirst = true
    while true {
      guard position < bytes.count else { throw error("the bracket is not closed", start) }
      let at = position
      var low = bytes[position]
      position += 1
      if low == UInt8(ascii: "]"), !isFirst { break }
      isFirst = false
      if low == UInt8(ascii: "\\") {
        switch try escape(at) {
        case .byte(let byte): low = byte
        case .set(let other):
          set.formUnion(other)
          continue
        }
      }
      guard position + 1 < bytes.count, bytes[position] == UInt8(ascii: "-"), bytes[position + 1] != UInt8(ascii: "]")
      else {
        set.insert(low)
        continue
      }
      position += 1
      var high = bytes[position]
      position += 1
      if high == UInt8(ascii: "\\") {
        guard case .byte(let byte) = try escape(position - 1) else { throw error("a range ends with a character", at) }
        high = byte
      }
      guard low <= high else { throw error("the range is the wrong way round", at) }
      for byte in low...high { set.insert(byte) }
    }
    return isInverted ? set.inverted : set
  }

  private mutating func character(_ byte: UInt8, _ start: Int) throws(PatternError) {
    guard hasCount else {
      literal.append(byte)
      return
    }
    guard byte < 0x80 else { throw error("only one byte can be counted; this character has several", start) }
    var set = ByteSet()
    set.insert(byte)
    try counted(set, start)
  }

  private var hasCount: Bool {
    guard position < bytes.count else { return false }
    return [UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "?"), UInt8(ascii: "{")].contains(bytes[position])
  }

  /// A set with the count behind it, if there is one.
  private mutating func counted(_ set: ByteSet, _ start: Int) throws(PatternError) {
    try flush()
    let set = ignoresCase ? set.ignoringCase : set
    guard hasCount else { return try append(.run(set, least: 1, most: 1)) }
    let at = position
    let sign = bytes[position]
    position += 1
    var (least, most) = (0, Int.max)
    switch sign {
    case UInt8(ascii: "*"): break
    case UInt8(ascii: "+"): least = 1
    case UInt8(ascii: "?"): most = 1
    default: (least, most) = try bounds(at)
    }
    if position < bytes.count, bytes[position] == UInt8(ascii: "?") {
      position += 1
      if lazy != nil { throw error("behind a lazy run there must be a text", at) }
      lazy = (set, least, most, start)
      return
    }
    if hasCount { throw error("there is a count already") }
    try append(.run(set, least: least, most: most))
  }

  /// `{n}`, `{n,}` or `{n,m}`, whose brace was read.
  private mutating func bounds(_ start: Int) throws(PatternError) -> (Int, Int) {
    guard let close = bytes[position...].firstIndex(of: UInt8(ascii: "}")) else {
      throw error("the brace is not closed", start)
    }
    let parts = bytes[position..<close].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    position = close + 1
    let wrong = PatternError(message: "a count is {4}, {2,} or {2,8}, up to 65536", offset: start)
    guard parts.count <= 2, let least = Int(parts[0]), 0...65_536 ~= least else { throw wrong }
    if parts.count == 1 {
      if least == 0 { throw wrong }
      return (least, least)
    }
    if parts[1].isEmpty { return (least, .max) }
    guard let most = Int(parts[1]), max(least, 1)...65_536 ~= most else { throw wrong }
    return (least, most)
  }

  /// Ends a text of plain characters.
  private mutating func flush() throws(PatternError) {
    if literal.isEmpty { return }
    let text = ignoresCase ? literal.map(RedactionPattern.lowercase) : literal
    literal = []
    if let (set, least, most, _) = lazy {
      lazy = nil
      // The end of the secret may stand between the two.
      let end = steps.last == .secretEnds ? steps.popLast() : nil
      steps.append(.lazyRun(set, least: least, most: most, before: text))
      if let end { steps.append(end) }
    } else if case .run(let set, let least, let most)? = steps.last(where: { $0 != .secretEnds && $0 != .secretBegins }),
      least < most, set.contains(text[0])
    {
      throw error("the run takes the text behind it as well: make it lazy with ?", position)
    }
    steps.append(.text(text))
  }

  private mutating func append(_ step: RedactionPattern.Step) throws(PatternError) {
    if let lazy, step != .secretEnds {
      throw PatternError(message: "behind a lazy run there must be a text", offset: lazy.offset)
    }
    steps.append(step)
  }

  private func error(_ message: String, _ offset: Int? = nil) -> PatternError {
    PatternError(message: message, offset: offset ?? position)
  }
}
