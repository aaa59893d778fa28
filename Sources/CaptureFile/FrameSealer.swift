import CaptureFormat

/// Begins a chain of seals for each file that is written. How frames are digested and signed is for others.
public protocol SealMaker: Sendable {
  /// A sealer of one file.
  func sealer(fileID: [UInt8]) -> any FrameSealer
}

/// Takes the frames of one file into a chain, and signs it from time to time.
public protocol FrameSealer: Sendable {
  /// Takes the next frame; seals as well, and all but those of the tail.
  mutating func take(_ type: FrameType, sequence: UInt64, payload: ArraySlice<UInt8>)
  /// Whether so much has been taken, or so much time has gone by, that it is time to sign.
  var isDue: Bool { get }
  /// The payload of a seal over all that was taken since the one before.
  /// - Parameter isLast: whether the file ends with it.
  mutating func seal(isLast: Bool) -> [UInt8]
}
