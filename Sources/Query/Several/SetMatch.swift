/// An event and a filter of a set that selects it.
public struct SetMatch: Sendable, Hashable {
  /// The row of the batch.
  public let row: UInt32
  /// The filter's position in the set.
  public let question: Int

  /// A match.
  public init(row: UInt32, question: Int) {
    self.row = row
    self.question = question
  }
}

/// What one filter of a set cost.
public struct QuestionCost: Sendable, Hashable {
  /// How many events were left to ask when types and dimension rows had been looked at.
  public var eventsAsked = 0
  /// How many rows of dimensions were asked.
  public var rowsAsked = 0
  /// How long that took, in nanoseconds, as far as it was measured.
  public var nanoseconds: Int64 = 0

  /// Nothing.
  public init() {}

  /// Adds another's.
  public mutating func add(_ other: QuestionCost) {
    eventsAsked += other.eventsAsked
    rowsAsked += other.rowsAsked
    nanoseconds += other.nanoseconds
  }
}

extension Duration {
  /// The duration in nanoseconds.
  var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
  }
}
