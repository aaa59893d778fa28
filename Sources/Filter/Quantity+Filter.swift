extension Quantity {
  /// What to write in a filter instead of a number with a unit, which the language does not have: `5ms`, `4KiB`. `nil` for
  /// anything else.
  public static func hint(insteadOf text: String) -> String? {
    guard let number = NumberWithUnit(text), !number.unit.isEmpty else { return nil }
    if let time = nanoseconds(text) { return "times are nanoseconds, without a unit: \(time)" }
    if let size = bytes(text) { return "sizes are bytes, without a unit: \(size)" }
    return nil
  }
}
