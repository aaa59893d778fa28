import Filter
import Query
import Rules
import YAML

/// A policy as it stands in the file, before its rules are known.
struct PolicyDraft {
  var policy: Policy
  /// What its rules are, in the order of the file.
  var selectors: [Selector] = []
  /// Names and patterns that are not chosen.
  var except: [(text: String, node: YAMLNode)] = []
  /// Rules that stand in the policy.
  var ownRules: [YAMLNode] = []
  let node: YAMLNode

  enum Selector {
    case name(String, YAMLNode)
    case tag(String, YAMLNode)
  }
}

extension ConfigurationReader {
  mutating func readPolicies(_ node: YAMLNode, _ root: SectionReader) {
    guard let elements = node.elements else {
      found.error(root.item, "'policies' takes a list, each behind a '- name: …'; this is \(node.kind)", at: node)
      return
    }
    for element in elements { readPolicy(element) }
  }

  private mutating func readPolicy(_ node: YAMLNode) {
    guard
      let reader = SectionReader(
        ConfigurationTable.policy, node, name: node["name"]?.text ?? "", &found)
    else { return }
    let name = reader.requiredText("name", &found) ?? ""
    if !name.isEmpty, policies.contains(where: { $0.policy.name == name }) {
      found.error(reader.item, "there is a policy of this name already", at: reader.node["name"] ?? node)
    }
    var policy = Policy(name: name)
    policy.description = reader.text("description", &found) ?? ""
    policy.severity = UInt8(reader.number("severity", 0...7, &found) ?? 4)
    policy.isEnabled = reader.boolean("enabled", &found) ?? true
    policy.isDryRun = reader.boolean("dry_run", &found) ?? false
    policy.scope = reader.filter("scope", &found)
    policy.throttle = reader.duration("throttle", &found) ?? 0
    var draft = PolicyDraft(policy: policy, node: node)
    draft.except = reader.texts("except", &found)
    readSelectors(reader, &draft)
    draft.policy.actions = readActions(reader)
    policies.append(draft)
  }

  private mutating func readSelectors(_ reader: SectionReader, _ draft: inout PolicyDraft) {
    guard let value = reader.value("rules") else {
      if !reader.has("rules") {
        found.error(reader.item, "there is no 'rules'; add names, `{tag: …}`, or rules of its own", at: reader.node)
      }
      return
    }
    for element in value.elements ?? [value] {
      if let name = element.text {
        draft.selectors.append(.name(name, element))
      } else if RulesItems.name(of: element) != nil || element["macro"] != nil || element["list"] != nil {
        draft.ownRules.append(element)
      } else if let selector = SectionReader(
        ConfigurationTable.selector, element, name: reader.item.name, &found)
      {
        if let tag = selector.requiredTag(&found) { draft.selectors.append(.tag(tag, element)) }
      }
    }
    if value.elements?.isEmpty == true {
      found.error(reader.item, "'rules' has none; the policy could never fire", at: value)
    }
  }

  private mutating func readActions(_ reader: SectionReader) -> [PolicyAction] {
    guard let value = reader.value("actions") else {
      if !reader.has("actions") {
        found.warning(
          reader.item, "there are no 'actions', so that nobody is told; add `actions: [{notify: […]}]`", at: reader.node
        )
      }
      return []
    }
    guard let elements = value.elements else {
      found.error(
        reader.item, "'actions' takes a list, each behind a '- ', such as `- notify: [siem]`; this is \(value.kind)",
        at: value)
      return []
    }
    return elements.compactMap { readAction($0, reader.item.name) }
  }

  private enum ContainerWord: String, CaseIterable { case stop, pause, kill }
  private enum ProcessWord: String, CaseIterable { case kill }

