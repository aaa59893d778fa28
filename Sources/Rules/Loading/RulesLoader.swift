import EventSchema
import Filter
import Query
import ScapFormat
import YAML

/// Loads rules files: all together, in order.
///
///     let rules = RulesLoader.load([RulesText(name: "rules.yaml", text)])
///     if rules.hasErrors { … }
///
/// Nothing in a file stops the rest from being read, so that all mistakes are said at once. A rule with a mistake is not
/// in the result.
public enum RulesLoader {
  /// How many types a condition may match before that is worth a warning.
  private static let manyTypes = 100

  /// Loads rules.
  /// - Parameter items: rules that stand in other files; they see what the texts define and change none of it.
  /// - Complexity: linear in the texts and in what macros and lists expand to, which is bounded.
  public static func load(_ texts: [RulesText], items: [RulesItems] = []) -> RuleSet {
    var collector = RulesCollector(texts, items)
    collector.collect()
    var found = collector.found
    let resolver = ListResolver(collector.lists, &found)
    let names = typeNames
    var compiler = ConditionCompiler(collector, resolver, typeNames: names)
    compiler.compileMacros(&found)
    let sets = EventTypeSets(all: names)
    var rules: [(order: Int, rule: Rule)] = []
    for definition in collector.rules.all {
      if let rule = rule(definition, &compiler, sets, &found) { rules.append((definition.order.index, rule)) }
    }
    for definition in collector.sequences.all {
      if let rule = rule(definition, &compiler, sets, &found) { rules.append((definition.order.index, rule)) }
    }
    rules.sort { $0.order < $1.order }
    warnOfUnused(collector, compiler, &found)
    let files = Dictionary(found.texts.enumerated().map { ($1.name, $0) }) { first, _ in first }
    let diagnostics = found.all.enumerated().sorted { one, other in
      let (a, b) = (one.element, other.element)
      return (files[a.file] ?? 0, a.line, a.column, one.offset) < (files[b.file] ?? 0, b.line, b.column, other.offset)
    }
    return RuleSet(rules: rules.map(\.rule), diagnostics: diagnostics.map(\.element))
  }

  /// The names of all types that a capture of Reel or of the ecosystem may have.
  public static var typeNames: Set<String> { ScapCatalogue.typeNames(.builtIn) }

  private static func rule(
    _ definition: RuleDefinition, _ compiler: inout ConditionCompiler, _ sets: EventTypeSets, _ found: inout Diagnostics
  ) -> Rule? {
    let item = ItemName(kind: "rule", name: definition.name)
    var skipped: String?
    if definition.source != "syscall" {
      skipped = "its events come from '\(definition.source)', which captures do not hold"
      found.warning(.unknownSource, item, "the rule is skipped: \(skipped ?? "")", at: definition.place)
      return make(definition, condition: .constantFalse, ([], []), types: [], skipped: skipped, found)
    }
    let compiled: ConditionCompiler.Compiled
    if let made = definition.made {
      compiled = ConditionCompiler.Compiled(expression: made, size: 1, macros: [], lists: [], problems: [])
    } else {
      guard let condition = compiler.compile(definition.condition, item, .last, &found) else { return nil }
      compiled = condition
    }
    for problem in compiled.problems {
      if problem.isUnknownField, definition.skipsIfUnknown {
        found.add(
          .warning, .unknownFilter, item, "the rule is skipped: " + problem.message, at: problem.offset,
          of: problem.condition)
        skipped = problem.message
      } else {
        found.add(.error, .compileCondition, item, problem.message, at: problem.offset, of: problem.condition)
      }
    }
    if !compiled.problems.isEmpty, skipped == nil { return nil }
    guard checkOutput(definition.output, item, &found) || skipped != nil else { return nil }
    var expression = compiled.expression
    for exception in definition.exceptions {
      do throws(QueryError) {
        guard let excepted = try exception.condition(compiler.values) else { continue }
        try Question.check(expression: excepted, source: excepted.description)
        expression = .and([expression, .not(excepted, .none)], .none)
      } catch {
        found.error(.validate, ItemName(kind: "exception", name: exception.name), error.message, at: exception.place)
        return nil
      }
    }
    let types = sets.types(of: expression)
    let isTooWide = types.count > manyTypes
    if isTooWide, definition.warnsOfEventTypes, skipped == nil {
      found.warning(
        .noEventType, item,
        "the condition does not say which types of events it is about, so that all are looked at; add `evt.type in (…) and`, or warn_evttypes: false",
        at: definition.condition.place)
    }
    return make(
      definition, condition: expression, (compiled.macros.sorted(), compiled.lists.sorted()),
      types: isTooWide ? nil : types.sorted(), skipped: skipped, found)
  }

