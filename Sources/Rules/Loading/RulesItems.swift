import Filter
import YAML

/// Rules that stand inside of another file, such as a policy's own: what that file is, and its items as they were read.
public struct RulesItems: Sendable {
  /// The file.
  public let text: RulesText
  /// The items: mappings such as `rule: name`.
  public let items: [YAMLNode]

  /// Items of a file.
  public init(text: RulesText, items: [YAMLNode]) {
    self.text = text
    self.items = items
  }

  /// The name of a rule that stands in a node; `nil` when it is no rule.
  public static func name(of item: YAMLNode) -> String? {
    for key in ["rule", "sequence", "list_matching"] {
      if let name = item[key]?.text { return name }
    }
    return nil
  }
}

extension RulesDiagnostic {
  /// Something wrong in a file that holds more than rules.
  ///
  /// - Parameters:
  ///   - node: where.
  ///   - textOffset: where in the text of that node, in bytes; `nil` for its beginning.
  public init(
    _ severity: Severity, _ code: Code, itemKind: String, itemName: String, _ message: String, in text: RulesText,
    at node: YAMLNode, textOffset: Int? = nil
  ) {
    let place = textOffset.map { text.offset(of: $0, in: node) } ?? text.offset(of: node.start)
    self.init(severity, code, itemKind: itemKind, itemName: itemName, message, in: text, offset: place)
  }

  /// The same where nothing could be read.
  public init(
    _ severity: Severity, _ code: Code, itemKind: String, itemName: String, _ message: String, in text: RulesText,
    at mark: YAMLMark
  ) {
    let place = text.offset(of: mark)
    self.init(severity, code, itemKind: itemKind, itemName: itemName, message, in: text, offset: place)
  }

  /// The same with what is shown of the file taken from another text, in which secrets are blotted out.
  public func shown(from text: RulesText) -> RulesDiagnostic {
    RulesDiagnostic(
      severity, code, itemKind: itemKind, itemName: itemName, message, in: text,
      at: YAMLMark(line: line, column: column))
  }

  /// - Parameter offset: in bytes of the file.
  init(
    _ severity: Severity, _ code: Code, itemKind: String, itemName: String, _ message: String, in source: RulesText,
    offset: Int
  ) {
    let mark = source.mark(at: offset)
    // The excerpt is cut out of the line alone: files are large, lines are not.
    let start = max(source.offset(of: YAMLMark(line: mark.line, column: 1)), 0)
    var end = start
    while end < source.bytes.count, source.bytes[end] != 0x0A, source.bytes[end] != 0x0D { end += 1 }
    let line = String(decoding: source.bytes[start..<end], as: UTF8.self)
    let excerpt = SourceExcerpt(of: line, at: max(min(offset, end) - start, 0))
    self.init(
      severity: severity, code: code, itemKind: itemKind, itemName: itemName, message: message, file: source.name,
      line: mark.line, column: mark.column, snippet: [excerpt.text, excerpt.mark])
  }
}
