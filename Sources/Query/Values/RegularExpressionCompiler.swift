/// Turns the text of a regular expression into instructions, by recursive descent.
struct RegularExpressionCompiler {
  typealias Instruction = RegularExpression.Instruction
  typealias SyntaxError = RegularExpression.SyntaxError

  /// Longer programs are refused: matching takes time for each instruction and each character.
  private static let instructionLimit = 20_000
  private static let depthLimit = 100
  private static let repetitionLimit = 1000

  private(set) var program: [Instruction] = []
  var sets: [RegularExpression.CharacterSet] = []
  private(set) var ignoresCase = false
  private var dotMatchesNewline = false
  let scalars: [UInt32]
  var position = 0
  private var depth = 0

  init(_ pattern: [UInt8]) {
    scalars = String(decoding: pattern, as: UTF8.self).unicodeScalars.map(\.value)
  }

  mutating func compile() throws(SyntaxError) {
    program = try alternatives() + [.match]
    if position < scalars.count { throw error("a ')' closes nothing") }
    if program.count > RegularExpressionCompiler.instructionLimit { throw error("the expression is too large") }
  }

  func error(_ message: String) -> SyntaxError { SyntaxError(message: message, offset: position) }

  var next: UInt32? { position < scalars.count ? scalars[position] : nil }

  mutating func take(_ character: Character) -> Bool {
    guard let next, next == character.unicodeScalars.first?.value else { return false }
    position += 1
    return true
  }

  private mutating func alternatives() throws(SyntaxError) -> [Instruction] {
    depth += 1
    defer { depth -= 1 }
    if depth > RegularExpressionCompiler.depthLimit { throw error("groups nest too deep") }
    var code = try sequence()
    while take("|") {
      let other = try sequence()
      // split → first, jump behind second; second. Targets are relative until placed; see `relocated`.
      code =
        [.split(1, code.count + 2)] + relocated(code, 1) + [.jump(code.count + 2 + other.count)]
        + relocated(other, code.count + 2)
    }
    return code
  }

  private mutating func sequence() throws(SyntaxError) -> [Instruction] {
    var code: [Instruction] = []
    while let next, next != 0x7C, next != 0x29 {
      let piece = try repeated()
      code += relocated(piece, code.count)
      if code.count > RegularExpressionCompiler.instructionLimit { throw error("the expression is too large") }
    }
    return code
  }

  /// Code with targets moved by an offset.
  private func relocated(_ code: [Instruction], _ offset: Int) -> [Instruction] {
    code.map {
      switch $0 {
      case .split(let one, let other): .split(one + offset, other + offset)
      case .jump(let target): .jump(target + offset)
      default: $0
      }
    }
  }

  private mutating func repeated() throws(SyntaxError) -> [Instruction] {
    var code = try atom()
    while let next {
      var least = 0
      var most: Int?
      if next == 0x2A {
        position += 1
      } else if next == 0x2B {
        position += 1
        least = 1
      } else if next == 0x3F {
        position += 1
        most = 1
      } else if next == 0x7B, let bounds = try bounds() {
        (least, most) = bounds
      } else {
        break
      }
      // Whether a repetition is lazy makes no difference to whether a text matches.
      _ = take("?")
      code = try repeating(code, least, most)
    }
    return code
  }

  /// `{n}`, `{n,}`, `{n,m}`; `nil` when the brace is a plain character.
  private mutating func bounds() throws(SyntaxError) -> (Int, Int?)? {
    var index = position + 1
    func number() -> (value: Int, end: Int)? {
      var value = 0
      var end = index
      while end < scalars.count, scalars[end] >= 0x30, scalars[end] <= 0x39, end - index < 5 {
        value = value * 10 + Int(scalars[end] - 0x30)
        end += 1
      }
      return end == index ? nil : (value, end)
    }
    guard let least = number() else { return nil }
    index = least.end
    var most: Int? = least.value
    if index < scalars.count, scalars[index] == 0x2C {
      index += 1
      most = nil
      if let upper = number() {
        most = upper.value
        index = upper.end
      }
    }
    guard index < scalars.count, scalars[index] == 0x7D else { return nil }
    position = index + 1
    if max(least.value, most ?? 0) > RegularExpressionCompiler.repetitionLimit {
      throw error("a repetition is too large")
    }
    if let most, most < least.value { throw error("a repetition's bounds are in the wrong order") }
    return (least.value, most)
  }

