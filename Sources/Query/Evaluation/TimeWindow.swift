import Filter

extension FilterCheck {
  /// What `evt.around[T] = D` says: the event is at most D milliseconds from T. As two comparisons of the time, it
  /// excludes chunks by their heads. `nil` for other checks.
  var timeWindow: FilterExpression? {
    guard case .field(let field) = left, field.name == "evt.around", comparison == .equal, quantifier == nil,
      case .literal(let literal) = right, let milliseconds = literal.number?.int64, milliseconds >= 0,
      let middle = field.argument?.number?.int64
    else { return nil }
    let (reach, isTooFar) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
    let (low, isTooLow) = middle.subtractingReportingOverflow(isTooFar ? .max : reach)
    let (high, isTooHigh) = middle.addingReportingOverflow(isTooFar ? .max : reach)
    func bound(_ comparison: FilterOperator, _ time: Int64) -> FilterExpression {
      .check(
        FilterCheck(
          left: .field(FilterField(name: "evt.rawtime", range: field.range)), comparison: comparison,
          right: .literal(FilterLiteral("\(time)", style: .number, range: literal.range)), range: range,
          comparisonRange: comparisonRange))
    }
    return .and(
      [bound(.greaterOrEqual, isTooLow ? .min + 1 : low), bound(.lessOrEqual, isTooHigh ? .max : high)], range)
  }
}
