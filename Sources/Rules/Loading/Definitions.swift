import Filter

/// A condition or an output as it was written: one text, or several that were appended to each other.
struct ConditionText: Sendable {
  private(set) var text: String
  /// Where each piece begins in the text, and where it came from.
  private var pieces: [(start: Int, place: Placed)]

  init(_ place: Placed) {
    text = place.node.text ?? ""
    pieces = [(0, place)]
  }

  mutating func append(_ other: ConditionText) {
    let base = text.utf8.count + 1
    text += " " + other.text
    pieces += other.pieces.map { (base + $0.start, $0.place) }
  }

  /// The piece that an offset stands in, and the offset there.
  func origin(of offset: Int) -> (place: Placed, offset: Int) {
    let piece = pieces.last { $0.start <= offset } ?? pieces[0]
    return (piece.place, max(offset - piece.start, 0))
  }

  var place: Placed { pieces[0].place }
}

/// When something was defined first, which decides who comes first, and last, which decides what it sees: names that were
/// first defined before. That goes for macros and lists; rules see all of them.
struct Order: Sendable {
  var index: Int
  var visibility: Int

  /// What rules see: all macros, wherever these stand.
  static let last = Order(index: Int.max, visibility: Int.max)
}

struct ListDefinition: Sendable {
  let name: String
  var items: [Placed]
  var order: Order
  var place: Placed
}

struct MacroDefinition: Sendable {
  let name: String
  var condition: ConditionText
  var order: Order
  var place: Placed
}

struct ExceptionDefinition: Sendable {
  var name: String
  /// One field, or a tuple of them.
  var fields: [Placed]
  var isSingle: Bool
  /// Operators, one for each field.
  var comparisons: [String]
  var values: [Placed]
  var place: Placed
}

struct RuleDefinition: Sendable {
  let name: String
  var description: String
  var condition: ConditionText
  var output: ConditionText
  var priority: Priority
  var source: String
  var isEnabled = true
  var captures = false
  var captureDuration: Int?
  var warnsOfEventTypes = true
  var skipsIfUnknown = false
  var tags: [String] = []
  var exceptions: [ExceptionDefinition] = []
  var order: Order
  var place: Placed
  /// What the condition is where it was not written as a text.
  var made: FilterExpression?
}

/// How bad it is that a rule matches, the worst first.
public enum Priority: Int, Sendable, Hashable, CaseIterable, Comparable {
  case emergency, alert, critical, error, warning, notice, informational, debug

  /// A name in any case; `info` is short for informational.
  public init?(name: String) {
    let lower = name.lowercased()
    guard let found = Priority.allCases.first(where: { "\($0)" == lower }) ?? (lower == "info" ? .informational : nil)
    else { return nil }
    self = found
  }

  /// The name as alerts have it.
  public var name: String {
    let name = "\(self)"
    return name.prefix(1).uppercased() + name.dropFirst()
  }

  /// Whether one is worse.
  public static func < (one: Priority, other: Priority) -> Bool { one.rawValue < other.rawValue }
}

/// What files define, by name, in the order of their first definition.
struct NamedTable<Definition: Sendable>: Sendable {
  private(set) var all: [Definition] = []
  private var positions: [String: Int] = [:]

  subscript(name: String) -> Definition? {
    get { positions[name].map { all[$0] } }
    set {
      guard let newValue else { return }
      if let position = positions[name] {
        all[position] = newValue
      } else {
        positions[name] = all.count
        all.append(newValue)
      }
    }
  }
}
