/// All fields, and finding one by its name.
public enum FieldTable {
  /// All fields, class by class, in the order in which they are documented.
  public static let all: [Field] =
    event + process + processIdentity + thread + usage + user + descriptor + container + path + message + unanswered

  private static let positions: [String: Int] = {
    var positions: [String: Int] = [:]
    for (index, field) in all.enumerated() { positions[field.name] = index }
    return positions
  }()

  /// The field with exactly this name. O(1).
  public static func field(named name: String) -> Field? { positions[name].map { all[$0] } }

  /// The field that a name stands for, and the argument that follows its name behind a dot: `evt.arg.fd` is `evt.arg`
  /// with `fd`. `nil` when there is none.
  static func resolve(_ name: String) -> (field: Field, dotted: String?)? {
    if let field = field(named: name) { return (field, nil) }
    var end = name.endIndex
    while let dot = name[..<end].lastIndex(of: ".") {
      if let field = field(named: String(name[..<dot])) {
        switch field.argument {
        case .required, .optionalDotted: return (field, String(name[name.index(after: dot)...]))
        case .none, .optionalIndex, .optionalName, .optionalIndexOrName: return nil
        }
      }
      end = dot
    }
    return nil
  }

  /// The names that somebody who wrote `name` may have meant, best first; at most three.
  public static func suggestions(for name: String) -> [String] {
    closest(to: name, among: all.map(\.name))
  }

  /// The candidates that differ from a word by a few letters, or that end with its last part, best first; at most three.
  static func closest(to word: String, among candidates: [String]) -> [String] {
    let wanted = Array(word.utf8.prefix(64))
    let tail = word.split(separator: ".").last.map { "." + $0 }
    var scored: [(score: Int, name: String)] = []
    for candidate in candidates {
      let distance = editDistance(wanted, Array(candidate.utf8))
      if distance <= max(2, wanted.count / 4) {
        scored.append((distance, candidate))
      } else if let tail, tail.utf8.count > 3, candidate.hasSuffix(tail) {
        scored.append((64, candidate))
      }
    }
    scored.sort { ($0.score, $0.name) < ($1.score, $1.name) }
    return scored.prefix(3).map(\.name)
  }

  /// How many letters must be inserted, removed, replaced or swapped with their neighbour to turn one word into another.
  private static func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    var current = last
    for i in a.indices {
      current[0] = i + 1
      for j in b.indices {
        let replaced = last[j] + (a[i] == b[j] ? 0 : 1)
        current[j + 1] = min(replaced, last[j + 1] + 1, current[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          current[j + 1] = min(current[j + 1], beforeLast[j - 1] + 1)
        }
      }
      (beforeLast, last, current) = (last, current, beforeLast)
    }
    return last[b.count]
  }
}
