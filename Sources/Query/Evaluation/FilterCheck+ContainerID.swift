import Filter

extension FilterCheck {
  /// The left side, with `container.full_id` in the place of `container.id` where that is compared with full ids: what people
  /// copy from an engine has 64 digits as often as 12.
  var leftForContainerIDs: FilterOperand {
    guard case .field(var field) = left, field.name == "container.id" else { return left }
    let constants: [FilterOperand] =
      switch right {
      case .list(let elements, _): elements
      default: [right]
      }
    let areFull = constants.allSatisfy { constant in
      guard case .literal(let literal) = constant else { return false }
      return literal.bytes.count == 64
        && literal.bytes.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }
    guard areFull, !constants.isEmpty else { return left }
    field.name = "container.full_id"
    return .field(field)
  }
}
