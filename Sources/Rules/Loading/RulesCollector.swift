import YAML

/// Puts together what files define, item by item in the order of the files: later ones replace, append to, or switch off
/// what earlier ones said.
struct RulesCollector {
  var lists = NamedTable<ListDefinition>()
  var macros = NamedTable<MacroDefinition>()
  var rules = NamedTable<RuleDefinition>()
  var sequences = NamedTable<SequenceDefinition>()
  var found: Diagnostics
  private var count = 0
  private let items: [RulesItems]

  init(_ texts: [RulesText], _ items: [RulesItems] = []) {
    found = Diagnostics(texts + items.map(\.text))
    self.items = items
  }

  mutating func nextOrder() -> Order {
    count += 1
    return Order(index: count - 1, visibility: count - 1)
  }

  /// Reads all files.
  mutating func collect() {
    for text in found.texts.indices.dropLast(items.count) {
      do throws(YAMLError) {
        for document in try composeYAML(found.texts[text].bytes) {
          if !collect(document, text) { break }
        }
      } catch {
        found.add(
          .error, .yamlParse, ItemName(kind: "rules content", name: ""), error.message, text,
          found.texts[text].offset(of: error.mark))
      }
    }
    for (index, own) in items.enumerated() {
      for item in own.items { collect(own: Placed(text: found.texts.count - items.count + index, node: item)) }
    }
  }

  /// A rule that stands in another file is for that place alone: it changes no other.
  private mutating func collect(own item: Placed) {
    guard let name = RulesItems.name(of: item.node) else {
      found.error(
        .yamlValidate, ItemName(kind: "rules content item", name: ""),
        "only a `rule:`, a `sequence:` or a `list_matching:` can stand here; macros and lists go into a rules file",
        at: item)
      return
    }
    if let other = rules[name]?.place ?? sequences[name]?.place {
      found.error(
        .validate, ItemName(kind: "rule", name: name),
        "a rule of this name stands in \(found.texts[other.text].name):\(other.node.start.line) already; give this one a name of its own",
        at: item)
      return
    }
    _ = collect(item: item)
  }

  /// - Returns: whether the rest of the file can be read.
  private mutating func collect(_ document: YAMLNode, _ text: Int) -> Bool {
    let place = Placed(text: text, node: document)
    if document.isNull { return true }
    guard let items = document.elements else {
      found.error(
        .yamlValidate, ItemName(kind: "rules content", name: ""),
        "a rules file is a list of items, each behind a '- '; this is \(document.kind)", at: place)
      return true
    }
    for item in items where !collect(item: place.with(item)) { return false }
    return true
  }

  private mutating func collect(item: Placed) -> Bool {
    guard let pairs = item.node.pairs else {
      found.error(
        .yamlValidate, ItemName(kind: "rules content item", name: ""),
        "an item is a mapping such as `- rule: name`; this is \(item.node.kind)", at: item)
      return true
    }
    let keys = pairs.compactMap(\.key.text)
    if keys.contains("required_engine_version") { return checkEngineVersion(item) }
    if keys.contains("required_plugin_versions") {
      checkPluginVersions(item)
    } else if keys.contains("list") {
      named(item, "list") { $0.readList($1) }
    } else if keys.contains("macro") {
      named(item, "macro") { $0.readMacro($1) }
    } else if keys.contains("rule") {
      named(item, "rule") { $0.readRule($1) }
    } else if keys.contains("sequence") {
      named(item, "sequence") { $0.readSequence($1) }
    } else if keys.contains("list_matching") {
      named(item, "list_matching") { $0.readListMatching($1) }
    } else {
      let first = keys.first ?? ""
      let known = ["rule", "macro", "list", "sequence", "list_matching"]
      let near = known.first { editDistance($0, first) <= 2 }
      found.warning(
        .unknownItem, ItemName(kind: "rules content item", name: ""),
        "this is no rule, macro or list"
          + (near.map { "; did you mean `\($0):` instead of `\(first):`?" } ?? " and is ignored"),
        at: item)
    }
    return true
  }

  private mutating func named(_ item: Placed, _ kind: String, _ read: (inout RulesCollector, ItemReader) -> Void) {
    let value = item.node[kind]
    guard let name = value?.text, !name.isEmpty else {
      found.error(
        .yamlValidate, ItemName(kind: kind, name: ""),
        value?.isNull == false && value?.scalar == nil
          ? "'\(kind)' takes a name, not \(value?.kind ?? "")" : "'\(kind)' is empty; write its name behind it",
        at: value.map(item.with) ?? item)
      return
    }
    read(&self, ItemReader(place: item, item: ItemName(kind: kind, name: name)))
  }

  private mutating func checkEngineVersion(_ item: Placed) -> Bool {
    let name = ItemName(kind: "required_engine_version", name: "")
    guard let value = item.node["required_engine_version"] else { return true }
    guard let version = value.text.flatMap(EngineVersion.init) else {
      found.error(
        .yamlValidate, name, "\(value.shown) is no version; write a number, or three as in 0.57.0", at: item.with(value)
      )
      return true
    }
    if version > .supported {
      found.error(
        .validate, name,
        "the rules need version \(version) of the language, and \(EngineVersion.supported) is understood here; take a newer reel or older rules",
        at: item.with(value))
      return false
    }
    return true
  }

  private mutating func checkPluginVersions(_ item: Placed) {
    let name = ItemName(kind: "required_plugin_versions", name: "")
    guard let value = item.node["required_plugin_versions"] else { return }
    guard let plugins = value.elements else {
      found.error(
        .yamlValidate, name, "it takes a list of `name` and `version`, not \(value.kind)", at: item.with(value))
      return
    }
    for plugin in plugins {
      let reader = ItemReader(place: item.with(plugin), item: name)
      guard plugin.pairs != nil else {
        found.error(
          .yamlValidate, name, "a plugin has a `name` and a `version`; this is \(plugin.kind)", at: item.with(plugin))
        continue
      }
      guard let plugin = reader.requiredText("name", &found), let version = reader.requiredText("version", &found)
      else { continue }
      if EngineVersion(version.node.text ?? "") == nil {
        found.error(
          .yamlValidate, name, "\(version.node.shown) is no version; write three numbers as in 0.4.0", at: version)
      }
      // What these say of events, Reel records itself.
      let own = ["container", "k8smeta"]
      let names =
        [plugin.node.text ?? ""] + (reader.value("alternatives")?.node.elements ?? []).compactMap { $0["name"]?.text }
      if !names.contains(where: own.contains) {
        found.warning(
          .unknownPlugin, name,
          "Reel has no plugins; rules about events of '\(names[0])' are skipped, the others are not affected",
          at: plugin)
      }
    }
  }
}
