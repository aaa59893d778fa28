/// Reads a shell pattern into the steps of a `GlobPattern`.
struct GlobCompiler {
  let pattern: [UInt8]
  let isCaseIgnored: Bool
  private(set) var steps: [GlobPattern.Step] = []
  private(set) var sets: [ByteSet] = []
  private(set) var neverMatches = false
  private var position = 0
  /// How many more bytes may be read in vain, looking for the `]` of brackets that have none. It keeps compiling linear:
  /// thousands of brackets that are all open up to the end would each be read up to there.
  private var budget: Int
  private var numbersOfSets: [ByteSet: GlobPattern.Step] = [:]

  init(pattern: [UInt8], isCaseIgnored: Bool) {
    self.pattern = pattern
    self.isCaseIgnored = isCaseIgnored
    budget = 4096 + 2 * pattern.count
  }

  mutating func compile() {
    while position < pattern.count {
      let byte = pattern[position]
      position += 1
      switch byte {
      case UInt8(ascii: "*"):
        if steps.last != GlobPattern.anyRun { steps.append(GlobPattern.anyRun) }
      case UInt8(ascii: "?"): steps.append(GlobPattern.anyByte)
      case UInt8(ascii: "\\"):
        guard position < pattern.count else {
          neverMatches = true
          return
        }
        appendPlain(pattern[position])
        position += 1
      case UInt8(ascii: "["):
        let start = position
        if let set = readBracket() {
          append(set)
        } else {
          budget -= position - start
          position = start
          appendPlain(byte)
        }
      default: appendPlain(byte)
      }
    }
  }

  private mutating func appendPlain(_ byte: UInt8) {
    steps.append(GlobPattern.Step(isCaseIgnored ? lowercased(byte) : byte))
  }

  /// Equal sets share a number. Past the numbers that a step can hold, which takes tens of thousands of different sets,
  /// the pattern matches nothing.
  private mutating func append(_ set: ByteSet) {
    if let number = numbersOfSets[set] {
      steps.append(number)
      return
    }
    guard sets.count < Int(GlobPattern.Step.max - GlobPattern.firstSet) else {
      neverMatches = true
      return
    }
    let number = GlobPattern.firstSet + GlobPattern.Step(sets.count)
    numbersOfSets[set] = number
    sets.append(set)
    steps.append(number)
  }

  /// Reads what stands behind a `[`, up to its `]`; nil if there is none.
  private mutating func readBracket() -> ByteSet? {
    guard budget > 0 else { return nil }
    var set = ByteSet()
    var isInverted = false
    if let first = peek(), first == UInt8(ascii: "!") || first == UInt8(ascii: "^") {
      isInverted = true
      position += 1
    }
    var isFirst = true
    while true {
      guard let byte = peek() else { return nil }
      if byte == UInt8(ascii: "]"), !isFirst { break }
      isFirst = false
      if byte == UInt8(ascii: "["), peek(1) == UInt8(ascii: ":"), let name = className() {
        if !insertClass(named: name, into: &set) { neverMatches = true }
        continue
      }
      guard let low = element() else { return nil }
      var high = low
      if peek() == UInt8(ascii: "-"), let next = peek(1), next != UInt8(ascii: "]") {
        position += 1
        guard let end = element() else { return nil }
        high = end
      }
      insert(low, through: high, into: &set)
    }
    position += 1
    if isInverted { set.invert() }
    return set
  }

  /// Inserts a range. Ignoring case means that its ends and the text are in lower case: `[B-a]`, which has members
  /// otherwise, is then empty.
  private func insert(_ first: UInt8, through last: UInt8, into set: inout ByteSet) {
    let low = isCaseIgnored ? lowercased(first) : first
    let high = isCaseIgnored ? lowercased(last) : last
    guard low <= high else { return }
    for member in low...high where !isCaseIgnored || member == lowercased(member) {
      set.insert(member)
      if isCaseIgnored, isLetter(member) { set.insert(member ^ 0x20) }
    }
  }

  private func peek(_ ahead: Int = 0) -> UInt8? {
    position + ahead < pattern.count ? pattern[position + ahead] : nil
  }

  /// One byte of a bracket: itself, the one behind a backslash, or `[.x.]` and `[=x=]`.
  private mutating func element() -> UInt8? {
    guard let byte = peek() else { return nil }
    if byte == UInt8(ascii: "\\") {
      guard let escaped = peek(1) else { return nil }
      position += 2
      return escaped
    }
    if byte == UInt8(ascii: "["), let kind = peek(1), kind == UInt8(ascii: ".") || kind == UInt8(ascii: "="),
      let inner = peek(2), peek(3) == kind, peek(4) == UInt8(ascii: "]")
    {
      position += 5
      return inner
    }
    position += 1
    return byte
  }

  /// The name in `[:name:]`, which is then skipped; nil if this is no class.
  private mutating func className() -> String? {
    var length = 0
    while let byte = peek(2 + length), length <= 8, isLetter(byte) { length += 1 }
    guard length > 0, peek(2 + length) == UInt8(ascii: ":"), peek(3 + length) == UInt8(ascii: "]") else { return nil }
    let name = String(decoding: pattern[(position + 2)..<(position + 2 + length)], as: UTF8.self)
    position += length + 4
    return name
  }

  private func insertClass(named name: String, into set: inout ByteSet) -> Bool {
    guard let belongs = GlobCompiler.characterClass(name) else { return false }
    for byte in UInt8(0)...127 where belongs(byte) { set.insert(byte) }
    return true
  }

  private static func characterClass(_ name: String) -> ((UInt8) -> Bool)? {
    let isGraphic: (UInt8) -> Bool = { $0 > 0x20 && $0 < 0x7F }
    switch name {
    case "alnum": return { isLetter($0) || isDigit($0) }
    case "alpha": return isLetter
    case "blank": return { $0 == 0x20 || $0 == 0x09 }
    case "cntrl": return { $0 < 0x20 || $0 == 0x7F }
    case "digit": return isDigit
    case "graph": return isGraphic
    case "lower": return { isLetter($0) && $0 & 0x20 != 0 }
    case "print": return { isGraphic($0) || $0 == 0x20 }
    case "punct": return { isGraphic($0) && !isLetter($0) && !isDigit($0) }
    case "space": return isBlank
    case "upper": return { isLetter($0) && $0 & 0x20 == 0 }
    case "xdigit": return { hexDigit($0) != nil }
    default: return nil
    }
  }
}
