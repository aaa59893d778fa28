import Rules
import YAML

/// What is wrong in a configuration, as it is found: all mistakes are said at once.
struct ConfigurationProblems {
  /// The file.
  let text: RulesText
  private(set) var all: [RulesDiagnostic] = []

  /// What a problem is in.
  struct Item {
    let kind: String
    let name: String
  }

  init(_ text: RulesText) { self.text = text }

  mutating func error(
    _ item: Item, _ message: String, at node: YAMLNode, textOffset: Int? = nil,
    code: RulesDiagnostic.Code = .yamlValidate
  ) {
    add(.error, code, item, message, node, textOffset)
  }

  mutating func warning(_ item: Item, _ message: String, at node: YAMLNode, code: RulesDiagnostic.Code = .validate) {
    add(.warning, code, item, message, node, nil)
  }

  private mutating func add(
    _ severity: RulesDiagnostic.Severity, _ code: RulesDiagnostic.Code, _ item: Item, _ message: String,
    _ node: YAMLNode, _ textOffset: Int?
  ) {
    let found = RulesDiagnostic(
      severity, code, itemKind: item.kind, itemName: item.name, message, in: text, at: node, textOffset: textOffset)
    if !all.contains(found) { all.append(found) }
  }

  /// A text that cannot be read as YAML, or not at all.
  mutating func error(_ code: RulesDiagnostic.Code, _ message: String, at mark: YAMLMark) {
    all.append(
      RulesDiagnostic(.error, code, itemKind: "configuration", itemName: "", message, in: text, at: mark))
  }
}

/// The word of several that was probably meant.
func nearest(_ word: String, _ words: some Sequence<String>) -> String? {
  let lower = word.lowercased()
  let limit = word.utf8.count < 4 ? 1 : max(2, word.utf8.count / 5)
  return words.map { ($0, editDistance($0.lowercased(), lower)) }.filter { $0.1 <= limit }.min { $0.1 < $1.1 }?.0
}
