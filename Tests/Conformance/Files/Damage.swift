import TestSupport

/// What happens to a file after it was written.
enum Damage {
  /// One bit of a frame is another.
  case flip(frame: Int, byte: Int, bit: Int)
  /// Some bytes of a frame are zero.
  case zero(frame: Int, from: Int, count: Int)
  /// A bit of the magic is another.
  case magic(bit: Int)
  /// The file ends this many bytes into a frame.
  case cut(frame: Int, at: Int)
  /// A frame is gone, and the bytes behind it stand in its place.
  case drop(frame: Int)
  /// Bytes stand in front of a frame that do not belong there.
  case insert(before: Int, [UInt8])
  /// Bytes stand behind the end.
  case append([UInt8])
}

extension FileSketch {
  /// The file with some damage, and what must be found in it.
  ///
  /// What is lost follows from the damage alone: a frame that was touched, and everything behind a cut.
  func damaged(_ damages: [Damage] = []) -> (bytes: [UInt8], contents: Contents) {
    var lost: Set<Int> = []
    var damagedBytes = 0
    var pieces = frames.map { Array(bytes[$0.range]) }
    var magic = Array(bytes[..<8])
    var behind: [UInt8] = []
    for damage in damages {
      switch damage {
      case .flip(let frame, let byte, let bit):
        pieces[frame][byte] ^= 1 << UInt8(bit)
        if lost.insert(frame).inserted { damagedBytes += pieces[frame].count }
      case .zero(let frame, let from, let count):
        pieces[frame].replaceSubrange(from..<from + count, with: [UInt8](repeating: 0, count: count))
        if lost.insert(frame).inserted { damagedBytes += pieces[frame].count }
      case .magic(let bit):
        magic[bit / 8] ^= 1 << UInt8(bit % 8)
        damagedBytes += 8
      case .cut(let frame, let length):
        pieces[frame] = Array(pieces[frame][..<length])
        for later in pieces.indices.dropFirst(frame + 1) { pieces[later] = [] }
        lost.formUnion(frame..<pieces.count)
        damagedBytes += length
      case .drop(let frame):
        pieces[frame] = []
        lost.insert(frame)
      case .insert(let frame, let bytes):
        pieces[frame].insert(contentsOf: bytes, at: 0)
        damagedBytes += bytes.count
      case .append(let bytes):
        behind += bytes
        damagedBytes += bytes.count
      }
    }
    let whole = frames.indices.filter { !lost.contains($0) }.map { frames[$0] }
    let changed = magic + pieces.joined() + behind
    // A tail that can be used says what a damaged loss said, and the heads of chunks.
    let tail = (frames.lastIndex { $0.type == 0x8001 } ?? 0)..<frames.count
    let usesTail = changed.count == bytes.count && changed.starts(with: bytes[..<56]) && lost.isDisjoint(with: tail)
    let told = frames.indices.filter { index in
      !lost.contains(index) || usesTail && (frames[index].type == 0x20 || hasWholeBlocks(index, in: changed))
    }
    return (
      changed,
      Contents(
        header: header, isComplete: whole.contains { $0.type == 0x00FF }, damagedBytes: damagedBytes,
        frames: whole.map { ($0.sequence, $0.type) }, content: told.map { frames[$0].content })
    )
  }

  /// Whether only the header of a chunk's frame, or the chunk's head, was touched.
  private func hasWholeBlocks(_ frame: Int, in changed: [UInt8]) -> Bool {
    let range = frames[frame].range
    let payload = range.lowerBound + 32
    guard frames[frame].type == 0x8010 else { return false }
    let head = (0..<4).reduce(0) { $0 | Int(bytes[payload + $1]) << (8 * $1) }
    return bytes[(payload + head)..<range.upperBound] == changed[(payload + head)..<range.upperBound]
  }
}
