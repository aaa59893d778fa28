import YAML

/// Reads the keys of one item of a rules file, and says what is wrong with them.
struct ItemReader {
  let place: Placed
  let item: ItemName

  /// The value of a key; `nil` when it is absent.
  func value(_ key: String) -> Placed? { place.node[key].map(place.with) }

  /// A text that must be there.
  func requiredText(_ key: String, _ found: inout Diagnostics) -> Placed? {
    guard let value = value(key) else {
      found.error(.yamlValidate, item, "there is no '\(key)'; add `\(key): …`", at: place)
      return nil
    }
    return text(value, key, found: &found)
  }

  /// A text, if the key is there.
  func optionalText(_ key: String, _ found: inout Diagnostics) -> Placed? {
    value(key).flatMap { text($0, key, found: &found) }
  }

  private func text(_ value: Placed, _ key: String, found: inout Diagnostics) -> Placed? {
    if value.node.isNull || value.node.text?.allSatisfy(\.isWhitespace) == true {
      found.error(.yamlValidate, item, "'\(key)' is empty; write a text behind it", at: value)
      return nil
    }
    guard value.node.text != nil else {
      found.error(.yamlValidate, item, "'\(key)' is \(value.node.kind); it takes a text", at: value)
      return nil
    }
    return value
  }

  func boolean(_ key: String, _ found: inout Diagnostics) -> Bool? {
    guard let value = value(key) else { return nil }
    if let flag = value.node.scalar?.boolean { return flag }
    found.error(.yamlValidate, item, "'\(key)' takes true or false, not \(value.node.shown)", at: value)
    return nil
  }

  func milliseconds(_ key: String, _ found: inout Diagnostics) -> Int? {
    guard let value = value(key) else { return nil }
    if let text = value.node.text, let number = Int(text), number > 0 { return number }
    found.error(
      .yamlValidate, item, "'\(key)' takes a number of milliseconds greater than 0, not \(value.node.shown)", at: value)
    return nil
  }

  /// The texts of a list.
  func texts(_ key: String, _ found: inout Diagnostics) -> [Placed]? {
    guard let value = value(key) else { return nil }
    guard let elements = value.node.elements else {
      found.error(
        .yamlValidate, item, "'\(key)' is \(value.node.kind); it takes a list: \(key): [one, other]", at: value)
      return nil
    }
    var texts: [Placed] = []
    for element in elements {
      guard element.text != nil else {
        found.error(
          .yamlValidate, item, "an element of '\(key)' is \(element.kind); it takes texts and numbers",
          at: value.with(element))
        continue
      }
      texts.append(value.with(element))
    }
    return texts
  }

  /// Says which keys nobody knows, and which stand there twice.
  func checkKeys(_ known: [String], _ found: inout Diagnostics) {
    var seen: Set<String> = []
    for pair in place.node.pairs ?? [] {
      let key = pair.key.text ?? ""
      if !seen.insert(key).inserted {
        found.warning(
          .duplicateKey, item, "'\(key)' stands here a second time; the first one counts", at: place.with(pair.key))
      } else if !known.contains(key) {
        let near = known.first { editDistance($0, key) <= 2 }
        found.warning(
          .unknownKey, item,
          "'\(key)' is no key of \(article(item.kind)) \(item.kind)"
            + (near.map { "; did you mean '\($0)'?" } ?? " and is ignored"),
          at: place.with(pair.key))
      }
    }
  }

  private func article(_ word: String) -> String { "aeiou".contains(word.first ?? "x") ? "an" : "a" }
}

extension YAMLNode {
  /// The value for messages.
  var shown: String { text.map { "'\($0.prefix(60))'" } ?? kind }
}

/// How many letters must be inserted, removed or replaced to turn one word into another.
package func editDistance(_ one: String, _ other: String) -> Int {
  let (a, b) = (Array(one.utf8.prefix(64)), Array(other.utf8.prefix(64)))
  var last = Array(0...b.count)
  for i in a.indices {
    var current = [i + 1]
    for j in b.indices {
      current.append(min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, current[j] + 1))
    }
    last = current
  }
  return last[b.count]
}
