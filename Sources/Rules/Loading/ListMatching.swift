import Filter
import YAML

/// Rules that are lists, as products with a form for them have: made into conditions of the same language.
///
///     - list_matching: Only nginx and its workers
///       type: process
///       matching: false
///       processes: [nginx]
extension RulesCollector {
  mutating func readListMatching(_ reader: ItemReader) {
    let types = ["container", "filesystem", "network", "process", "syscall"]
    guard let type = reader.requiredText("type", &found) else { return }
    var terms: [String] = []
    var keys = ["list_matching", "type", "desc", "output", "priority", "tags", "enabled"]
    let name = type.node.text ?? ""
    switch name {
    case "container":
      keys += ["matching", "containers"]
      if let list = matchingList(reader, "containers") {
        let images = list.quoted
        terms = [
          "evt.type in (execve, execveat) and proc.vpid = 1 and container.id != host and "
            + list.negation + "(container.image in \(images) or container.image.repository in \(images))"
        ]
      }
    case "filesystem":
      keys += ["read_only", "read_write"]
      for (key, opens) in [
        ("read_only", "evt.is_open_read = true and not evt.is_open_write = true"),
        ("read_write", "evt.is_open_write = true"),
      ] {
        guard let part = part(reader, key), let list = matchingList(part, "paths") else { continue }
        terms.append("\(opens) and \(list.negation)fd.name pmatch \(list.quoted)")
      }
    case "network":
      keys += ["block_inbound", "block_outbound", "tcp", "udp"]
      let connected = "fd.type in (ipv4, ipv6)"
      if reader.boolean("block_inbound", &found) == true {
        terms.append("evt.type in (accept, accept4) and evt.failed = false and \(connected)")
      }
      if reader.boolean("block_outbound", &found) == true { terms.append("evt.type = connect and \(connected)") }
      for (key, calls) in [
        ("tcp", "connect, accept, accept4"), ("udp", "connect, sendto, recvfrom, sendmsg, recvmsg"),
      ] {
        guard let part = part(reader, key), let list = matchingList(part, "ports") else { continue }
        for port in list.values where UInt16(port.node.text ?? "") == nil {
          found.error(
            .yamlValidate, reader.item, "\(port.node.shown) is no port; ports are numbers from 0 to 65535", at: port)
          return
        }
        terms.append("evt.type in (\(calls)) and fd.l4proto = \(key) and \(list.negation)fd.sport in \(list.quoted)")
      }
    case "process":
      keys += ["matching", "processes"]
      if let list = matchingList(reader, "processes") {
        terms = [
          "evt.type in (execve, execveat) and evt.failed = false and \(list.negation)proc.name in \(list.quoted)"
        ]
      }
    case "syscall":
      keys += ["matching", "syscalls"]
      if let list = matchingList(reader, "syscalls") {
        terms = ["\(list.negation)(evt.type in \(list.quoted) or syscall.type in \(list.quoted))"]
      }
    default:
      found.error(
        .yamlValidate, reader.item,
        "\(type.node.shown) is no type of list; these are: \(types.joined(separator: ", "))", at: type)
      return
    }
    reader.checkKeys(keys, &found)
    guard !terms.isEmpty else {
      found.error(.validate, reader.item, "the rule of type \(name) has no list to match; add one", at: reader.place)
      return
    }
    let text = terms.count == 1 ? terms[0] : terms.map { "(\($0))" }.joined(separator: " or ")
    add(reader, text)
  }

  private mutating func add(_ reader: ItemReader, _ condition: String) {
    let order = nextOrder()
    let parsed: FilterExpression
    do throws(FilterSyntaxError) { parsed = try parseFilter(condition) } catch {
      found.error(.compileCondition, reader.item, error.message, at: reader.place)
      return
    }
    func scalar(_ text: String) -> Placed {
      let content = YAMLNode.Content.scalar(YAMLScalar(text: text, isPlain: false))
      return reader.place.with(YAMLNode(content: content, start: reader.place.node.start, end: reader.place.node.start))
    }
    let output =
      reader.optionalText("output", &found)
      ?? scalar(
        "\(reader.item.name) (type=%evt.type process=%proc.name command=%proc.cmdline file=%fd.name container=%container.name image=%container.image)"
      )
    var rule = RuleDefinition(
      name: reader.item.name, description: reader.optionalText("desc", &found)?.node.text ?? "",
      condition: ConditionText(scalar(condition)), output: ConditionText(output),
      priority: reader.value("priority") == nil ? .warning : priority(reader, isRequired: false) ?? .warning,
      source: "syscall", order: order, place: reader.place, made: parsed)
    rule.isEnabled = reader.boolean("enabled", &found) ?? true
    rule.warnsOfEventTypes = false
    rule.tags = (reader.texts("tags", &found) ?? []).compactMap(\.node.text)
    rules[rule.name] = rule
  }

  /// A mapping below a key.
  private mutating func part(_ reader: ItemReader, _ key: String) -> ItemReader? {
    guard let value = reader.value(key) else { return nil }
    guard value.node.pairs != nil else {
      found.error(
        .yamlValidate, reader.item, "'\(key)' takes `matching` and a list, not \(value.node.kind)", at: value)
      return nil
    }
    return ItemReader(place: value, item: reader.item)
  }

  private struct MatchingList {
    let matches: Bool
    let values: [Placed]

    var negation: String { matches ? "" : "not " }

    /// The values as a list of the filter language.
    var quoted: String {
      FilterOperand.list(values.map { .literal(FilterLiteral($0.node.text ?? "")) }, .none).description
    }
  }

  private mutating func matchingList(_ reader: ItemReader, _ key: String) -> MatchingList? {
    guard let values = reader.texts(key, &found) else {
      if reader.value(key) == nil {
        found.error(.yamlValidate, reader.item, "there is no '\(key)'; add `\(key): [one, other]`", at: reader.place)
      }
      return nil
    }
    guard !values.isEmpty else {
      found.error(.yamlValidate, reader.item, "'\(key)' is empty", at: reader.value(key) ?? reader.place)
      return nil
    }
    return MatchingList(matches: reader.boolean("matching", &found) ?? true, values: values)
  }
}
