import Filter
import TestSupport

/// Makes random trees of every shape that the language has.
struct TreeGenerator {
  var random: SeededGenerator

  static let words = ["a", "and_b", "orc", "nothing", "In", "exists", "x9_", "oneof", "notes"]
  static let fieldNames = ["a.b", "proc.name", "k8s.ns.name", "b64.val", "in.or_1.not"]
  static let pieces: [[UInt8]] = [
    [], Array("x".utf8), Array("/etc/passwd".utf8), Array("oneof".utf8), Array("and".utf8), Array("*.[ch]".utf8),
    Array("\"".utf8), Array("'".utf8), Array("\\".utf8), Array(" ".utf8), Array("(,)=".utf8), Array("ü→".utf8),
    Array("\n\t\r".utf8), [0], [0x7F], [0xFF, 0xC3], Array("]".utf8), Array("0x1F".utf8), Array("b64(a.b)".utf8),
  ]
  static let numbers = ["0", "42", "-7", "+1", "0xFf", "1.5", "-0.25e+10", "18446744073709551615", "3."]

  mutating func expression(depth: Int) -> FilterExpression {
    switch depth > 0 ? random.below(10) : 6 + random.below(4) {
    case 0, 1: .and(terms(depth: depth - 1), .none)
    case 2, 3: .or(terms(depth: depth - 1), .none)
    case 4, 5: .not(expression(depth: depth - 1), .none)
    case 6: .macro(random.pick(Self.words), .none)
    case 7: .exists(left(depth: depth), .none)
    default: .check(check(depth: depth))
    }
  }

  private mutating func terms(depth: Int) -> [FilterExpression] {
    (0..<(2 + random.below(3))).map { _ in expression(depth: depth) }
  }

  private mutating func check(depth: Int) -> FilterCheck {
    let comparison = random.pick(FilterOperator.allCases)
    let left = left(depth: depth)
    var check = FilterCheck(left: left, comparison: comparison, right: .literal(literal()))
    check.isDoubleEqualSign = comparison == .equal && random.chance(50)
    if random.chance(15) {
      check.right = computed(depth: depth)
      return check
    }
    switch comparison.rightSide {
    case .number: check.right = .literal(FilterLiteral(random.pick(Self.numbers), style: .number))
    case .list: check.right = list()
    case .string:
      if random.chance(25) {
        check.quantifier = random.pick(FilterQuantifier.allCases)
        check.right = list()
      }
    }
    return check
  }

  private mutating func list() -> FilterOperand {
    random.chance(20)
      ? .listName(random.pick(Self.words), .none)
      : .list((0..<random.below(4)).map { _ in .literal(literal()) }, .none)
  }

  private mutating func literal() -> FilterLiteral {
    let bytes = (0..<random.below(4)).flatMap { _ in random.pick(Self.pieces) }
    return FilterLiteral(bytes: bytes, style: random.pick([.bare, .quoted]))
  }

  private mutating func field() -> FilterField {
    FilterField(name: random.pick(Self.fieldNames), argument: random.chance(30) ? literal() : nil)
  }

  private mutating func left(depth: Int) -> FilterOperand {
    random.chance(75) ? .field(field()) : transformer(depth: depth)
  }

  private mutating func computed(depth: Int) -> FilterOperand {
    random.chance(50)
      ? .transformer(FilterTransformer(function: .val, arguments: [.field(field())]))
      : transformer(depth: depth)
  }

  private mutating func transformer(depth: Int) -> FilterOperand {
    let functions = FilterFunction.allCases.filter { $0 != .val }
    let arguments = (0..<(1 + random.below(3))).map { _ in
      random.chance(20)
        ? FilterOperand.list((0..<random.below(4)).map { _ in element(depth: depth) }, .none) : element(depth: depth)
    }
    return .transformer(
      FilterTransformer(
        function: random.pick(functions), arguments: arguments, argument: random.chance(20) ? literal() : nil))
  }

  private mutating func element(depth: Int) -> FilterOperand {
    switch random.below(depth > 0 ? 4 : 3) {
    case 0: .field(field())
    case 1: .literal(literal())
    case 2: .literal(FilterLiteral(random.pick(Self.numbers), style: .number))
    default: transformer(depth: depth - 1)
    }
  }
}
