/// Something that is allowed in a filter but hardly meant.
public struct FilterWarning: Sendable, Hashable, CustomStringConvertible {
  /// What looks wrong.
  public enum Kind: Sendable, Hashable {
    /// `proc.name = proc.pname` compares with the text "proc.pname"; the field is `val(proc.pname)`.
    case fieldAsConstant(String)
    /// `proc.name = 'tolower(proc.pname)'` compares with that text; without quotes it is a transformer.
    case transformerAsConstant(String)
    /// A regular expression that a simpler operator replaces: `^nginx$`, `.*nginx`, `nginx.*`.
    case trivialRegex(replacement: String)
  }

  /// What looks wrong.
  public let kind: Kind
  /// The constant.
  public let range: SourceRange

  /// One line for people.
  public var description: String {
    switch kind {
    case .fieldAsConstant(let name): "'\(name)' is compared as text; to compare with the field write val(\(name))"
    case .transformerAsConstant(let text):
      "'\(text)' is compared as text; to apply the transformer leave out the quotes"
    case .trivialRegex(let replacement): "this regular expression is not needed; '\(replacement)' is faster"
    }
  }
}

extension FilterExpression {
  /// What is allowed but hardly meant, in the order of the text.
  ///
  /// - Parameter isField: Whether a name is a field's. The language does not know the fields, and a text with a dot is
  ///   more often a file's name.
  public func warnings(isField: (String) -> Bool) -> [FilterWarning] {
    var warnings: [FilterWarning] = []
    visit { node in
      guard case .check(let check) = node else { return }
      check.right.visit { operand in
        guard case .literal(let literal) = operand else { return }
        if let kind = FilterWarning.kind(of: literal.bytes, isField) {
          warnings.append(FilterWarning(kind: kind, range: literal.range))
        } else if check.comparison == .regex, let replacement = FilterWarning.replacement(ofRegex: literal.text) {
          warnings.append(FilterWarning(kind: .trivialRegex(replacement: replacement), range: literal.range))
        }
      }
    }
    return warnings
  }
}

extension FilterWarning {
  fileprivate static func kind(of bytes: [UInt8], _ isField: (String) -> Bool) -> Kind? {
    // Longer constants are no slip, and parsing them again would make the cost grow.
    guard bytes.count <= 256 else { return nil }
    let lexer = FilterLexer(bytes)
    let length = lexer.fieldNameLength()
    if length > 0 {
      guard length == bytes.count || lexer.peek(length) == UInt8(ascii: "[") else { return nil }
      return isField(lexer.text(0..<length)) ? .fieldAsConstant(lexer.text(0..<bytes.count)) : nil
    }
    guard lexer.transformer() != nil else { return nil }
    var parser = FilterParser(Array("a.a = ".utf8) + bytes, depthLimit: 100)
    guard case .success(let expression) = Result(catching: { () throws(FilterSyntaxError) in try parser.parse() }),
      case .check(let check) = expression, case .transformer = check.right
    else { return nil }
    var namesOnlyFields = true
    var namesField = false
    check.right.visit { operand in
      guard case .field(let field) = operand else { return }
      namesField = true
      namesOnlyFields = namesOnlyFields && isField(field.name)
    }
    return namesField && namesOnlyFields ? .transformerAsConstant(lexer.text(0..<bytes.count)) : nil
  }

  /// The operator and constant that mean the same as a regular expression of plain characters, with at most an anchor
  /// and a wildcard at either end.
  fileprivate static func replacement(ofRegex pattern: String) -> String? {
    var middle = Substring(pattern)
    if middle.first == "^" { middle = middle.dropFirst() }
    if middle.last == "$" { middle = middle.dropLast() }
    let wildcards = [".*", ".+", ".?"]
    let head = wildcards.first { middle.hasPrefix($0) }
    if head != nil { middle = middle.dropFirst(2) }
    let tail = wildcards.first { middle.hasSuffix($0) && !middle.hasSuffix("\\" + $0) }
    if tail != nil { middle = middle.dropLast(2) }
    guard !middle.isEmpty, !middle.contains(where: { ".*+?()[]{}|^$\\".contains($0) }) else { return nil }
    switch (head, tail) {
    case (nil, nil): return "= \(middle)"
    case (".*", nil): return "endswith \(middle)"
    case (nil, ".*"): return "startswith \(middle)"
    case (".*", ".*"): return "contains \(middle)"
    default:
      // A pattern has no "one or none": two patterns cover it.
      let globs = alternatives(head).flatMap { start in alternatives(tail).map { "\(start)\(middle)\($0)" } }
      return globs.count == 1 ? "glob \(globs[0])" : "glob anyof (\(globs.joined(separator: ", ")))"
    }
  }

  /// What a wildcard of a regular expression is in shell patterns.
  private static func alternatives(_ wildcard: String?) -> [String] {
    switch wildcard {
    case ".*": ["*"]
    case ".+": ["?*"]
    case ".?": ["", "?"]
    default: [""]
    }
  }
}
