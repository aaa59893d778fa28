/// Containers as a user names them: an id or how it begins, a name, an image, or a pod.
public enum ContainerPattern: Hashable, Sendable {
  /// `pod:NAMESPACE/NAME`, each may be a pattern.
  case pod(namespace: String, name: String)
  /// Anything else. A word may be an id and a name at once; see `matches`.
  case word(String)

  /// `nil` for what can name no container: nothing, or `pod:` without a namespace.
  public init?(_ text: String) {
    if text.hasPrefix("pod:") {
      let parts = text.dropFirst(4).split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
      self = .pod(namespace: String(parts[0]), name: String(parts[1]))
      return
    }
    // Orchestrators write the engine in front of an id.
    let word = text.firstRange(of: "://").map { String(text[$0.upperBound...]) } ?? text
    guard !word.isEmpty, word.allSatisfy({ !$0.isWhitespace || $0 == " " }) else { return nil }
    self = .word(word)
  }

  /// How a container is meant.
  public enum Match: Hashable, Sendable {
    /// By its id: no other one is meant, whenever it starts.
    case id
    /// By what others may have as well.
    case description
  }

  /// Whether a container is meant.
  ///
  /// A word of four or more hexadecimal digits is the beginning of an id; any word is a name, an image with or without its
  /// tag, or a pattern (`*`, `?`) of either.
  public func match(id: String, _ facts: ContainerFacts) -> Match? {
    switch self {
    case .pod(let namespace, let name):
      guard let pod = facts["pod"], let own = facts["pod_namespace"] else { return nil }
      return Wildcard.matches(namespace, own) && Wildcard.matches(name, pod) ? .description : nil
    case .word(let word):
      if let prefix = ContainerPattern.idPrefix(word), id.hasPrefix(prefix) { return .id }
      if id == word { return .id }
      let own = [
        facts["name"], facts["image"], facts["image.repository"], facts["pod.container"],
        // `docker.io/library/nginx` is asked for as `nginx`.
        facts["image.repository"].flatMap { $0.split(separator: "/").last.map(String.init) },
        facts["image"].flatMap { $0.split(separator: "/").last.map(String.init) },
      ]
      return own.contains { $0.map { Wildcard.matches(word, $0) } ?? false } ? .description : nil
    }
  }

  /// The digits of a word that can be the beginning of an id, in small letters.
  public static func idPrefix(_ word: String) -> String? {
    let digits = word.lowercased()
    guard (4...64).contains(digits.utf8.count),
      digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
    else { return nil }
    return digits
  }
}

/// `*` stands for any text, `?` for any one character.
enum Wildcard {
  /// - Complexity: O(pattern × text), whatever the pattern.
  static func matches(_ pattern: String, _ text: String) -> Bool {
    let pattern = Array(pattern.unicodeScalars)
    let text = Array(text.unicodeScalars)
    var (p, t) = (0, 0)
    var star: (pattern: Int, text: Int)?
    while t < text.count {
      if p < pattern.count, pattern[p] == "*" {
        star = (p, t)
        p += 1
      } else if p < pattern.count, pattern[p] == "?" || pattern[p] == text[t] {
        p += 1
        t += 1
      } else if let known = star {
        // The star takes one more.
        star = (known.pattern, known.text + 1)
        (p, t) = (known.pattern + 1, known.text + 1)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == "*" }
  }
}
