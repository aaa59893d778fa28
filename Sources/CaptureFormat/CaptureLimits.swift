/// What a capture must not exceed; checked when writing and, before anything is allocated, when reading.
public enum CaptureLimits {
  /// The payload of a frame.
  public static let frameBytes = 64 << 20
  /// The blocks of a chunk together, decompressed.
  public static let chunkBytes = 64 << 20
  /// The events of a chunk.
  public static let chunkEvents = 1 << 20
  /// The values of a chunk together, missing ones and those of dimension rows counted: memory once decoded is eight
  /// bytes for each.
  public static let chunkValues = 32 << 20
  /// The plain head of a chunk.
  public static let headBytes = 1 << 20
  /// The texts of an index together, written out.
  public static let indexTextBytes = 256 << 10
  /// The blocks of a chunk.
  public static let blocks = 4096
  /// The columns of a chunk.
  public static let columns = 65_536
  /// A block may decompress to this many times its stored bytes, and `ratioAllowance` more.
  public static let greatestRatio = 4096
  /// See `greatestRatio`.
  public static let ratioAllowance = 65_536
  /// A text in header or head: a path, a host name, a container's id.
  public static let textBytes = 1 << 16
  /// The schema, decompressed.
  public static let schemaBytes = 16 << 20
  /// A summary page, decompressed: a writer closes it long before.
  public static let pageBytes = 8 << 20
  /// The chunks of a summary page, and its losses.
  public static let pageChunks = 65_536
  /// The losses of a file that its summary tells one by one.
  public static let rootLosses = 4096
  /// The buckets of a rollup.
  public static let rollupBuckets = 65_536
  /// The values of all counters of a rollup.
  public static let rollupValues = 4 << 20
}

/// What is to be written does not fit the format.
public struct LimitExceeded: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is too much.
  public let what: String
  /// How much of it there is.
  public let value: Int
  /// How much of it may be.
  public let limit: Int

  /// What is too much, how much it is, and the limit.
  public var description: String { "\(what) is \(value), the format's limit is \(limit)" }
}
