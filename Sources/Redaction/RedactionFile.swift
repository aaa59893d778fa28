import YAML

/// Why a file of redaction rules is none, and where.
public struct RedactionFileError: Error, Sendable, Hashable {
  /// One line for people.
  public let message: String
  /// From 1.
  public let line: Int
  /// In characters, from 1.
  public let column: Int
}

/// Reads a file of redaction rules:
///
///     use: [secrets, card-number]        # rules that come with the program, and sets of them
///     rules:
///       - name: staff-number             # what the capture calls it
///         match: 'staff/([0-9]{6})'      # a pattern, or several
///         in: [payload, arguments]       # everywhere without this
///         ignore_case: true
///         check: luhn
public enum RedactionFile {
  /// The rules of a file, in their order: its own first, so that they decide where others match as well.
  public static func rules(_ bytes: [UInt8]) throws(RedactionFileError) -> [RedactionRule] {
    let documents: [YAMLNode]
    do throws(YAMLError) {
      documents = try composeYAML(bytes)
    } catch {
      throw RedactionFileError(message: error.message, line: error.mark.line, column: error.mark.column)
    }
    guard documents.count == 1, let root = documents.first else {
      throw RedactionFileError(message: "the file must hold one document", line: 1, column: 1)
    }
    let pairs = try mapping(root, "the file", ["use", "rules"])
    var rules: [RedactionRule] = []
    for node in try list(pairs["rules"], "rules") { rules.append(try rule(node)) }
    for node in try list(pairs["use"], "use") { rules += try builtIn(node) }
    var names: Set<String> = []
    rules = rules.filter { names.insert($0.name).inserted }
    if rules.isEmpty { throw mistake("there is no rule: give some, or `use: [secrets]`", root) }
    return rules
  }

  private static func builtIn(_ node: YAMLNode) throws(RedactionFileError) -> [RedactionRule] {
    guard let name = node.text, let rules = BuiltInRules.named(name) else {
      let names = BuiltInRules.names.joined(separator: ", ")
      throw mistake("no rule that comes with the program has this name; they are \(names)", node)
    }
    return rules
  }

  private static func rule(_ node: YAMLNode) throws(RedactionFileError) -> RedactionRule {
    let pairs = try mapping(node, "a rule", ["name", "match", "in", "ignore_case", "check"])
    guard let nameNode = pairs["name"], let name = nameNode.text else { throw mistake("a rule needs a name", node) }
    guard (1...64).contains(name.utf8.count),
      name.utf8.allSatisfy({ ByteSet.isWord($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") })
    else { throw mistake("a name has letters, digits, dashes, dots and underscores, up to 64", nameNode) }
    guard BuiltInRules.named(name) == nil else {
      throw mistake("a rule that comes with the program has this name", nameNode)
    }
    var ignoresCase = false
    if let node = pairs["ignore_case"] {
      guard let value = node.scalar?.boolean else { throw mistake("true or false is expected", node) }
      ignoresCase = value
    }
    var check = RedactionRule.Check.none
    if let node = pairs["check"] {
      guard node.text == "luhn" else { throw mistake("the only check is `luhn`", node) }
      check = .luhn
    }
    guard let match = pairs["match"] else { throw mistake("a rule needs `match`: what the secret looks like", node) }
    var patterns: [RedactionPattern] = []
    for node in try list(match, "match") {
      guard let text = node.text else { throw mistake("a pattern is expected", node) }
      do throws(PatternError) {
        patterns.append(try PatternParser.parse(text, ignoresCase: ignoresCase))
      } catch {
        throw mistake("in the pattern, byte \(error.offset + 1): \(error.message)", node)
      }
    }
    if patterns.isEmpty { throw mistake("a rule needs a pattern", match) }
    return RedactionRule(name: name, patterns: patterns, scope: try scope(pairs["in"]), check: check)
  }

  private static func scope(_ node: YAMLNode?) throws(RedactionFileError) -> RedactionScope {
    guard let node else { return .all }
    var scope: RedactionScope = []
    for node in try list(node, "in") {
      guard let name = node.text, let known = RedactionScope.names.first(where: { $0.name == name }) else {
        let names = RedactionScope.names.map(\.name).joined(separator: ", ")
        throw mistake("a rule looks in \(names)", node)
      }
      scope.formUnion(known.scope)
    }
    if scope.isEmpty { throw mistake("the rule looks nowhere: leave `in` out to look everywhere", node) }
    return scope
  }

  /// A list, or one value in place of a list of one.
  private static func list(_ node: YAMLNode?, _ key: String) throws(RedactionFileError) -> [YAMLNode] {
    guard let node, !node.isNull else { return [] }
    if let elements = node.elements { return elements }
    if node.scalar != nil { return [node] }
    throw mistake("`\(key)` is a list", node)
  }

  private static func mapping(
    _ node: YAMLNode, _ what: String, _ known: [String]
  ) throws(RedactionFileError) -> [String: YAMLNode] {
    guard let pairs = node.pairs else { throw mistake("\(what) is a mapping, this is \(node.kind)", node) }
    var found: [String: YAMLNode] = [:]
    for pair in pairs {
      guard let key = pair.key.text, known.contains(key) else {
        throw mistake("\(what) has \(known.joined(separator: ", ")), and nothing else", pair.key)
      }
      guard found.updateValue(pair.value, forKey: key) == nil else {
        throw mistake("`\(key)` is there twice", pair.key)
      }
    }
    return found
  }

  private static func mistake(_ message: String, _ node: YAMLNode) -> RedactionFileError {
    RedactionFileError(message: message, line: node.start.line, column: node.start.column)
  }
}
