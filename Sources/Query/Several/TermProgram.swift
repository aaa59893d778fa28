/// Expressions as flat arrays: walking them copies nothing.
struct TermProgram: Sendable {
  struct Node: Sendable {
    enum Kind: UInt8, Sendable { case constant, predicate, not, and, or }

    let kind: Kind
    /// Of a constant 0 or 1, of a predicate its slot, of others where their terms begin in `children`.
    let first: Int32
    let count: Int32
  }

  private(set) var nodes: [Node] = []
  private(set) var children: [Int32] = []
  /// The node of each expression.
  private(set) var roots: [Int32] = []

  init(_ expressions: [BoundExpression]) {
    for expression in expressions { roots.append(add(expression)) }
  }

  private mutating func add(_ expression: BoundExpression) -> Int32 {
    let node: Node
    switch expression {
    case .constant(let value): node = Node(kind: .constant, first: value ? 1 : 0, count: 0)
    case .predicate(let predicate): node = Node(kind: .predicate, first: Int32(predicate.slot), count: 0)
    case .not(let term): node = add(.not, [term])
    case .and(let terms): node = add(.and, terms)
    case .or(let terms): node = add(.or, terms)
    }
    nodes.append(node)
    return Int32(nodes.count - 1)
  }

  private mutating func add(_ kind: Node.Kind, _ terms: [BoundExpression]) -> Node {
    var numbers: [Int32] = []
    for term in terms { numbers.append(add(term)) }
    children += numbers
    return Node(kind: kind, first: Int32(children.count - numbers.count), count: Int32(numbers.count))
  }
}
