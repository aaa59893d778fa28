import Filter

/// A comparison, bound to fields: what one leaf of a filter asks.
struct Predicate: Sendable {
  let operand: Operand
  let test: Test
  /// Equal predicates of one question have the same number, so that each is answered once.
  let slot: Int

  /// Of what the answer is a property.
  var domain: Domain {
    if case .compare(_, .operand(let right)) = test { return operand.domain.joined(with: right.domain) }
    return operand.domain
  }
}

/// What is asked about a value.
enum Test: Sendable {
  case exists
  case compare(FilterOperator, RightSide)
  /// How many elements of the list must match.
  case quantified(FilterOperator, FilterQuantifier, [Literal])
}

/// What a value is compared with.
enum RightSide: Sendable {
  case one(Literal)
  /// Any of them will do.
  case any([Literal])
  /// Texts, found by hashing.
  case texts(Set<FieldValue>)
  case operand(Operand)
}

/// A constant, read as the field's type wants it.
enum Literal: Sendable, Hashable {
  case bytes([UInt8])
  case number(Int128)
  case real(Double)
  case boolean(Bool)
  case network(IPNetwork)
  case glob(GlobPattern)
  case regex(RegularExpression)
  /// The parts of a path, each a pattern.
  case path([GlobPattern])
}

extension Predicate {
  /// Whether a value fulfils the predicate. A missing value fulfils none.
  func holds(_ value: FieldValue, right: (Operand) -> FieldValue) -> Bool {
    if value == .missing { return false }
    switch test {
    case .exists: return true
    case .compare(let comparison, .operand(let operand)):
      return holds(comparison, value, with: right(operand))
    case .compare(.notEqual, let side):
      return every(value) { matches(.notEqual, $0, side) }
    case .compare(.in, let side) where operand.multiplicity == .list:
      // All of a list must be in the set.
      guard case .list(let elements) = value else { return matches(.in, value, side) }
      return elements.allSatisfy { matches(.in, $0, side) }
    case .compare(let comparison, let side):
      return any(value) { matches(comparison, $0, side) }
    case .quantified(let comparison, let quantifier, let literals):
      func matches(_ literal: Literal) -> Bool {
        comparison == .notEqual
          ? every(value) { literal.matches(comparison, $0) } : any(value) { literal.matches(comparison, $0) }
      }
      switch quantifier {
      case .any: return literals.contains(where: matches)
      case .all: return !literals.isEmpty && literals.allSatisfy(matches)
      case .one: return literals.count(where: matches) == 1
      }
    }
  }

  private func matches(_ comparison: FilterOperator, _ value: FieldValue, _ side: RightSide) -> Bool {
    switch side {
    case .one(let literal): return literal.matches(comparison, value)
    case .any(let literals): return literals.contains { $0.matches(comparison, value) }
    case .texts(let texts): return value.bytesValue.map { texts.contains(.text($0)) } ?? false
    case .operand: return false
    }
  }

  /// Compares two values of fields.
  private func holds(_ comparison: FilterOperator, _ left: FieldValue, with right: FieldValue) -> Bool {
    if right == .missing { return false }
    let elements: [FieldValue] = if case .list(let values) = right { values } else { [right] }
    let literals = elements.compactMap { Literal($0, for: comparison) }
    switch comparison {
    case .notEqual: return every(left) { value in literals.allSatisfy { $0.matches(.notEqual, value) } }
    case .in where operand.multiplicity == .list:
      return every(left) { value in literals.contains { $0.matches(.in, value) } }
    default: return any(left) { value in literals.contains { $0.matches(comparison, value) } }
    }
  }

  private func any(_ value: FieldValue, _ body: (FieldValue) -> Bool) -> Bool {
    if case .list(let values) = value { return values.contains(where: body) }
    return body(value)
  }

  /// For `!=`: both ends of a connection must differ, but one ancestor that differs is enough.
  private func every(_ value: FieldValue, _ body: (FieldValue) -> Bool) -> Bool {
    guard case .list(let values) = value else { return body(value) }
    return operand.multiplicity == .anyAncestor ? values.contains(where: body) : values.allSatisfy(body)
  }
}

