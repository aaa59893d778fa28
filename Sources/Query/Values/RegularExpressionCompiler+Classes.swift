// Classes of characters: `[a-z]`, `[[:alpha:]]`, `\d`.

extension RegularExpressionCompiler {
  mutating func add(_ set: RegularExpression.CharacterSet) -> Instruction {
    var set = set
    if ignoresCase {
      // The text is folded to lower case, so a class needs the lower case of what it holds.
      for range in set.ranges {
        let upper = max(range.lowerBound, 0x41)...max(min(range.upperBound, 0x5A), max(range.lowerBound, 0x41))
        if upper.lowerBound <= 0x5A, upper.upperBound <= 0x5A, range.contains(upper.lowerBound) {
          set.ranges.append((upper.lowerBound | 0x20)...(upper.upperBound | 0x20))
        }
      }
    }
    sets.append(set)
    return .set(sets.count - 1)
  }

  /// The class that `\d`, `\w` or `\s` stands for, in capitals its opposite.
  func namedSet(_ scalar: UInt32) -> RegularExpression.CharacterSet? {
    var set = RegularExpression.CharacterSet()
    switch scalar | 0x20 {
    case 0x64: set.ranges = [0x30...0x39]
    case 0x77: set.ranges = [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A]
    case 0x73: set.ranges = [0x09...0x0A, 0x0C...0x0D, 0x20...0x20]
    default: return nil
    }
    set.isNegated = scalar & 0x20 == 0
    return set
  }

  mutating func characterClass() throws(SyntaxError) -> RegularExpression.CharacterSet {
    var set = RegularExpression.CharacterSet()
    set.isNegated = take("^")
    var isFirst = true
    while true {
      guard let scalar = next else { throw error("a class is not closed") }
      position += 1
      if scalar == 0x5D, !isFirst { return set }
      isFirst = false
      if scalar == 0x5B, next == 0x3A {
        set.ranges += try posixClass()
        continue
      }
      var low = scalar
      if scalar == 0x5C {
        guard let escaped = next else { throw error("a class is not closed") }
        position += 1
        if let named = namedSet(escaped) {
          set.ranges += named.isNegated ? complement(named.ranges) : named.ranges
          continue
        }
        low = try escapedScalar(escaped)
      }
      guard next == 0x2D, position + 1 < scalars.count, scalars[position + 1] != 0x5D else {
        set.ranges.append(low...low)
        continue
      }
      position += 1
      var high = scalars[position]
      position += 1
      if high == 0x5C, let escaped = next {
        position += 1
        high = try escapedScalar(escaped)
      }
      if high < low { throw error("a range is in the wrong order") }
      set.ranges.append(low...high)
    }
  }

  private func complement(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
    var rest: [ClosedRange<UInt32>] = []
    var start: UInt32 = 0
    for range in ranges {
      if range.lowerBound > start { rest.append(start...(range.lowerBound - 1)) }
      start = range.upperBound + 1
    }
    return rest + [start...0x10FFFF]
  }

  /// `[:alpha:]`, behind its first bracket.
  private mutating func posixClass() throws(SyntaxError) -> [ClosedRange<UInt32>] {
    position += 1
    var name = ""
    while let next, next != 0x3A, let scalar = Unicode.Scalar(next) {
      name.unicodeScalars.append(scalar)
      position += 1
    }
    guard take(":"), take("]") else { throw error("a class's name has no end") }
    switch name {
    case "alpha": return [0x41...0x5A, 0x61...0x7A]
    case "digit": return [0x30...0x39]
    case "alnum": return [0x30...0x39, 0x41...0x5A, 0x61...0x7A]
    case "upper": return [0x41...0x5A]
    case "lower": return [0x61...0x7A]
    case "space": return [0x09...0x0D, 0x20...0x20]
    case "blank": return [0x09...0x09, 0x20...0x20]
    case "punct": return [0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E]
    case "xdigit": return [0x30...0x39, 0x41...0x46, 0x61...0x66]
    case "word": return [0x30...0x39, 0x41...0x5A, 0x5F...0x5F, 0x61...0x7A]
    case "print": return [0x20...0x7E]
    case "graph": return [0x21...0x7E]
    case "cntrl": return [0x00...0x1F, 0x7F...0x7F]
    default: throw error("the class '\(name)' is not known")
    }
  }
}
