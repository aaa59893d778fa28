/// A compiled shell pattern, as `glob` and `iglob` use it: what POSIX `fnmatch` does without flags, on bytes.
///
/// - `*` matches any run of bytes, slashes included; `?` one byte.
/// - `[a-z_]` matches one of the bytes, `[!a-z]` and `[^a-z]` one of the others; `[[:digit:]]` and its like name classes of
///   ASCII. A `]` directly behind the opening is an element; a bracket that is never closed is a plain character.
/// - A backslash takes the special meaning from the byte behind it. One at the pattern's end matches nothing.
///
/// A character beyond ASCII is several bytes, so `?` does not match it whole. Ignoring case concerns the ASCII letters.
///
/// - Complexity: matching takes at most text × pattern steps, and one pass for the usual patterns (no `*`, or one at
///   either end). No pattern makes it exponential.
public struct GlobPattern: Sendable, Hashable {
  /// What one step of the pattern matches.
  ///
  /// | value | matches |
  /// |---|---|
  /// | 0 … 255 | this byte |
  /// | 256 | any byte |
  /// | 257 | any run of bytes |
  /// | 258 + n | a byte of set n |
  typealias Step = UInt16
  static let anyByte: Step = 256
  static let anyRun: Step = 257
  static let firstSet: Step = 258

  let steps: [Step]
  let sets: [ByteSet]
  let isCaseIgnored: Bool

  /// How much of the work can be left out.
  enum Shape: Sendable, Hashable {
    /// No text matches.
    case nothing
    /// Only plain bytes (in lower case, if case is ignored): the text itself, its start, its end, or a part of it.
    case text([UInt8], runBefore: Bool, runBehind: Bool)
    case general
  }
  let shape: Shape

  /// Whether every text that matches has a byte for which a condition holds. Only plain bytes of the pattern are looked at.
  public func needs(_ condition: (UInt8) -> Bool) -> Bool {
    shape == .nothing || steps.contains { $0 < GlobPattern.anyByte && condition(UInt8($0)) }
  }

  /// Compiles a pattern. Every pattern means something; one that can never match is no error, as in a shell.
  public init(_ pattern: [UInt8], ignoringCase: Bool = false) {
    var compiler = GlobCompiler(pattern: pattern, isCaseIgnored: ignoringCase)
    compiler.compile()
    steps = compiler.steps
    sets = compiler.sets
    isCaseIgnored = ignoringCase
    if compiler.neverMatches {
      shape = .nothing
      return
    }
    let runBefore = steps.first == GlobPattern.anyRun
    let runBehind = steps.count > 1 && steps.last == GlobPattern.anyRun
    let plain = steps.dropFirst(runBefore ? 1 : 0).dropLast(runBehind ? 1 : 0)
    let isPlain = plain.allSatisfy { $0 < GlobPattern.anyByte }
    shape = isPlain ? .text(plain.map { UInt8($0) }, runBefore: runBefore, runBehind: runBehind) : .general
  }

  /// Compiles a pattern that is text.
  public init(_ pattern: String, ignoringCase: Bool = false) {
    self.init(Array(pattern.utf8), ignoringCase: ignoringCase)
  }

  /// Whether the whole text matches.
  public func matches(_ text: [UInt8]) -> Bool { text.withUnsafeBufferPointer { matches($0) } }

  /// Whether the whole text matches.
  public func matches(_ text: String) -> Bool {
    var text = text
    return text.withUTF8 { matches($0) }
  }

  /// Whether the whole text matches.
  public func matches(_ text: Span<UInt8>) -> Bool { text.withUnsafeBufferPointer { matches($0) } }

  /// Whether the whole text matches.
  public func matches(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    switch shape {
    case .nothing: return false
    case .text(let plain, let runBefore, let runBehind):
      return plain.withUnsafeBufferPointer { matchPlain($0, runBefore, runBehind, text) }
    case .general: return matchSteps(text)
    }
  }

  private func matchPlain(
    _ plain: UnsafeBufferPointer<UInt8>, _ runBefore: Bool, _ runBehind: Bool, _ text: UnsafeBufferPointer<UInt8>
  ) -> Bool {
    let slack = text.count - plain.count
    guard slack >= 0 else { return false }
    func isEqual(at start: Int) -> Bool {
      if isCaseIgnored {
        for index in 0..<plain.count where lowercased(text[start + index]) != plain[index] { return false }
        return true
      }
      for index in 0..<plain.count where text[start + index] != plain[index] { return false }
      return true
    }
    switch (runBefore, runBehind) {
    case (false, false): return slack == 0 && isEqual(at: 0)
    case (false, true): return isEqual(at: 0)
    case (true, false): return isEqual(at: slack)
    case (true, true): return (0...slack).contains { isEqual(at: $0) }
    }
  }

  /// Walks text and pattern together. At a mismatch it goes back to the last run only, and lets that take one byte more:
  /// what an earlier run could take instead would reach no place that the last one does not.
  private func matchSteps(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    steps.withUnsafeBufferPointer { steps in
      var position = 0
      var step = 0
      var stepBehindRun = -1
      var positionOfRun = 0
      while true {
        if step < steps.count, steps[step] == GlobPattern.anyRun {
          step += 1
          if step == steps.count { return true }
          stepBehindRun = step
          positionOfRun = position
        } else if position < text.count, step < steps.count, matches(steps[step], text[position]) {
          position += 1
          step += 1
        } else if position == text.count, step == steps.count {
          return true
        } else if stepBehindRun >= 0, positionOfRun < text.count {
          positionOfRun += 1
          position = positionOfRun
          step = stepBehindRun
        } else {
          return false
        }
      }
    }
  }

  private func matches(_ step: Step, _ byte: UInt8) -> Bool {
    if step < GlobPattern.anyByte { return step == Step(isCaseIgnored ? lowercased(byte) : byte) }
    return step == GlobPattern.anyByte || sets[Int(step - GlobPattern.firstSet)].contains(byte)
  }
}

/// A set of bytes.
struct ByteSet: Sendable, Hashable {
  private var words: SIMD4<UInt64> = .zero

  mutating func insert(_ byte: UInt8) { words[Int(byte >> 6)] |= 1 << UInt64(byte & 63) }

  func contains(_ byte: UInt8) -> Bool { words[Int(byte >> 6)] >> UInt64(byte & 63) & 1 == 1 }

  mutating func invert() { words = ~words }
}
