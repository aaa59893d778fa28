import CLinux
import CaptureFormat

/// What comes through a pipe, looked at without taking it.
enum PipedInput {
  /// Whether a descriptor is a pipe that a capture comes through. Waits for its first bytes.
  static func beginsWithCapture(_ descriptor: Int32) -> Bool {
    var bytes = [UInt8](repeating: 0, count: CaptureHeader.magic.count)
    let seen = bytes.withUnsafeMutableBytes { reel_peek_pipe(descriptor, $0.baseAddress, Int32($0.count)) }
    return seen == bytes.count && bytes == CaptureHeader.magic
  }
}
