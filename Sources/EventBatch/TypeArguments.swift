import EventSchema

/// The arguments of all events of one type, one column for each stored parameter.
public struct TypeArguments: Sendable {
  /// The event type.
  public var type: EventTypeID
  /// How many events of the type the batch has.
  public var count: Int
  /// One column for each parameter of the type whose source is stored (`ParameterSource.isStored`), in schema order.
  /// A reader that was not asked for a column leaves it `.absent`.
  public var columns: [ArgumentColumn]

  /// The arguments of `count` events.
  public init(type: EventTypeID, count: Int, columns: [ArgumentColumn]) {
    self.type = type
    self.count = count
    self.columns = columns
  }
}

/// The values of one parameter for all events of one type.
///
/// What `values` mean depends on the parameter's storage: the integer itself; a row of the string table; or, for bytes,
/// where the value ends in `bytes` (it begins where the one before it ends).
public struct ArgumentColumn: Sendable, Hashable {
  /// One entry for each event of the type; see above for what it means.
  public var values: [Int64]
  /// The heap of a column of bytes.
  public var bytes: [UInt8]
  /// Ascending ranks whose value is not there; their entry in `values` is 0 (for bytes: an empty range).
  public var missing: [UInt32]
  /// False in a batch whose reader was not asked for this column.
  public var isPresent: Bool

  /// A column that was read or built.
  public init(values: [Int64], bytes: [UInt8] = [], missing: [UInt32] = []) {
    self.values = values
    self.bytes = bytes
    self.missing = missing
    isPresent = true
  }

  private init(isPresent: Bool) {
    values = []
    bytes = []
    missing = []
    self.isPresent = isPresent
  }

  /// A column that was not read.
  public static let absent = ArgumentColumn(isPresent: false)

  /// Whether the value at a rank is not there. O(log missing).
  public func isMissing(_ rank: Int) -> Bool {
    var low = 0
    var high = missing.count
    while low < high {
      let middle = (low + high) / 2
      if Int(missing[middle]) < rank { low = middle + 1 } else { high = middle }
    }
    return low < missing.count && Int(missing[low]) == rank
  }

  /// The bytes at a rank of a column of bytes.
  public func bytes(at rank: Int) -> ArraySlice<UInt8> {
    let start = rank == 0 ? 0 : Int(values[rank - 1])
    return bytes[start..<Int(values[rank])]
  }
}
