import Filter

/// What kind of values a field has: decides which operators it takes, how literals are read, and how it is printed.
public enum FieldType: String, Sendable, Hashable, CaseIterable {
  case text
  /// Payload and other binary values.
  case bytes
  /// A signed number.
  case integer
  /// A number that is never negative.
  case unsigned
  /// A number with a fraction.
  case decimal
  case boolean
  /// A duration in nanoseconds.
  case relativeTime = "reltime"
  /// Nanoseconds of the epoch.
  case absoluteTime = "abstime"
  case port
  /// An IP address.
  case address = "ipaddr"
  /// An IP address that is compared with networks.
  case network = "ipnet"

  /// Whether values are numbers.
  public var isNumber: Bool {
    switch self {
    case .integer, .unsigned, .decimal, .relativeTime, .absoluteTime, .port: true
    case .text, .bytes, .boolean, .address, .network: false
    }
  }

  /// Whether the field takes an operator; list-valued fields have a rule of their own.
  func accepts(_ comparison: FilterOperator) -> Bool {
    switch comparison {
    case .equal, .notEqual, .in, .intersects: true
    case .less, .lessOrEqual, .greater, .greaterOrEqual: isNumber || self == .text
    case .contains, .startsWith, .endsWith: self == .text || self == .bytes
    case .containsBytes, .startsWithBytes: self == .bytes
    case .containsIgnoringCase, .glob, .globIgnoringCase, .regex, .pathMatches: self == .text
    }
  }
}
