import ArgumentParser
import Rules

/// Which rules of which files.
struct RuleOptions: ParsableArguments {
  @Option(
    name: [.customShort("r"), .customLong("rules")], parsing: .upToNextOption,
    help: ArgumentHelp("Rules files, or directories of them, read together in this order.", valueName: "file"),
    completion: .file())
  var files: [String] = []

  @Option(
    help: ArgumentHelp(
      "Only rules whose name fits this pattern, enabled or not; may be repeated.", valueName: "pattern"))
  var rule: [String] = []

  @Option(help: ArgumentHelp("No rules whose name fits this pattern; may be repeated.", valueName: "pattern"))
  var noRule: [String] = []

  @Option(help: ArgumentHelp("Only rules with this tag; may be repeated.", valueName: "tag"))
  var tag: [String] = []

  @Option(help: ArgumentHelp("No rules with this tag; may be repeated.", valueName: "tag"))
  var noTag: [String] = []

  @Option(
    help: ArgumentHelp(
      "Only rules that are at least as bad: debug, informational, notice, warning, error, …", valueName: "priority"))
  var priority: String?

  func validate() throws {
    if files.isEmpty { throw ValidationError("name a rules file: -r FILE") }
    if let priority, Priority(name: priority) == nil {
      throw ValidationError(
        "'\(priority)' is no priority: \(Priority.allCases.map { "\($0)" }.joined(separator: ", "))")
    }
    if !(rule.isEmpty && tag.isEmpty), !(noRule.isEmpty && noTag.isEmpty) {
      throw ValidationError(
        "--rule and --tag choose rules, --no-rule and --no-tag leave some out: use one kind of them")
    }
  }

  /// Captures among the files: `-r` takes all that stands behind it.
  var captures: [String] { files.filter(RuleOptions.isCapture) }

  /// The rules files.
  var rulesFiles: [String] { files.filter { !RuleOptions.isCapture($0) } }

  private static func isCapture(_ path: String) -> Bool { path.hasSuffix(".reel") || path.hasSuffix(".scap") }

  var selection: RuleSelection {
    var selection = RuleSelection()
    selection.names = rule
    selection.withoutNames = noRule
    selection.tags = tag
    selection.withoutTags = noTag
    selection.priority = priority.flatMap { Priority(name: $0) }
    return selection
  }
}
