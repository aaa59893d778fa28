extension Question {
  /// Whether the filter asks for what is known of containers beside their ids: that may come after the events.
  public var asksForContainers: Bool {
    var asks = false
    func look(_ field: BoundField) {
      switch field.field.source {
      case .container(.shortID), .container(.fullID): break
      case .container, .event(.containerDuration): asks = true
      default: break
      }
    }
    root.forEachPredicate { predicate in
      predicate.operand.forEachField(look)
      if case .compare(_, .operand(let right)) = predicate.test { right.forEachField(look) }
    }
    return asks
  }
}
