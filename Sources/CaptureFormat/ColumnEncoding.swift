/// How the values of one column stand in bytes, before compression. Raw values stand in files.
///
/// All values are signed 64-bit numbers here; columns of narrower types are widened first. `formats/capture.md` draws
/// the bytes of each.
public enum ColumnEncoding: UInt8, CaseIterable, Sendable {
  /// One value for all rows.
  case constant = 0
  /// Differences to the least value in 0, 1, 2, 4 or 8 bytes each.
  case fixed = 1
  /// Differences to the least value in 0 to 8 bytes each: all lowest bytes first, then all next ones, and so on.
  case planes = 2
  /// Blocks of 128 values, differences to the block's least in as many bits as most need; the others are patched in.
  case packed = 3
  /// The first value, then the differences from value to value as `packed`.
  case packedDeltas = 4
  /// Numbers of variable length.
  case variable = 5
  /// Differences from value to value as numbers of variable length.
  case variableDeltas = 6
  /// The distinct values in ascending order, then their positions in another encoding.
  case dictionary = 7
  /// Lengths of runs and their values.
  case runs = 8
  /// The same values as an earlier column of the same length.
  case same = 9
  /// The event's result, cut off at a limit.
  case result = 10
  /// Bytes as they are: the heap of a column of texts or payloads.
  case bytes = 11
  /// The first value, then the differences from value to value as `planes`.
  case planeDeltas = 12
}

/// How a column says which rows hold no value. Raw values stand in files.
enum MissingRows: UInt8, Sendable {
  /// Every row holds one.
  case none = 0
  /// Lengths of runs of rows with and without a value, in turn.
  case runs = 1
  /// A bit a row, set where there is no value.
  case bitmap = 2
}

/// The number of values that are packed with one width.
let packedBlock = 128
