import CaptureFile

/// What both sides of a connection said, message by message; what is no HTTP/1 as it was.
public struct HTTPDialogue: Sendable {
  /// One side's say.
  public struct Turn: Sendable {
    /// Which way.
    public var direction: StreamDirection
    /// When its first bytes were moved.
    public var time: Int64
    /// Head of a message, empty for what is none.
    public var head: [UInt8]
    /// Body of a message, unwrapped; or what is none, as it was.
    public var body: [UInt8]
    /// Whether it is a message.
    public var isMessage: Bool { !head.isEmpty }
    /// What is wrong with the body.
    public var note: String?
    /// How many bytes behind it the capture does not hold.
    public var missing: Int64
  }

  /// In the order of time.
  public private(set) var turns: [Turn] = []
  private static let mostJoined = 256 << 20

  /// Reads a stream.
  /// - Throws: what the store throws. Memory is that of the stream, up to 256 MiB; what is more stays as it is.
  public init(_ stream: Int, in store: borrowing StreamStore) throws(CaptureError) {
    for direction in StreamDirection.allCases {
      var run = Run(direction: direction)
      for index in 0..<store.count(of: stream) {
        let piece = try store.piece(index, of: stream)
        guard piece.direction == direction else { continue }
        run.starts.append((run.bytes.count, piece.time))
        run.bytes += piece.bytes
        // Behind a gap everything may begin anew.
        if piece.missing > 0 || run.bytes.count > HTTPDialogue.mostJoined {
          turns += run.turns(missing: piece.missing)
          run = Run(direction: direction)
        }
      }
      turns += run.turns(missing: 0)
    }
    // Stable: what one side said stays in its order.
    turns = turns.enumerated().sorted { ($0.element.time, $0.offset) < ($1.element.time, $1.offset) }.map(\.element)
  }

  /// Bytes of one direction without a gap.
  private struct Run {
    let direction: StreamDirection
    var bytes: [UInt8] = []
    /// Where pieces begin, and when they were moved.
    var starts: [(place: Int, time: Int64)] = []

    init(direction: StreamDirection) { self.direction = direction }

    func turns(missing: Int64) -> [Turn] {
      var turns: [Turn] = []
      var rest = bytes[...]
      while !rest.isEmpty {
        let time = starts.last { $0.place <= rest.startIndex }?.time ?? 0
        guard let message = HTTPMessage(rest) else {
          turns.append(Turn(direction: direction, time: time, head: [], body: Array(rest), note: nil, missing: 0))
          break
        }
        turns.append(
          Turn(
            direction: direction, time: time, head: Array(message.head), body: message.body, note: message.note,
            missing: 0))
        rest = rest.dropFirst(max(message.size, 1))
      }
      if missing > 0 {
        if turns.isEmpty {
          turns.append(
            Turn(direction: direction, time: starts.last?.time ?? 0, head: [], body: [], note: nil, missing: 0))
        }
        turns[turns.count - 1].missing = missing
      }
      return turns
    }
  }
}
