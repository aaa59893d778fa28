/// The terms about one dimension that the filters of each group have, as flat arrays.
struct GroupTerms: Sendable {
  /// How many words of bits all groups have together: one bit for each filter.
  private(set) var words = 0
  /// By group: where its words begin among these.
  private(set) var wordStarts: [Int32] = []
  /// By group: where its filters begin among those of all groups.
  private(set) var entryStarts: [Int32] = []
  /// By entry: the filter's number.
  private(set) var questions: [Int32] = []
  /// By entry, and one behind the last: where its terms begin in `terms`.
  private(set) var termStarts: [Int32] = [0]
  private(set) var terms: [Int32] = []
  /// By word: the filters that have no terms about this dimension.
  private(set) var unconditional: [UInt64] = []

  init(_ groups: [QuestionGroup], _ termsOf: (QuestionGroup.Entry) -> [Int]) {
    for group in groups {
      wordStarts.append(Int32(words))
      entryStarts.append(Int32(questions.count))
      unconditional += [UInt64](repeating: 0, count: group.words)
      for (index, entry) in group.entries.enumerated() {
        questions.append(Int32(entry.question))
        let numbers = termsOf(entry)
        if numbers.isEmpty { unconditional[words + index / 64] |= 1 << UInt64(index % 64) }
        terms += numbers.map { Int32($0) }
        termStarts.append(Int32(terms.count))
      }
      words += group.words
    }
  }
}
