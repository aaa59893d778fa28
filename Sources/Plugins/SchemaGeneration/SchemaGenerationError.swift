/// Why `events.json` is refused: what stands where, and the rule that it breaks.
public struct SchemaGenerationError: Error, CustomStringConvertible {
  /// The place in words: `event "read", parameter "data"`.
  public let place: String
  /// What is wrong there.
  public let problem: String

  init(_ place: String, _ problem: String) {
    self.place = place
    self.problem = problem
  }

  /// One line that says where and what.
  public var description: String { "formats/events.json: \(place): \(problem)" }
}