  private func repeating(_ code: [Instruction], _ least: Int, _ most: Int?) throws(SyntaxError) -> [Instruction] {
    let copies = max(least, most ?? least + 1)
    if copies * (code.count + 2) > RegularExpressionCompiler.instructionLimit {
      throw error("the expression is too large")
    }
    var result: [Instruction] = []
    for _ in 0..<least { result += relocated(code, result.count) }
    if let most {
      for _ in least..<most {
        let start = result.count
        result.append(.split(start + 1, start + 1 + code.count))
        result += relocated(code, start + 1)
      }
    } else {
      let start = result.count
      result.append(.split(start + 1, start + 2 + code.count))
      result += relocated(code, start + 1)
      result.append(.jump(start))
    }
    return result
  }

  private mutating func atom() throws(SyntaxError) -> [Instruction] {
    guard let scalar = next else { return [] }
    position += 1
    switch scalar {
    case 0x28: return try group()
    case 0x2E: return [dotMatchesNewline ? .any : .anyButNewline]
    case 0x5E: return [.start]
    case 0x24: return [.end]
    case 0x5B: return [add(try characterClass())]
    case 0x5C: return try escape()
    case 0x2A, 0x2B, 0x3F: throw error("a repetition has nothing to repeat")
    default: return [.scalar(ignoresCase ? RegularExpression.folded(scalar) : scalar)]
    }
  }

  private mutating func group() throws(SyntaxError) -> [Instruction] {
    if take("?") {
      if take(":") {
        // A group without a name: nothing more to read.
      } else if take("P") || next == 0x3C {
        guard take("<") else { throw error("a group's name is missing") }
        while let next, next != 0x3E { position += next == 0 ? 0 : 1 }
        guard take(">") else { throw error("a group's name has no end") }
      } else {
        while let next, next == 0x69 || next == 0x73 {
          position += 1
          if next == 0x69 { ignoresCase = true } else { dotMatchesNewline = true }
        }
        if take(")") { return [] }
        guard take(":") else { throw error("this kind of group is not known") }
      }
    }
    let code = try alternatives()
    guard take(")") else { throw error("a group is not closed") }
    return code
  }

  private mutating func escape() throws(SyntaxError) -> [Instruction] {
    guard let scalar = next else { throw error("a backslash stands at the end") }
    position += 1
    switch scalar {
    case 0x62: return [.wordBoundary(true)]
    case 0x42: return [.wordBoundary(false)]
    case 0x41: return [.start]
    case 0x7A: return [.end]
    default: break
    }
    if let set = namedSet(scalar) { return [add(set)] }
    return [.scalar(try escapedScalar(scalar))]
  }

  mutating func escapedScalar(_ scalar: UInt32) throws(SyntaxError) -> UInt32 {
    switch scalar {
    case 0x74: return 0x09
    case 0x6E: return 0x0A
    case 0x72: return 0x0D
    case 0x66: return 0x0C
    case 0x76: return 0x0B
    case 0x61: return 0x07
    case 0x78: return try hexadecimal()
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: throw error("this escape is not known")
    default: return scalar
    }
  }

  /// `\xHH` or `\x{H…}`, behind the `x`.
  private mutating func hexadecimal() throws(SyntaxError) -> UInt32 {
    let isBraced = take("{")
    var value: UInt32 = 0
    var digits = 0
    while let next, digits < (isBraced ? 6 : 2),
      let digit = Unicode.Scalar(next).flatMap({ Character($0).hexDigitValue })
    {
      value = value << 4 | UInt32(digit)
      digits += 1
      position += 1
    }
    if digits == 0 || (isBraced && !take("}")) { throw error("a hexadecimal escape is not complete") }
    return value
  }
}
