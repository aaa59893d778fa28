import CaptureFormat

extension CaptureReader {
  /// What ties a file that was taken from this sealed one to it; `nil` when this one has no seals. Reads the whole file.
  ///
  /// - Parameter copied: the frames that were taken over as they are, by sequence number here and there.
  func custody(
    copied: [UInt64: UInt64], _ digest: (FrameType, ArraySlice<UInt8>) -> [UInt8]
  ) throws(CaptureError) -> Custody? {
    if seals.isEmpty { return nil }
    var custody = Custody(fileID: header.fileID, seals: [], frames: [])
    var sealed = 0
    var stream = FrameStream(file, fileID)
    while let step = try stream.next() {
      guard case .whole(let frame, let payload) = step else { continue }
      let sequence = frame.header.sequence
      // What is missing has no digest, and the seal over it cannot be checked: as in this file.
      guard sequence < UInt64(custody.frames.count) + CaptureReader.mostMissing else { break }
      while UInt64(custody.frames.count) < sequence {
        custody.frames.append(Custody.Frame(digest: [UInt8](repeating: 0, count: 32), sequence: nil))
      }
      custody.frames.append(
        Custody.Frame(digest: digest(frame.header.type, payload[...]), sequence: copied[sequence]))
      guard frame.header.type == .seal else { continue }
      custody.seals.append(payload)
      sealed = custody.frames.count
    }
    // No seal speaks of the tail.
    custody.frames.removeLast(custody.frames.count - sealed)
    return custody
  }

  /// How many frames in a row may be missing.
  private static let mostMissing: UInt64 = 1 << 20
}
