import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema
import TestSupport
import Testing

@testable import Redaction

/// The search in one pass, compared with a search that looks at every place with every pattern.
@Suite struct RedactionPropertyTests {
  private static let patterns = [
    "ab(c+)d", "abc", #"\bbca[ab]{2}"#, "[cd]{3,5}", "(a)[^\\n]{0,4}?bcb", "dd", "[b-d]a", "aab(b*)", "caa([^b]+)",
  ]

  /// What a pattern finds at a place, written as plainly as can be: the list of steps from a place on.
  private static func naive(_ pattern: RedactionPattern, _ text: [UInt8], at start: Int) -> Range<Int>? {
    var (position, begin) = (start, start)
    var end: Int?
    for step in pattern.steps {
      switch step {
      case .secretBegins: begin = position
      case .secretEnds: end = position
      case .boundary:
        func isWord(_ index: Int) -> Bool { text.indices.contains(index) && ByteSet.word.contains(text[index]) }
        if isWord(position - 1) == isWord(position) { return nil }
      case .text(let wanted):
        guard text[position...].starts(with: wanted) else { return nil }
        position += wanted.count
      case .run(let set, let least, let most):
        let count = text[position...].prefix(most).prefix { set.contains($0) }.count
        if count < least { return nil }
        position += count
      case .lazyRun(let set, let least, let most, let behind):
        let all = text[position...].prefix { set.contains($0) }.count
        let ends = (least...max(least, text.count)).first { count in
          position + count == text.count || text[min(position + count, text.count)...].starts(with: behind)
        }
        guard let count = ends, count <= min(all, most) else { return nil }
        position += count
        if position == text.count { return begin == (end ?? position) ? nil : begin..<(end ?? position) }
      }
    }
    let secret = begin..<(end ?? position)
    return secret.isEmpty ? nil : secret
  }

  /// Patterns that begin with a text first, the others around what these found; in each of the two passes the earlier
  /// anchor, then the earlier pattern, counts.
  private static func naiveFindings(_ rules: RedactionRules, _ texts: [[UInt8]]) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var base = 0
    for text in texts {
      var first: [Range<Int>] = []
      for pass in 0..<2 {
        var resume = 0
        for place in text.indices {
          for entry in rules.patterns {
            var offset = 0
            switch entry.pattern.beginning {
            case .text(let anchored):
              if pass == 1 { continue }
              offset = AnchorTable.place(in: anchored)
            case .run(let set):
              if pass == 0 || (place > 0 && set.contains(text[place - 1])) { continue }
            case .bytes, nil:
              if pass == 0 { continue }
            }
            let start = place - offset
            if start < resume || place < resume { continue }
            if pass == 1, first.contains(where: { $0.contains(start) }) { continue }
            guard var secret = naive(entry.pattern, text, at: start), secret.lowerBound >= resume else { continue }
            resume = secret.upperBound
            if pass == 1, let limit = first.first(where: { $0.lowerBound >= start })?.lowerBound {
              secret = secret.lowerBound..<max(secret.lowerBound, min(secret.upperBound, limit))
            }
            if !secret.isEmpty { found.append(secret.lowerBound + base..<secret.upperBound + base) }
            if pass == 0 { first.append(secret) }
            break
          }
        }
      }
      base += text.count
    }
    return found.sorted { $0.lowerBound < $1.lowerBound }
  }

  @Test(arguments: 0..<200)
  func theSearchFindsWhatANaiveOneFinds(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let chosen = RedactionPropertyTests.patterns.filter { _ in random.chance(60) }
    let patterns = try chosen.map { try PatternParser.parse($0) }
    let rules = RedactionRules([RedactionRule(name: "x", patterns: patterns, scope: .all, check: .none)])
    let texts = (0..<1 + random.below(6)).map { _ in
      (0..<random.below(60)).map { _ in random.pick(Array("aaabbbcccd\n ".utf8)) }
    }
    let bytes = texts.flatMap { $0 }
    var ends: [Int] = []
    for text in texts { ends.append((ends.last ?? 0) + text.count) }
    let findings = bytes.withUnsafeBufferPointer { bytes in
      ends.withUnsafeBufferPointer { rules.findings(bytes, ends: $0) { _ in .all }.map(\.range) }
    }
    #expect(
      findings == RedactionPropertyTests.naiveFindings(rules, texts),
      "\(chosen) in \(texts.map { String(decoding: $0, as: UTF8.self) })")
  }

  /// Redacted batches are batches with the same rows, and what was in them is in none of their texts.
  @Test(arguments: 0..<40)
  func aRedactedBatchIsTheSameButForItsSecrets(seed: UInt64) throws {
    var generator = BatchGenerator(seed: seed)
    let batch = generator.next(events: 200)
    let rule = RedactionRule(
      name: "x", patterns: [try PatternParser.parse("[a-z]{2,}")], scope: .all, check: .none)
    var redactor = Redactor([rule], key: PseudonymKey([UInt8](repeating: 7, count: 16)))
    var redacted = batch
    let isChanged = redactor.redact(&redacted)
    #expect(isChanged == (redactor.matches > 0))
    #expect(redacted.dimensions.strings.ends == batch.dimensions.strings.ends)
    #expect(redacted.results == batch.results && redacted.exitTimes == batch.exitTimes)
    for (before, after) in zip(batch.arguments, redacted.arguments) {
      #expect(before.type == after.type)
      for (before, after) in zip(before.columns, after.columns) {
        #expect(before.values == after.values && before.missing == after.missing)
        #expect(before.bytes.count == after.bytes.count)
      }
    }
    // Once more with the same key, and the other way round: the same batch.
    var again = Redactor([rule], key: PseudonymKey([UInt8](repeating: 7, count: 16)))
    var second = batch
    _ = again.redact(&second)
    #expect(second.dimensions.strings.heap == redacted.dimensions.strings.heap)
    var other = Redactor([rule])
    var third = batch
    let isThirdChanged = other.redact(&third)
    #expect(isThirdChanged == isChanged)
    if isChanged, redactor.matches > 8 {
      #expect(third.dimensions.strings.heap != redacted.dimensions.strings.heap)
    }
  }
}
