import CaptureFormat

/// What of a sealed capture stands unchanged in a file that was taken from it.
public struct OriginCheck: Hashable, Sendable {
  /// The id of the original.
  public let fileID: [UInt8]
  /// How many of its frames are here as they were.
  public private(set) var kept = 0
  /// The frames of the original that are not here, by sequence number, in order.
  public private(set) var holes: [ClosedRange<UInt64>] = []
  /// Those that should be here and are not what they were.
  public private(set) var altered: [UInt64] = []
  /// The seals of the original, and what was found of each.
  public private(set) var stretches: [SealCheck.Stretch] = []

  /// Whether the last seal of the original is among them: that nothing was cut off its end unsaid.
  public private(set) var hasLast = false
  /// Whether what is said to be a seal of the original is none.
  public private(set) var hasUnreadableSeal = false

  /// Compares what a custody frame says with the frames of the file that it stands in.
  init(_ custody: Custody, _ key: CheckingKey, _ digests: [UInt64: FrameDigest]) {
    fileID = custody.fileID
    for (index, frame) in custody.frames.enumerated() {
      let sequence = UInt64(index)
      if let here = frame.sequence {
        if digests[here]?.bytes == frame.digest { kept += 1 } else { altered.append(sequence) }
      } else {
        OriginCheck.append(sequence, to: &holes)
      }
    }
    var chain = SealChain(fileID: custody.fileID)
    var next: UInt64 = 0
    for payload in custody.seals {
      guard let seal = try? payload.withUnsafeBytes({ try Seal(decoding: $0) }) else {
        hasUnreadableSeal = true
        continue
      }
      let state: SealCheck.State
      if seal.keyID != key.id {
        state = .otherKey
      } else if !key.made(seal) {
        state = .forged
      } else {
        let holds = seal.first == next && chain.take(custody.frames, seal.first, seal.last) && chain.value == seal.chain
        state = holds ? .holds : .altered
        if holds, seal.isLast { hasLast = true }
        chain = SealChain(behind: seal)
        next = seal.last &+ 1
      }
      stretches.append(
        SealCheck.Stretch(frames: seal.first...max(seal.first, seal.last), time: seal.time, state: state))
    }
  }

  /// Whether all seals hold, the last one too, and everything that is here is what was sealed.
  public var holds: Bool {
    altered.isEmpty && hasLast && !hasUnreadableSeal && !stretches.isEmpty
      && stretches.allSatisfy { $0.state == .holds }
  }

  private static func append(_ sequence: UInt64, to ranges: inout [ClosedRange<UInt64>]) {
    if let last = ranges.last, last.upperBound + 1 == sequence {
      ranges[ranges.count - 1] = last.lowerBound...sequence
    } else {
      ranges.append(sequence...sequence)
    }
  }
}

extension SealChain {
  /// Takes frames as they are listed; false when not all of them are.
  fileprivate mutating func take(_ frames: [Custody.Frame], _ first: UInt64, _ last: UInt64) -> Bool {
    guard first <= last, last < UInt64(frames.count) else { return false }
    for sequence in first...last { take(sequence: sequence, FrameDigest(bytes: frames[Int(sequence)].digest)) }
    return true
  }
}
