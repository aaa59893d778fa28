/// What a field says about one event.
///
/// Texts are bytes, as the machine said them; whoever shows one decides what to do with invalid UTF-8. A slice shares
/// the memory of the batch that it came from: copy it to keep it for long.
public enum FieldValue: Sendable, Hashable {
  /// There is no value: `<NA>` in text, `null` in JSON, false in every comparison.
  case missing
  case boolean(Bool)
  case integer(Int64)
  case unsigned(UInt64)
  case decimal(Double)
  case text(ArraySlice<UInt8>)
  /// Payload or other bytes that are no text.
  case bytes(ArraySlice<UInt8>)
  /// An IP address: 4 or 16 bytes in the order of the packet.
  case address(ArraySlice<UInt8>)
  /// Several values of one type: all ancestors' names, both ends' ports.
  case list([FieldValue])

  /// A text from a Swift string.
  public static func text(_ string: String) -> FieldValue { .text(ArraySlice(string.utf8)) }

  /// Whether there is a value.
  public var isMissing: Bool { self == .missing }

  /// The value as a number: itself, or 0 and 1 for a boolean; `nil` for everything else.
  public var integerValue: Int64? {
    switch self {
    case .integer(let value): value
    case .unsigned(let value): Int64(clamping: value)
    case .boolean(let value): value ? 1 : 0
    case .decimal(let value): Int64(exactly: value.rounded())
    default: nil
    }
  }

  /// The bytes of a text, of bytes, or of an address; `nil` for everything else.
  public var bytesValue: ArraySlice<UInt8>? {
    switch self {
    case .text(let bytes), .bytes(let bytes), .address(let bytes): bytes
    default: nil
    }
  }

  /// The value with memory of its own, detached from the batch that it came from.
  public var detached: FieldValue {
    switch self {
    case .text(let bytes): .text(ArraySlice(Array(bytes)))
    case .bytes(let bytes): .bytes(ArraySlice(Array(bytes)))
    case .address(let bytes): .address(ArraySlice(Array(bytes)))
    case .list(let values): .list(values.map(\.detached))
    default: self
    }
  }
}

extension FieldValue {
  /// Whether both are the same value of the same kind.
  public static func == (one: FieldValue, other: FieldValue) -> Bool {
    switch (one, other) {
    case (.missing, .missing): true
    case (.boolean(let a), .boolean(let b)): a == b
    case (.integer(let a), .integer(let b)): a == b
    case (.unsigned(let a), .unsigned(let b)): a == b
    case (.decimal(let a), .decimal(let b)): a == b
    case (.text(let a), .text(let b)), (.bytes(let a), .bytes(let b)), (.address(let a), .address(let b)):
      equal(a, b)
    case (.list(let a), .list(let b)): a == b
    default: false
    }
  }

  /// Hashes kind and value; bytes as a whole, which is many times faster than one by one.
  public func hash(into hasher: inout Hasher) {
    switch self {
    case .missing: hasher.combine(0)
    case .boolean(let value): hasher.combine(value)
    case .integer(let value): hasher.combine(value)
    case .unsigned(let value): hasher.combine(value)
    case .decimal(let value): hasher.combine(value)
    case .text(let bytes), .bytes(let bytes), .address(let bytes):
      bytes.withUnsafeBytes { hasher.combine(bytes: $0) }
    case .list(let values): hasher.combine(values)
    }
  }
}

extension FieldValue: Comparable {
  /// An order for sorting: missing first, then by kind, numbers by value, texts by bytes.
  public static func < (one: FieldValue, other: FieldValue) -> Bool {
    switch (one, other) {
    case (.text(let a), .text(let b)), (.bytes(let a), .bytes(let b)), (.address(let a), .address(let b)):
      return a.lexicographicallyPrecedes(b)
    case (.list(let a), .list(let b)):
      return a.lexicographicallyPrecedes(b)
    case (.integer(let a), .integer(let b)): return a < b
    case (.unsigned(let a), .unsigned(let b)): return a < b
    default:
      if let a = one.number, let b = other.number { return a < b }
      return one.rank < other.rank
    }
  }

  /// The value as a number for sorting and averages; `nil` when it is none.
  public var number: Double? {
    switch self {
    case .boolean(let value): value ? 1 : 0
    case .integer(let value): Double(value)
    case .unsigned(let value): Double(value)
    case .decimal(let value): value
    default: nil
    }
  }

  private var rank: Int {
    switch self {
    case .missing: 0
    case .boolean, .integer, .unsigned, .decimal: 1
    case .text: 2
    case .bytes: 3
    case .address: 4
    case .list: 5
    }
  }
}
