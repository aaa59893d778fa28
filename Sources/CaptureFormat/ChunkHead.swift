import EventSchema

/// What a chunk says about itself without being decompressed: enough to decide whether a question needs it.
///
/// Sets are exact and sorted; bloom filters may say "perhaps" wrongly, never "no". An index that is `nil` was not made
/// and excludes nothing; an empty one excludes everything.
public struct ChunkHead: Sendable {
  /// How many events the chunk has.
  public var count: Int
  /// The numbers of its first and last event; equal to 0 in a chunk without events.
  public var firstNumber: UInt64
  /// See `firstNumber`.
  public var lastNumber: UInt64
  /// The least start (exit minus latency; exit where the latency is not known) in nanoseconds of the epoch.
  public var leastStart: Int64
  /// The least exit time.
  public var leastExit: Int64
  /// The greatest exit time.
  public var greatestExit: Int64
  /// Events lost since the chunk before, as far as loss frames before this chunk say.
  public var lost: UInt64
  /// Events lost since the start of the file.
  public var lostInAll: UInt64
  /// The types of the events and how many there are of each, ascending.
  public var typeCounts: [(type: EventTypeID, count: UInt32)]
  /// The processes (`proc.pid`) of the events themselves, without ancestors.
  public var pids: [Int64]?
  /// The full ids of the containers of the events themselves; the empty text stands for tasks of the host.
  public var containers: [String]?
  /// The user ids of the events themselves.
  public var uids: [Int64]?
  /// The paths of the executables of the events and of their ancestors; the empty text stands for those without one.
  public var executables: [String]?
  /// The names of the objects: each whole name, and for those with a `/` every ancestor directory and the base name.
  /// Holds `name` and `realName` of objects and the paths of unix sockets.
  public var paths: BloomFilter?
  /// The addresses of the objects' ends: 4 or 16 bytes as in packets. An IPv4 address in IPv6 form counts as both.
  public var addresses: BloomFilter?
  /// The error codes that events returned (2 for `ENOENT`): results from -4095 to -1.
  public var errors: [Int64]?
  /// The ports of both ends of all objects.
  public var ports: [Int64]?
  /// The chunk's blocks in the order in which they stand behind the head.
  var blocks: [Block] = []
  /// The bytes of the head in the file.
  public internal(set) var byteCount = 0

  /// How many bytes the chunk's columns take in the file.
  public var storedBytes: Int { blocks.reduce(0) { $0 + $1.stored } }

  /// How many bytes the columns of a group take in the file.
  public func storedBytes(of group: BlockGroup) -> Int { blocks.reduce(0) { $0 + ($1.group == group ? $1.stored : 0) } }

  /// How many bytes of the head are indexes.
  public var indexBytes: Int { max(byteCount - ChunkHead.fixedBytes - blocks.count * 16, 0) }

  /// How many bytes the chunk's columns take decompressed.
  public var rawBytes: Int { blocks.reduce(0) { $0 + $1.raw } }

  /// A run of columns that is compressed as one.
  struct Block: Sendable {
    var group: BlockGroup
    var codec: UInt8
    var stored: Int
    var raw: Int
    var check: UInt32
  }
}

/// What a block's columns are about: readers skip what they do not need, rewriters drop payloads. Raw values stand in
/// files.
public enum BlockGroup: UInt8, CaseIterable, Sendable {
  /// The column directory; exactly one, the first block.
  case directory = 0
  /// Dimension tables and texts.
  case dimensions = 1
  /// The columns that all events have.
  case core = 2
  /// Arguments, and the lengths of payloads.
  case arguments = 3
  /// The bytes of payloads.
  case payload = 4
}