extension Literal {
  /// What a value of a field is as the right side of an operator; `nil` when it cannot be one.
  init?(_ value: FieldValue, for comparison: FilterOperator) {
    switch value {
    case .missing, .list: return nil
    case .boolean(let value): self = .boolean(value)
    case .integer(let value): self = .number(Int128(value))
    case .unsigned(let value): self = .number(Int128(value))
    case .decimal(let value): self = .real(value)
    case .address(let bytes):
      guard let address = IPAddress(packet: bytes),
        let network = IPNetwork(address, prefixLength: address.bitWidth)
      else { return nil }
      self = .network(network)
    case .text(let bytes), .bytes(let bytes):
      switch comparison {
      case .glob: self = .glob(GlobPattern(Array(bytes)))
      case .globIgnoringCase: self = .glob(GlobPattern(Array(bytes), ignoringCase: true))
      case .pathMatches: self = .path(Literal.pathPatterns(bytes))
      default: self = .bytes(Array(bytes))
      }
    }
  }

  /// The parts of a path as patterns.
  static func pathPatterns(_ path: ArraySlice<UInt8>) -> [GlobPattern] {
    path.split(separator: UInt8(ascii: "/")).map { GlobPattern(Array($0)) }
  }

  /// Whether one value and this constant fulfil an operator.
  func matches(_ comparison: FilterOperator, _ value: FieldValue) -> Bool {
    switch self {
    case .bytes(let wanted):
      guard let bytes = value.bytesValue else { return false }
      return compare(bytes, comparison, wanted)
    case .number(let wanted):
      switch value {
      case .integer(let number): return ordered(Int128(number), comparison, wanted)
      case .unsigned(let number): return ordered(Int128(number), comparison, wanted)
      case .boolean(let flag): return ordered(flag ? 1 : 0, comparison, wanted)
      case .decimal(let number): return ordered(number, comparison, Double(wanted))
      default: return false
      }
    case .real(let wanted): return value.number.map { ordered($0, comparison, wanted) } ?? false
    case .boolean(let wanted):
      guard let number = value.integerValue else { return false }
      return (number != 0) == wanted ? comparison != .notEqual : comparison == .notEqual
    case .network(let network):
      guard case .address(let bytes) = value, let address = IPAddress(packet: bytes) else { return false }
      return network.contains(address.unmapped) == (comparison != .notEqual)
    case .glob(let pattern):
      guard let bytes = value.bytesValue else { return false }
      return bytes.withUnsafeBufferPointer { pattern.matches($0) }
    case .regex(let expression): return value.bytesValue.map { expression.matches($0) } ?? false
    case .path(let patterns):
      guard let bytes = value.bytesValue else { return false }
      let parts = bytes.split(separator: UInt8(ascii: "/"))
      guard patterns.count <= parts.count else { return false }
      return zip(patterns, parts).allSatisfy { pattern, part in
        part.withUnsafeBufferPointer { pattern.matches($0) }
      }
    }
  }

  private func compare(_ bytes: ArraySlice<UInt8>, _ comparison: FilterOperator, _ wanted: [UInt8]) -> Bool {
    switch comparison {
    case .equal, .in, .intersects: equal(bytes, wanted[...])
    case .notEqual: !equal(bytes, wanted[...])
    case .contains, .containsBytes: find(wanted, in: bytes, ignoringCase: false)
    case .containsIgnoringCase: find(wanted, in: bytes, ignoringCase: true)
    case .startsWith, .startsWithBytes: bytes.starts(with: wanted)
    case .endsWith: bytes.count >= wanted.count && bytes.suffix(wanted.count).elementsEqual(wanted)
    case .less: bytes.lexicographicallyPrecedes(wanted)
    case .lessOrEqual: !wanted.lexicographicallyPrecedes(bytes)
    case .greater: wanted.lexicographicallyPrecedes(bytes)
    case .greaterOrEqual: !bytes.lexicographicallyPrecedes(wanted)
    case .glob, .globIgnoringCase, .regex, .pathMatches: false
    }
  }

  private func ordered<Number: Comparable>(_ number: Number, _ comparison: FilterOperator, _ wanted: Number) -> Bool {
    switch comparison {
    case .equal, .in, .intersects: number == wanted
    case .notEqual: number != wanted
    case .less: number < wanted
    case .lessOrEqual: number <= wanted
    case .greater: number > wanted
    case .greaterOrEqual: number >= wanted
    default: false
    }
  }
}

extension IPAddress {
  /// An address from its 4 or 16 bytes in the order of the packet.
  init?(packet bytes: ArraySlice<UInt8>) {
    func word(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
    switch bytes.count {
    case 4: self.init(ipv4: UInt32(truncatingIfNeeded: word(bytes)))
    case 16: self.init(ipv6High: word(bytes.prefix(8)), low: word(bytes.suffix(8)))
    default: return nil
    }
  }
}
