/// What a secret looks like: texts and runs of characters, one behind the other, and which part of them is the secret.
///
/// A run takes all it can and gives nothing back; only a *lazy* one ends where the text behind it begins. So a match costs
/// a look at each of its bytes, whatever the text is, which no general expression promises.
struct RedactionPattern: Sendable, Hashable {
  enum Step: Sendable, Hashable {
    /// These bytes; lower case where the pattern ignores case.
    case text([UInt8])
    /// As many bytes of a set as there are, up to `most`.
    case run(ByteSet, least: Int, most: Int)
    /// As few bytes of a set as there are in front of a text, which stands there or beyond the end.
    case lazyRun(ByteSet, least: Int, most: Int, before: [UInt8])
    /// Between a character of names and another one.
    case boundary
    case secretBegins
    case secretEnds
  }

  let steps: [Step]
  let ignoresCase: Bool

  /// Where a match of the pattern is looked for.
  enum Beginning: Sendable, Hashable {
    /// At a text of at least three bytes.
    case text([UInt8])
    /// At each of these bytes.
    case bytes(ByteSet)
    /// Where a run of these bytes begins.
    case run(ByteSet)
  }

  /// How the pattern begins; `nil` when it may begin with nothing.
  var beginning: Beginning? {
    for step in steps {
      switch step {
      case .boundary, .secretBegins, .secretEnds: continue
      case .text(let text) where text.count >= AnchorTable.width: return .text(text)
      case .text(let text):
        var first = ByteSet()
        first.insert(text[0])
        return .bytes(ignoresCase ? first.ignoringCase : first)
      case .run(let set, let least, let most) where least > 0: return most > least ? .run(set) : .bytes(set)
      case .run, .lazyRun: return nil
      }
    }
    return nil
  }
}

/// A place where a pattern fits: which bytes are the secret.
struct PatternMatch: Sendable, Hashable {
  var secret: Range<Int>
}

extension RedactionPattern {
  /// Looks whether the pattern fits at a place of a text.
  ///
  /// - Parameters:
  ///   - text: the bounds of the text in `bytes`; nothing outside is looked at.
  ///   - effort: is lowered by the bytes that are looked at; below 0 the answer is `nil`, and means nothing.
  func match(
    _ bytes: UnsafeBufferPointer<UInt8>, _ text: Range<Int>, at start: Int, effort: inout Int
  ) -> PatternMatch? {
    var position = start
    var begin = start
    var end: Int?
    steps: for step in steps {
      switch step {
      case .secretBegins: begin = position
      case .secretEnds: end = position
      case .boundary:
        let before = position > text.lowerBound && ByteSet.isWord(bytes[position - 1])
        let behind = position < text.upperBound && ByteSet.isWord(bytes[position])
        if before == behind { return nil }
      case .text(let wanted):
        guard holds(wanted, bytes, text, at: position) else { return nil }
        effort -= wanted.count
        position += wanted.count
      case .run(let set, let least, let most):
        let limit = most < text.upperBound - position ? position + most : text.upperBound
        let first = position
        while position < limit, set.contains(bytes[position]) { position += 1 }
        effort -= position - first + 1
        if position - first < least { return nil }
      case .lazyRun(let set, let least, let most, let behind):
        let first = position
        while position < text.upperBound {
          if position - first >= least, holds(behind, bytes, text, at: position) { break }
          guard position - first < most, set.contains(bytes[position]) else { return nil }
          position += 1
        }
        effort -= position - first + behind.count
        if position - first < least { return nil }
        // The text ends within the match: what stood behind was cut off.
        if position == text.upperBound { break steps }
      }
      if effort < 0 { return nil }
    }
    let secret = begin..<(end ?? position)
    return secret.isEmpty ? nil : PatternMatch(secret: secret)
  }

  @inline(__always)
  private func holds(
    _ wanted: [UInt8], _ bytes: UnsafeBufferPointer<UInt8>, _ text: Range<Int>, at position: Int
  ) -> Bool {
    guard wanted.count <= text.upperBound - position else { return false }
    for (offset, byte) in wanted.enumerated() {
      let found = bytes[position + offset]
      if found != byte, !ignoresCase || RedactionPattern.lowercase(found) != byte { return false }
    }
    return true
  }

  static func lowercase(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }
}
