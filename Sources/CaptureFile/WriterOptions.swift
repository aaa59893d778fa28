import Compression

/// How a capture is written.
public struct WriterOptions: Sendable {
  /// What columns are compressed with.
  public var codec: Codec
  /// How hard; `nil` for the codec's default. See `Codec.levels`.
  public var level: Int?
  /// Whether a file of the same name is overwritten (`--force`).
  public var replaceExisting: Bool
  /// When what was written is handed to the disk.
  public var sync: SyncPolicy
  /// What signs it while it is written; `nil` for no seals.
  public var seals: (any SealMaker)?
  /// What counts events for the rollup; `nil` for no rollup.
  public var counting: (any RollupCounting)?
  /// Whose file it becomes, for a writer that gives up its rights later; `nil` for its own.
  public var owner: FileOwner?

  /// The options of a recording: lz4, no replacement.
  public init(
    codec: Codec = .lz4, level: Int? = nil, replaceExisting: Bool = false, sync: SyncPolicy = .none,
    seals: (any SealMaker)? = nil, owner: FileOwner? = nil, counting: (any RollupCounting)? = nil
  ) {
    self.codec = codec
    self.level = level
    self.replaceExisting = replaceExisting
    self.sync = sync
    self.seals = seals
    self.owner = owner
    self.counting = counting
  }
}

/// When what was written is handed to the disk, so that it outlives a machine that fails.
public enum SyncPolicy: String, Sendable, CaseIterable {
  /// When the system sees fit: what a program wrote outlives the program in any case.
  case none
  /// Before `finish` returns.
  case end
  /// After each chunk, too. Costs what the disk needs, every time.
  case chunk
}

/// A user and a group, by their numbers.
public struct FileOwner: Sendable, Hashable {
  /// The user.
  public var user: UInt32
  /// The group.
  public var group: UInt32

  /// An owner.
  public init(user: UInt32, group: UInt32) {
    self.user = user
    self.group = group
  }
}

/// What a writer made.
public struct CaptureTotals: Sendable, Hashable {
  /// The events written.
  public let events: UInt64
  /// The events that loss records speak of.
  public let lost: UInt64
  /// The bytes of the file.
  public let bytes: UInt64
  /// The chunks written.
  public let chunks: Int
}
