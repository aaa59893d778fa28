/// How bytes are compressed. Raw values stand in files.
public enum Codec: UInt8, CaseIterable, Sendable {
  /// As they are.
  case none = 0
  /// LZ4's block format: fast both ways, what recordings use.
  case lz4 = 1
  /// A Zstandard frame: smaller, slower to make, what compacted captures use.
  case zstd = 2

  /// The codec of a name on the command line: `none`, `lz4` or `zstd`.
  public init?(name: String) {
    guard let codec = Codec.allCases.first(where: { $0.name == name }) else { return nil }
    self = codec
  }

  /// The name on the command line.
  public var name: String {
    switch self {
    case .none: "none"
    case .lz4: "lz4"
    case .zstd: "zstd"
    }
  }

  /// The levels that `Compressor` takes. For lz4 a level is its acceleration: 1 is the smallest result.
  public var levels: ClosedRange<Int> {
    switch self {
    case .none: 0...0
    case .lz4: 1...64
    case .zstd: 1...19
    }
  }

  /// The level when nobody says one.
  public var defaultLevel: Int {
    switch self {
    case .none: 0
    case .lz4: 1
    case .zstd: 3
    }
  }
}