  private static func make(
    _ definition: RuleDefinition, condition: FilterExpression, _ names: ([String], [String]), types: [String]?,
    skipped: String?, _ found: Diagnostics
  ) -> Rule {
    Rule(
      name: definition.name, description: definition.description, condition: .event(condition),
      text: definition.condition.text, output: definition.output.text, priority: definition.priority,
      source: definition.source, tags: definition.tags, isEnabled: definition.isEnabled, captures: definition.captures,
      captureDuration: definition.captureDuration, macros: names.0, lists: names.1, eventTypes: types, skipped: skipped,
      file: found.texts[definition.place.text].name, line: definition.place.node.start.line)
  }

  private static func rule(
    _ definition: SequenceDefinition, _ compiler: inout ConditionCompiler, _ sets: EventTypeSets,
    _ found: inout Diagnostics
  ) -> Rule? {
    let item = ItemName(kind: "sequence", name: definition.name)
    var steps: [(name: String, condition: FilterExpression)] = []
    var macros: Set<String> = []
    var lists: Set<String> = []
    var types: Set<String> = []
    var isRight = checkOutput(definition.output, item, &found)
    for step in definition.steps {
      guard let compiled = compiler.compile(step.condition, item, .last, &found) else {
        isRight = false
        continue
      }
      for problem in compiled.problems {
        isRight = false
        found.add(.error, .compileCondition, item, problem.message, at: problem.offset, of: problem.condition)
      }
      macros.formUnion(compiled.macros)
      lists.formUnion(compiled.lists)
      types.formUnion(sets.types(of: compiled.expression))
      steps.append((step.name, compiled.expression))
    }
    guard isRight else { return nil }
    return Rule(
      name: definition.name, description: definition.description,
      condition: .sequence(Rule.Sequence(scope: definition.scope, within: definition.within, steps: steps)),
      text: definition.steps.map(\.condition.text).joined(separator: "\nthen "), output: definition.output.text,
      priority: definition.priority, source: "syscall", tags: definition.tags, isEnabled: definition.isEnabled,
      captures: false, captureDuration: nil, macros: macros.sorted(), lists: lists.sorted(),
      eventTypes: types.count > manyTypes ? nil : types.sorted(), skipped: nil,
      file: found.texts[definition.place.text].name, line: definition.place.node.start.line)
  }

  /// Whether the fields of an output exist.
  private static func checkOutput(_ output: ConditionText, _ item: ItemName, _ found: inout Diagnostics) -> Bool {
    do throws(QueryError) {
      try LineFormat.check("*" + output.text)
      return true
    } catch {
      found.add(
        .error, .compileOutput, item, error.message, at: max((error.excerpt?.offset ?? 1) - 1, 0), of: output)
      return false
    }
  }

  private static func warnOfUnused(
    _ collector: RulesCollector, _ compiler: ConditionCompiler, _ found: inout Diagnostics
  ) {
    for macro in collector.macros.all where !compiler.usedMacros.contains(macro.name) {
      found.warning(
        .unusedMacro, ItemName(kind: "macro", name: macro.name), "no rule and no macro names it", at: macro.place)
    }
    var listsOfExceptions: Set<String> = []
    func look(_ node: YAMLNode) {
      if let text = node.text { listsOfExceptions.insert(text.filter { $0 != "(" && $0 != ")" }) }
      for element in node.elements ?? [] { look(element) }
    }
    for rule in collector.rules.all {
      for exception in rule.exceptions { for value in exception.values { look(value.node) } }
    }
    for list in collector.lists.all
    where !compiler.usedLists.contains(list.name) && !listsOfExceptions.contains(list.name) {
      found.warning(
        .unusedList, ItemName(kind: "list", name: list.name), "no rule, macro or list names it", at: list.place)
    }
  }
}

extension FilterExpression {
  /// Holds for no event.
  fileprivate static var constantFalse: FilterExpression {
    .check(
      FilterCheck(
        left: .field(FilterField(name: "evt.type")), comparison: .in, right: .list([], .none)))
  }
}
