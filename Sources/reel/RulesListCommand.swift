import ArgumentParser
import Presentation
import Rules

struct RulesListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Describes rules: priority, tags, what they are about, and which macros and lists they use.",
    discussion: """
      EXAMPLES:
        reel rules list -r falco_rules.yaml
        reel rules list -r falco_rules.yaml --tag mitre_execution
        reel rules list -r falco_rules.yaml --rule "Run shell*" --long
        reel rules list -r falco_rules.yaml --json
      """)

  @OptionGroup var options: RuleOptions

  @Flag(help: "Everything about each rule, with its condition as it is asked.")
  var long = false

  @Flag(help: "Write one JSON object for each rule.")
  var json = false

  func run() throws {
    let set = try RulesFiles.load(options.rulesFiles)
    let isChosen =
      !(options.rule.isEmpty && options.tag.isEmpty && options.noRule.isEmpty && options.noTag.isEmpty
      && options.priority == nil)
    let rules = isChosen ? options.selection.rules(of: set) : set.rules
    let output = StandardOutput()
    if json {
      for rule in rules { try output.write(RulesListCommand.object(rule)) }
    } else if long {
      for rule in rules { try output.write(RulesListCommand.facts(rule)) }
    } else {
      try output.write(RulesListCommand.table(rules))
    }
    try output.flush()
  }

  private static func state(_ rule: Rule) -> String {
    rule.skipped != nil ? "skipped" : rule.isEnabled ? "" : "disabled"
  }

  private static func types(_ rule: Rule) -> String { rule.eventTypes?.joined(separator: ",") ?? "all" }

  private static func table(_ rules: [Rule]) -> String {
    var table = Table([
      .left("PRIORITY"), .left("RULE", .keepsStart), .left("EVENT TYPES", .keepsStart), .left("TAGS", .keepsStart),
      .left("STATE"),
    ])
    for rule in rules {
      table.append([
        rule.priority.name, VisibleText.of(rule.name), types(rule), VisibleText.of(rule.tags.joined(separator: ",")),
        state(rule),
      ])
    }
    let terminal = Terminal.standardOutput
    return table.rendered(width: terminal.width, colour: terminal.allowsColour)
  }

  private static func facts(_ rule: Rule) -> String {
    var facts = FactList()
    facts.add("rule", VisibleText.of(rule.name), .bold)
    facts.add("description", VisibleText.of(oneLine(rule.description)))
    facts.add("priority", rule.priority.name)
    if !state(rule).isEmpty { facts.add("state", state(rule) + (rule.skipped.map { ": \($0)" } ?? "")) }
    if rule.source != "syscall" { facts.add("source", VisibleText.of(rule.source)) }
    facts.add("tags", VisibleText.of(rule.tags.joined(separator: ", ")))
    facts.add("event types", types(rule))
    if !rule.macros.isEmpty { facts.add("macros", rule.macros.joined(separator: ", ")) }
    if !rule.lists.isEmpty { facts.add("lists", rule.lists.joined(separator: ", ")) }
    facts.add("condition", VisibleText.of(oneLine(rule.text)))
    facts.add("asked", VisibleText.of(asked(rule)))
    facts.add("output", VisibleText.of(oneLine(rule.output)))
    facts.add("defined", "\(VisibleText.of(rule.file)):\(rule.line)")
    return facts.rendered(width: nil, colour: Terminal.standardOutput.allowsColour) + "\n"
  }

  /// The condition with macros, lists and exceptions in place.
  private static func asked(_ rule: Rule) -> String {
    switch rule.condition {
    case .event(let condition): condition.description
    case .sequence(let sequence):
      sequence.steps.map { "\($0.name): \($0.condition.description)" }.joined(separator: " then ")
        + " (by \(sequence.scope.rawValue), within \(Units.duration(sequence.within)))"
    }
  }

  private static func oneLine(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  private static func object(_ rule: Rule) -> [UInt8] {
    var object = JSONObject()
    object.add("rule", rule.name)
    object.add("description", oneLine(rule.description))
    object.add("priority", rule.priority.name)
    object.add("source", rule.source)
    object.add("enabled", rule.isEnabled)
    object.add("skipped", rule.skipped)
    object.add("tags", rule.tags)
    if let types = rule.eventTypes { object.add("event_types", types) } else { object.add("event_types", nil) }
    object.add("macros", rule.macros)
    object.add("lists", rule.lists)
    object.add("condition", oneLine(rule.text))
    object.add("asked", asked(rule))
    object.add("output", oneLine(rule.output))
    object.add("capture", rule.captures)
    object.add("capture_duration", number: rule.captureDuration)
    object.add("file", rule.file)
    object.add("line", rule.line)
    return object.line
  }
}
