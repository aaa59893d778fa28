import CaptureFormat

/// What was dropped since the last whole frame.
struct DamagedStretch {
  /// Frames of which the header is whole, and of chunks the head if it is, too.
  var frames: [(type: FrameType, head: ChunkHead?)] = []
  var hasUnknownBytes = false

  var isEmpty: Bool { frames.isEmpty && !hasUnknownBytes }

  /// Whether nothing but parts of the tail is missing.
  func isOfTail(missing: UInt64) -> Bool {
    !frames.isEmpty && UInt64(frames.count) >= missing && frames.allSatisfy { $0.type.isOfFrontOrTail }
  }

  /// Whether nothing but a page of the summary is missing, which can be made anew.
  func isPage(missing: UInt64) -> Bool { missing == 1 && frames.count == 1 && frames[0].type == .summaryPage }

  /// The events in it that are known of, and whether there cannot be more: all that is missing says what it was.
  func events(missing: UInt64) -> (least: UInt64, isExact: Bool) {
    var events: UInt64 = 0
    var isExact = UInt64(frames.count) >= missing
    for frame in frames {
      switch frame.type {
      case .chunk:
        events += UInt64(frame.head?.count ?? 0)
        if frame.head == nil { isExact = false }
      // How many events it spoke of, nobody knows.
      case .loss: isExact = false
      default: break
      }
    }
    return (events, isExact)
  }
}

extension FrameType {
  /// Whether frames of the type stand at the front or in the tail, which every file gets anew.
  var isOfFrontOrTail: Bool {
    isKnown && !isListed && ![FrameType.chunk, .loss, .state, .summaryPage].contains(self)
  }
}

/// Whether the events of a capture are numbered without gaps: then a gap says how many are missing.
struct EventNumbering {
  private var lastNumber: UInt64?
  private var isDense = true
  private var expectsGap = false
  private(set) var lastExit: Int64?

  mutating func add(_ head: ChunkHead) {
    if let lastNumber, !expectsGap, head.firstNumber != lastNumber &+ 1 { isDense = false }
    if !EventNumbering.isDense(head) { isDense = false }
    lastNumber = head.lastNumber
    lastExit = max(lastExit ?? head.greatestExit, head.greatestExit)
    expectsGap = false
  }

  /// Says that chunks may be missing here.
  mutating func expectGap() { expectsGap = true }

  /// The events between the chunks so far and another one, as far as that is certain.
  func missing(before head: ChunkHead?) -> UInt64? {
    guard let head, let lastNumber, isDense, EventNumbering.isDense(head), head.firstNumber > lastNumber else {
      return nil
    }
    return head.firstNumber - lastNumber - 1
  }

  private static func isDense(_ head: ChunkHead) -> Bool {
    head.count > 0 && head.lastNumber - head.firstNumber == UInt64(head.count - 1)
  }
}
