/// Rules, laid out so that all of them are looked for in one pass.
public struct RedactionRules: Sendable {
  /// The rules, in the order in which they are tried.
  public let rules: [RedactionRule]
  /// All patterns of all rules.
  let patterns: [(pattern: RedactionPattern, rule: Int)]
  /// Patterns that begin with a text.
  private(set) var anchors = AnchorTable()
  /// Those that begin with a character of a set, by index into `patterns`.
  private(set) var starts: [(set: ByteSet, isRun: Bool, pattern: Int)] = []
  /// All these characters, and where these patterns look.
  private(set) var startBytes = ByteSet()
  private(set) var startScope: RedactionScope = []

  /// Rules that are looked for together. Of several matches at one place the first rule's counts.
  public init(_ rules: [RedactionRule]) {
    self.rules = rules
    patterns = rules.enumerated().flatMap { index, rule in rule.patterns.map { ($0, index) } }
    for (index, (pattern, rule)) in patterns.enumerated() {
      switch pattern.beginning {
      case .text(let text): anchors.add(text, pattern: index)
      case .bytes(let set): add(set, isRun: false, index, rules[rule].scope)
      case .run(let set): add(set, isRun: true, index, rules[rule].scope)
      case nil: preconditionFailure("a pattern begins with nothing")
      }
    }
  }

  private mutating func add(_ set: ByteSet, isRun: Bool, _ pattern: Int, _ scope: RedactionScope) {
    starts.append((set, isRun, pattern))
    startBytes.formUnion(set)
    startScope.formUnion(scope)
  }
}

/// A secret that was found.
struct Finding: Sendable, Hashable {
  /// Where in the bytes.
  var range: Range<Int>
  /// By which rule; `nil` when a text took so much effort that the rest of it is taken out unseen.
  var rule: Int?
}

extension RedactionRules {
  /// How many bytes of a text may be looked at for each byte that it has. What takes more was made to.
  static let effort = 64

  /// Finds the secrets of texts that stand one behind the other.
  ///
  /// - Parameters:
  ///   - ends: where each text ends; it begins where the one before it ends.
  ///   - scope: which part of a capture a text is of.
  /// - Returns: what was found, ascending, without overlaps.
  /// - Complexity: O(bytes); about a nanosecond each where nothing is found.
  func findings<End: BinaryInteger>(
    _ bytes: UnsafeBufferPointer<UInt8>, ends: UnsafeBufferPointer<End>, scope: (Int) -> RedactionScope
  ) -> [Finding] {
    var search = Search(self, bytes)
    anchors.scan(bytes) { position, candidates in
      if position < search.resume { return }
      let index = RedactionRules.text(at: position, ends)
      let text = (index == 0 ? 0 : Int(ends[index - 1]))..<Int(ends[index])
      let allowed = scope(index)
      for candidate in candidates where position - candidate.offset >= max(text.lowerBound, search.resume) {
        if search.look(candidate.pattern, at: position - candidate.offset, text, allowed) { break }
      }
    }
    if !starts.isEmpty { findStarts(&search, ends, scope) }
    return search.findings
  }

  /// The second pass: patterns that begin with a character of a set, around what was found before.
  private func findStarts<End: BinaryInteger>(
    _ search: inout Search, _ ends: UnsafeBufferPointer<End>, _ scope: (Int) -> RedactionScope
  ) {
    let before = search.findings
    search.findings = []
    search.resume = 0
    search.limit = before.first?.range.lowerBound
    var next = 0
    var begin = 0
    for (index, end) in ends.enumerated() {
      let text = begin..<Int(end)
      begin = text.upperBound
      if text.isEmpty { continue }
      let allowed = scope(index).intersection(startScope)
      if allowed.isEmpty { continue }
      var position = text.lowerBound
      while position < text.upperBound {
        // Most bytes begin nothing.
        while position < text.upperBound, !startBytes.contains(search.bytes[position]) { position += 1 }
        if position == text.upperBound { break }
        while next < before.count, before[next].range.upperBound <= position { next += 1 }
        search.limit = next < before.count ? before[next].range.lowerBound : nil
        if next < before.count, before[next].range.contains(position) {
          position = before[next].range.upperBound
          continue
        }
        for start in starts where start.set.contains(search.bytes[position]) {
          if start.isRun, position > text.lowerBound, start.set.contains(search.bytes[position - 1]) { continue }
          if search.look(start.pattern, at: position, text, allowed) { break }
        }
        position = max(position + 1, search.resume)
      }
    }
    if before.isEmpty { return }
    let all = (search.findings + before).sorted {
      ($0.range.lowerBound, $1.range.upperBound) < ($1.range.lowerBound, $0.range.upperBound)
    }
    search.findings = []
    // Only the rest of a text that took too much effort goes over others, and takes them along.
    for finding in all where finding.range.lowerBound >= search.findings.last?.range.upperBound ?? 0 {
      search.findings.append(finding)
    }
  }

  /// The text that a byte belongs to. O(log texts).
  private static func text<End: BinaryInteger>(at position: Int, _ ends: UnsafeBufferPointer<End>) -> Int {
    var low = 0
    var high = ends.count
    while low < high {
      let middle = (low + high) / 2
      if Int(ends[middle]) <= position { low = middle + 1 } else { high = middle }
    }
    return low
  }
}

/// A search through texts that is under way.
private struct Search {
  let rules: RedactionRules
  let bytes: UnsafeBufferPointer<UInt8>
  var findings: [Finding] = []
  /// Nothing before this is looked at again.
  var resume = 0
  /// Where something begins that was found before.
  var limit: Int?
  private var text = 0..<0
  private var effort = 0

  init(_ rules: RedactionRules, _ bytes: UnsafeBufferPointer<UInt8>) {
    self.rules = rules
    self.bytes = bytes
  }

  /// Looks for a pattern at a place; true when something is taken out there.
  mutating func look(_ index: Int, at start: Int, _ text: Range<Int>, _ allowed: RedactionScope) -> Bool {
    let (pattern, rule) = rules.patterns[index]
    if rules.rules[rule].scope.isDisjoint(with: allowed) { return false }
    if text != self.text {
      self.text = text
      effort = RedactionRules.effort * text.count + 4096
    }
    let match = pattern.match(bytes, text, at: start, effort: &effort)
    if effort < 0 {
      add(Finding(range: start..<text.upperBound, rule: nil))
      return true
    }
    guard let match, let secret = rules.rules[rule].check.passing(bytes, match.secret) else { return false }
    if secret.lowerBound < resume { return false }
    add(Finding(range: secret, rule: rule))
    return true
  }

  private mutating func add(_ finding: Finding) {
    var finding = finding
    resume = finding.range.upperBound
    // What was found before keeps its pseudonym.
    if let limit, finding.rule != nil, finding.range.upperBound > limit {
      finding.range = finding.range.lowerBound..<limit
    }
    if !finding.range.isEmpty { findings.append(finding) }
  }
}