  private mutating func readAction(_ node: YAMLNode, _ policy: String) -> PolicyAction? {
    if node.text == "capture" { return .capture(CaptureAction()) }
    guard let reader = SectionReader(ConfigurationTable.action, node, name: policy, mayBeEmpty: ["capture"], &found)
    else { return nil }
    let kinds = ["capture", "notify", "container", "process"].filter { reader.has($0) }
    guard kinds.count == 1, let kind = kinds.first else {
      if kinds.count > 1 {
        found.error(
          reader.item, "\(kinds.joined(separator: " and ")) stand in one action; make two of it, each behind a '- '",
          at: node)
      } else if node.pairs?.isEmpty == true || reader.has("grace") {
        found.error(reader.item, "an action is one of capture, notify, container, process", at: node)
      }
      return nil
    }
    let grace = reader.duration("grace", &found)
    switch kind {
    case "capture":
      guard let value = reader.value("capture") else { return .capture(CaptureAction()) }
      return readCapture(value, policy).map { .capture($0) }
    case "notify":
      let names = reader.texts("notify", &found)
      for (name, place) in names where !channelNames.contains(name) {
        found.error(
          reader.item,
          "there is no channel '\(name.prefix(60))'"
            + (nearest(name, channelNames.sorted()).map { "; did you mean '\($0)'?" }
              ?? "; add it to 'notify' at the top"),
          at: place)
      }
      return .notify(names.map(\.text))
    case "container":
      guard let word = reader.choice("container", ContainerWord.self, &found) else { return nil }
      if grace != nil, word != .stop {
        found.error(reader.item, "'grace' belongs to `container: stop` alone", at: reader.node["grace"] ?? node)
      }
      switch word {
      case .stop: return .container(.stop(grace: grace ?? 10_000_000_000))
      case .pause: return .container(.pause)
      case .kill: return .container(.kill)
      }
    default:
      return reader.choice("process", ProcessWord.self, &found).map { _ in .killProcess }
    }
  }

  private mutating func readCapture(_ node: YAMLNode, _ policy: String) -> CaptureAction? {
    guard let reader = SectionReader(ConfigurationTable.capture, node, name: policy, &found) else { return nil }
    var action = CaptureAction()
    action.before = reader.duration("before", &found) ?? action.before
    action.after = reader.duration("after", &found) ?? action.after
    action.scope = reader.choice("scope", CaptureAction.Scope.self, &found) ?? action.scope
    action.filter = reader.filter("filter", &found)
    action.maxSize = reader.size("max_size", atLeast: 64 << 10, &found)
    if let length = reader.size("snaplen", &found) {
      if length <= 65_535 {
        action.snapLength = UInt32(length)
      } else {
        found.error(reader.item, "'snaplen' is 65535 at most", at: reader.node["snaplen"] ?? node)
      }
    }
    if action.before > configuration.flightRecorder.time, let value = reader.value("before") {
      found.warning(
        reader.item,
        "the flight recorder keeps \(configuration.flightRecorder.time / 1_000_000_000) s, so that no more than that comes before the event; set flight_recorder: {seconds: …}",
        at: value)
    }
    if let name = reader.text("name", &found), let value = reader.value("name"), isTemplate(name, value, reader) {
      action.name = name
    }
    return action
  }

  /// Whether a file's name can be made of a text.
  private mutating func isTemplate(_ name: String, _ node: YAMLNode, _ reader: SectionReader) -> Bool {
    if name.contains("/") || name.hasPrefix(".") {
      found.error(
        reader.item, "a capture's name has no '/' and begins with no '.': it lies in the captures' directory", at: node)
      return false
    }
    var format = name
    for own in ["%capture.id", "%policy.name", "%rule.name"] {
      // As long as the name itself, so that the places of what is behind it stay right.
      format = format.split(separator: own, omittingEmptySubsequences: false)
        .joined(separator: String(repeating: "_", count: own.utf8.count))
    }
    do throws(QueryError) {
      try LineFormat.check("*" + format)
      return true
    } catch {
      found.error(
        reader.item, error.message, at: node, textOffset: max((error.excerpt?.offset ?? 1) - 1, 0), code: .compileOutput
      )
      return false
    }
  }
}

extension SectionReader {
  fileprivate func requiredTag(_ found: inout ConfigurationProblems) -> String? {
    // A mapping with unknown keys alone has had its message.
    if node.pairs?.isEmpty == true {
      found.error(item, "a rule is a name, `{tag: …}`, or a rule of its own: `rule: …` with its condition", at: node)
    }
    return text("tag", &found)
  }
}
