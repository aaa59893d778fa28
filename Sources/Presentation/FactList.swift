/// Names and what is to say about each: the form of `info` and of a recording's summary.
public struct FactList: Sendable {
  private var facts: [(name: String, text: String, style: Style)] = []

  /// An empty list.
  public init() {}

  /// Adds a fact. A name that is empty continues the fact before on a line of its own.
  public mutating func add(_ name: String, _ text: String, _ style: Style = .plain) {
    facts.append((name, text, style))
  }

  /// The facts as lines, names in one column and texts in the next; texts are shortened at their end when a line is
  /// longer than the terminal.
  public func rendered(width: Int?, colour: Bool) -> String {
    let nameWidth = facts.map { DisplayWidth.of($0.name) }.max() ?? 0
    var lines = ""
    for fact in facts {
      let blanks = String(repeating: " ", count: nameWidth - DisplayWidth.of(fact.name) + 2)
      let text = width.map { Truncation.keepsStart.fit(fact.text, width: max($0 - nameWidth - 2, 20)) } ?? fact.text
      lines +=
        Style.dim.apply(to: fact.name, colour: colour) + blanks + fact.style.apply(to: text, colour: colour) + "\n"
    }
    return lines
  }
}
