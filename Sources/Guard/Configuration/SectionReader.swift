import Filter
import Query
import YAML

/// Reads the keys of one part of a configuration, and says what is wrong with them.
struct SectionReader {
  let section: ConfigurationTable.Section
  let node: YAMLNode
  let item: ConfigurationProblems.Item

  /// Checks the keys of a mapping; `nil` when it is none, which is said.
  ///
  /// - Parameter mayBeEmpty: keys that may have nothing behind them.
  init?(
    _ section: ConfigurationTable.Section, _ node: YAMLNode, name: String = "", mayBeEmpty: Set<String> = [],
    _ found: inout ConfigurationProblems
  ) {
    item = ConfigurationProblems.Item(kind: section.name, name: name)
    self.section = section
    self.node = node
    guard let pairs = node.pairs else {
      let keys = section.keys.prefix(3).map { "\($0.name): …" }.joined(separator: ", ")
      found.error(item, "\(node.kind) stands where a mapping belongs: {\(keys)}", at: node)
      return nil
    }
    var seen: Set<String> = []
    let known = section.keys.map(\.name)
    for pair in pairs {
      let key = pair.key.text ?? ""
      if !known.contains(key) {
        let near = nearest(key, known)
        found.error(
          item,
          "'\(key.prefix(60))' is no key \(section.name == "configuration" ? "of the configuration" : "of \(section.article) \(section.name)"); "
            + (near.map { "did you mean '\($0)'?" } ?? "there are \(known.joined(separator: ", "))"),
          at: pair.key, code: .unknownKey)
      } else if !seen.insert(key).inserted {
        found.error(
          item, "'\(key)' stands here a second time; leave one of them out", at: pair.key, code: .duplicateKey)
      } else if pair.value.isNull, !mayBeEmpty.contains(key) {
        found.error(item, "'\(key)' is empty; write a value behind it, or leave it out", at: pair.key)
      }
    }
  }

  /// The value of a key; `nil` when it is absent or empty.
  func value(_ key: String) -> YAMLNode? { node[key].flatMap { $0.isNull ? nil : $0 } }

  /// Where a key stands, for messages about the absence of its value.
  func has(_ key: String) -> Bool { node[key] != nil }

  /// A text.
  func text(_ key: String, _ found: inout ConfigurationProblems) -> String? {
    guard let value = value(key) else { return nil }
    guard let text = value.text, !text.allSatisfy(\.isWhitespace) else {
      found.error(item, "'\(key)' takes a text, not \(value.text == nil ? value.kind : "an empty one")", at: value)
      return nil
    }
    return text
  }

  /// A text that must be there.
  func requiredText(_ key: String, _ found: inout ConfigurationProblems) -> String? {
    if !has(key) { found.error(item, "there is no '\(key)'; add `\(key): …`", at: node) }
    return text(key, &found)
  }

  func boolean(_ key: String, _ found: inout ConfigurationProblems) -> Bool? {
    guard let value = value(key) else { return nil }
    if let flag = value.scalar?.boolean { return flag }
    found.error(item, "'\(key)' takes true or false, not \(value.shown)", at: value)
    return nil
  }

  /// A whole number within bounds.
  func number(_ key: String, _ range: ClosedRange<Int>, _ found: inout ConfigurationProblems) -> Int? {
    guard let value = value(key) else { return nil }
    if let number = value.text.flatMap({ Int($0) }), range.contains(number) { return number }
    let bounds = range.upperBound == .max ? "\(range.lowerBound) or more" : "\(range.lowerBound) to \(range.upperBound)"
    found.error(item, "'\(key)' takes a whole number, \(bounds), not \(value.shown)", at: value)
    return nil
  }

  /// A duration in nanoseconds.
  func duration(_ key: String, _ found: inout ConfigurationProblems) -> Int64? {
    guard let value = value(key) else { return nil }
    if let time = value.text.flatMap({ Quantity.nanoseconds($0) }) { return time }
    let isNumber = value.text.flatMap { Int($0) } != nil
    found.error(
      item,
      isNumber
        ? "'\(key)' takes a duration with its unit; did you mean '\(value.text ?? "")s'?"
        : "'\(key)' takes a duration such as 500ms, 10s or 5m, not \(value.shown)", at: value)
    return nil
  }

  /// A size in bytes.
  func size(_ key: String, atLeast least: Int64 = 1, _ found: inout ConfigurationProblems) -> UInt64? {
    guard let value = value(key) else { return nil }
    guard let size = value.text.flatMap({ Quantity.bytes($0) }) else {
      found.error(item, "'\(key)' takes a size such as 512KiB, 64MiB or 1GiB, not \(value.shown)", at: value)
      return nil
    }
    guard size >= least else {
      found.error(item, "'\(key)' is \(value.shown); \(least) bytes are the least", at: value)
      return nil
    }
    return UInt64(size)
  }

  /// One of several words.
  func choice<Value: RawRepresentable & CaseIterable>(
    _ key: String, _ type: Value.Type, _ found: inout ConfigurationProblems
  ) -> Value? where Value.RawValue == String {
    guard let value = value(key) else { return nil }
    if let choice = value.text.flatMap(Value.init(rawValue:)) { return choice }
    let words = Value.allCases.map(\.rawValue)
    let near = value.text.flatMap { nearest($0, words) }
    found.error(
      item,
      "'\(key)' takes one of \(words.joined(separator: ", ")), not \(value.shown)"
        + (near.map { "; did you mean '\($0)'?" } ?? ""), at: value)
    return nil
  }

  /// The texts of a list, or a single text.
  func texts(_ key: String, _ found: inout ConfigurationProblems) -> [(text: String, node: YAMLNode)] {
    guard let value = value(key) else { return [] }
    if let text = value.text { return [(text, value)] }
    guard let elements = value.elements else {
      found.error(item, "'\(key)' takes a list: \(key): [one, other]; this is \(value.kind)", at: value)
      return []
    }
    return elements.compactMap { element in
      if let text = element.text, !text.isEmpty { return (text, element) }
      found.error(item, "an element of '\(key)' is \(element.kind); it takes texts", at: element)
      return nil
    }
  }

  /// A filter that can be asked; its text as it was written.
  func filter(_ key: String, _ found: inout ConfigurationProblems) -> String? {
    guard let value = value(key), let text = text(key, &found) else { return nil }
    do throws(QueryError) {
      try Question.check(filter: text)
      return text
    } catch {
      found.error(
        item, error.message, at: value, textOffset: error.excerpt?.offset, code: .compileCondition)
      return nil
    }
  }
}

extension YAMLNode {
  /// The value for messages.
  var shown: String { text.map { "'\($0.prefix(60))'" } ?? kind }
}
