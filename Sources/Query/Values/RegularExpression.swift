/// A regular expression that a whole text must match, in the syntax of RE2.
///
/// Matching simulates all paths at once, so it takes time linear in the text for any expression: a filter from a
/// stranger cannot make it hang. It understands groups, alternatives, `* + ? {n,m}`, classes with ranges and POSIX names,
/// `\d \w \s \b` and their opposites, `^ $ \A \z`, `\x`, `(?i)` and `(?s)`. Back references do not exist, as in RE2.
/// Characters are Unicode scalars; invalid UTF-8 counts as one replacement character for each bad sequence.
public struct RegularExpression: Sendable, Hashable {
  /// What is wrong with an expression, and where.
  public struct SyntaxError: Error, Sendable, Hashable {
    /// What is wrong.
    public let message: String
    /// The character, from 0, at which reading stopped.
    public let offset: Int
  }

  enum Instruction: Sendable, Hashable {
    case scalar(UInt32)
    case any
    case anyButNewline
    case set(Int)
    case split(Int, Int)
    case jump(Int)
    case start
    case end
    case wordBoundary(Bool)
    case match
  }

  struct CharacterSet: Sendable, Hashable {
    var ranges: [ClosedRange<UInt32>] = []
    var isNegated = false

    func contains(_ scalar: UInt32) -> Bool {
      ranges.contains { $0.contains(scalar) } != isNegated
    }
  }

  let program: [Instruction]
  let sets: [CharacterSet]
  let ignoresCase: Bool

  /// Compiles an expression.
  public init(_ pattern: [UInt8]) throws(SyntaxError) {
    var compiler = RegularExpressionCompiler(pattern)
    try compiler.compile()
    program = compiler.program
    sets = compiler.sets
    ignoresCase = compiler.ignoresCase
  }

  /// Whether the whole text matches.
  public func matches(_ text: ArraySlice<UInt8>) -> Bool {
    var scalars = String(decoding: text, as: UTF8.self).unicodeScalars.map(\.value)
    if ignoresCase { scalars = scalars.map(RegularExpression.folded) }
    var current = ThreadList(program.count)
    var next = ThreadList(program.count)
    for position in 0...scalars.count {
      if position == 0 { add(0, at: 0, scalars, to: &current) }
      if current.isEmpty { return false }
      if position == scalars.count { break }
      let scalar = scalars[position]
      for index in current.threads where accepts(program[index], scalar) {
        add(index + 1, at: position + 1, scalars, to: &next)
      }
      swap(&current, &next)
      next.removeAll()
    }
    return current.threads.contains { program[$0] == .match }
  }

  static func folded(_ scalar: UInt32) -> UInt32 {
    if scalar < 0x80 { return scalar >= 0x41 && scalar <= 0x5A ? scalar | 0x20 : scalar }
    guard let scalar = Unicode.Scalar(scalar) else { return scalar }
    let lower = scalar.properties.lowercaseMapping.unicodeScalars
    return lower.count == 1 ? lower[lower.startIndex].value : scalar.value
  }

  private func accepts(_ instruction: Instruction, _ scalar: UInt32) -> Bool {
    switch instruction {
    case .scalar(let wanted): wanted == scalar
    case .any: true
    case .anyButNewline: scalar != 0x0A
    case .set(let index): sets[index].contains(scalar)
    default: false
    }
  }

  /// Adds an instruction and all that can be reached from it without reading.
  private func add(_ index: Int, at position: Int, _ scalars: [UInt32], to list: inout ThreadList) {
    var pending = [index]
    while let index = pending.popLast() {
      if !list.insert(index) { continue }
      switch program[index] {
      case .split(let one, let other): pending += [other, one]
      case .jump(let target): pending.append(target)
      case .start: if position == 0 { pending.append(index + 1) }
      case .end: if position == scalars.count { pending.append(index + 1) }
      case .wordBoundary(let wanted):
        let before = position > 0 && isWord(scalars[position - 1])
        let after = position < scalars.count && isWord(scalars[position])
        if (before != after) == wanted { pending.append(index + 1) }
      default: break
      }
    }
  }

  private func isWord(_ scalar: UInt32) -> Bool {
    (scalar >= 0x30 && scalar <= 0x39) || (scalar | 0x20 >= 0x61 && scalar | 0x20 <= 0x7A) || scalar == 0x5F
  }
}

/// The instructions that are alive at one position, each once.
private struct ThreadList {
  private(set) var threads: [Int] = []
  private var members: [Bool]

  init(_ count: Int) { members = [Bool](repeating: false, count: count) }

  var isEmpty: Bool { threads.isEmpty }

  mutating func insert(_ index: Int) -> Bool {
    if members[index] { return false }
    members[index] = true
    threads.append(index)
    return true
  }

  mutating func removeAll() {
    for index in threads { members[index] = false }
    threads.removeAll(keepingCapacity: true)
  }
}
