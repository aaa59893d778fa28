import Filter
import YAML

/// Something that is wrong, or hardly meant, in a rules file.
public struct RulesDiagnostic: Sendable, Hashable {
  /// Whether the file can be used.
  public enum Severity: String, Sendable, Hashable {
    case error, warning
  }

  /// What kind of problem it is, by the code that the ecosystem gives it; those that it does not know end in a word of
  /// Reel's own.
  public enum Code: String, Sendable, Hashable, CaseIterable {
    case fileRead = "LOAD_ERR_FILE_READ"
    case yamlParse = "LOAD_ERR_YAML_PARSE"
    case yamlValidate = "LOAD_ERR_YAML_VALIDATE"
    case compileCondition = "LOAD_ERR_COMPILE_CONDITION"
    case compileOutput = "LOAD_ERR_COMPILE_OUTPUT"
    case validate = "LOAD_ERR_VALIDATE"
    case unknownSource = "LOAD_UNKNOWN_SOURCE"
    case unsafeNotAvailableCheck = "LOAD_UNSAFE_NA_CHECK"
    case noEventType = "LOAD_NO_EVTTYPE"
    case unknownFilter = "LOAD_UNKNOWN_FILTER"
    case unusedMacro = "LOAD_UNUSED_MACRO"
    case unusedList = "LOAD_UNUSED_LIST"
    case unknownItem = "LOAD_UNKNOWN_ITEM"
    case deprecatedItem = "LOAD_DEPRECATED_ITEM"
    case appendNoValues = "LOAD_APPEND_NO_VALUES"
    case exceptionNameNotUnique = "LOAD_EXCEPTION_NAME_NOT_UNIQUE"
    case invalidMacroName = "LOAD_INVALID_MACRO_NAME"
    case invalidListName = "LOAD_INVALID_LIST_NAME"
    case conditionWarning = "LOAD_COMPILE_CONDITION"
    case unknownKey = "LOAD_UNKNOWN_KEY"
    /// Not of the ecosystem.
    case duplicateKey = "LOAD_DUPLICATE_KEY"
    /// Not of the ecosystem.
    case unknownPlugin = "LOAD_UNKNOWN_PLUGIN"
  }

  /// Whether the file can be used.
  public let severity: Severity
  /// What kind of problem it is.
  public let code: Code
  /// What the problem is in: `rule`, `macro`, `list`, `exception`, …
  public let itemKind: String
  /// The name of that; empty when it has none.
  public let itemName: String
  /// One line for people: what is wrong and what to do.
  public let message: String
  /// The file.
  public let file: String
  /// The line in the file, from 1.
  public let line: Int
  /// The column in characters, from 1.
  public let column: Int
  /// The line of the file, and a mark under the place.
  public let snippet: [String]

  /// `FILE:LINE:COLUMN: error: message (rule 'name', CODE)`.
  public var description: String {
    let item = itemName.isEmpty ? itemKind : "\(itemKind) '\(itemName)'"
    return "\(file):\(line):\(column): \(severity.rawValue): \(message) (\(item), \(code.rawValue))"
  }
}

/// A value in one of the files.
struct Placed: Sendable {
  /// Which of the texts.
  let text: Int
  let node: YAMLNode

  func with(_ node: YAMLNode) -> Placed { Placed(text: text, node: node) }
}

/// Which part of the rules a problem is in.
struct ItemName: Sendable {
  let kind: String
  let name: String
}

/// Problems as they are found.
struct Diagnostics {
  let texts: [RulesText]
  private(set) var all: [RulesDiagnostic] = []

  init(_ texts: [RulesText]) { self.texts = texts }

  mutating func error(_ code: RulesDiagnostic.Code, _ item: ItemName, _ message: String, at place: Placed) {
    add(.error, code, item, message, place.text, texts[place.text].offset(of: place.node.start))
  }

  mutating func warning(_ code: RulesDiagnostic.Code, _ item: ItemName, _ message: String, at place: Placed) {
    add(.warning, code, item, message, place.text, texts[place.text].offset(of: place.node.start))
  }

  /// A problem at an offset of a condition.
  mutating func add(
    _ severity: RulesDiagnostic.Severity, _ code: RulesDiagnostic.Code, _ item: ItemName, _ message: String,
    at offset: Int, of condition: ConditionText
  ) {
    let (piece, local) = condition.origin(of: offset)
    add(severity, code, item, message, piece.text, texts[piece.text].offset(of: local, in: piece.node))
  }

  mutating func add(
    _ severity: RulesDiagnostic.Severity, _ code: RulesDiagnostic.Code, _ item: ItemName, _ message: String,
    _ text: Int, _ offset: Int
  ) {
    let found = RulesDiagnostic(
      severity, code, itemKind: item.kind, itemName: item.name, message, in: texts[text], offset: offset)
    if !all.contains(found) { all.append(found) }
  }
}
