import CaptureFormat

/// How rewriting a capture went.
public struct RewriteReport: Sendable {
  /// What the new file holds.
  public var totals: CaptureTotals
  /// What the new file says of its redaction; `nil` where nothing was to be taken out.
  public internal(set) var redaction: Annotation?
  /// How many frames were left out, since nobody knows what is in them and something was to be taken out.
  public internal(set) var leftOut = 0
  /// The parts of the inputs that could not be read, and are therefore not in the new file; the first thousand of each.
  public private(set) var dropped: [Dropped] = []
  /// How many there are in all.
  public private(set) var droppedCount = 0
  /// The bytes of these parts.
  public private(set) var droppedBytes: UInt64 = 0
  /// The losses that say in the new file what is missing because of them.
  public private(set) var losses: [LossRecord] = []
  /// The inputs that have no tail: they were cut off, or are still being written.
  public private(set) var incomplete: [String] = []

  /// A part of an input that could not be read.
  public struct Dropped: Sendable, Hashable {
    /// The input.
    public let path: String
    /// Which part.
    public let bytes: DroppedBytes
  }

  /// Whether everything of the inputs was read.
  public var isWhole: Bool { droppedCount == 0 && incomplete.isEmpty }

  init(_ totals: CaptureTotals, _ inputs: [RewriteInput]) {
    self.totals = totals
    for input in inputs {
      let path = input.reader.file.path
      dropped += input.dropped.map { Dropped(path: path, bytes: $0) }
      droppedCount += input.droppedCount
      droppedBytes += input.droppedBytes
      losses += input.losses
      if !input.reader.isComplete { incomplete.append(path) }
    }
  }
}
