import CaptureFile

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Keeps pieces that come in the order of time, and gives them stream by stream.
///
/// What is more than a few MiB goes to a file without a name in `TMPDIR`, readable by its owner alone. Memory is 8 bytes a
/// piece. In the file a piece is a head and its bytes:
///
///     0       8        16       24          32
///     ┌───────┬────────┬────────┬───────────┬───────┐
///     │ time  │ number │ length │ direction │ bytes │
///     └───────┴────────┴────────┴───────────┴───────┘
///                                 and their count, << 1
public struct StreamStore: ~Copyable {
  /// Where the pieces of each stream begin.
  private var starts: [[Int]] = []
  /// What is not in the file yet.
  private var buffer: [UInt8] = []
  private var written = 0
  private var descriptor: Int32 = -1
  private static let headSize = 32
  private static let mostBuffered = 4 << 20

  /// An empty store.
  public init() {}

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// How many pieces a stream has.
  public func count(of stream: Int) -> Int { stream < starts.count ? starts[stream].count : 0 }

  /// Keeps a piece.
  public mutating func append(_ piece: StreamPiece) throws(CaptureError) {
    while starts.count <= piece.stream { starts.append([]) }
    starts[piece.stream].append(written + buffer.count)
    let direction: UInt64 = piece.direction == .output ? 1 : 0
    for value in [
      UInt64(bitPattern: piece.time), piece.number, UInt64(bitPattern: piece.length),
      UInt64(piece.bytes.count) << 1 | direction,
    ] { withUnsafeBytes(of: value.littleEndian) { buffer.append(contentsOf: $0) } }
    buffer.append(contentsOf: piece.bytes)
    if buffer.count >= StreamStore.mostBuffered { try flush() }
  }

  private mutating func flush() throws(CaptureError) {
    if descriptor < 0 { descriptor = try CaptureInput.temporaryDescriptor(for: "streams") }
    var done = 0
    while done < buffer.count {
      let result = buffer.withUnsafeBytes { bytes in
        write(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done)
      }
      if result < 0 {
        if errno == EINTR { continue }
        throw StreamStore.failure("written")
      }
      done += result
    }
    written += buffer.count
    buffer.removeAll(keepingCapacity: true)
  }

  /// A piece of a stream, in the order in which they came.
  public func piece(_ index: Int, of stream: Int) throws(CaptureError) -> StreamPiece {
    let start = starts[stream][index]
    let head = try bytes(at: start, StreamStore.headSize)
    func value(_ place: Int) -> UInt64 {
      head.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: UInt64.self)) }
    }
    let count = value(24)
    return StreamPiece(
      stream: stream, direction: count & 1 == 1 ? .output : .input, time: Int64(bitPattern: value(0)),
      number: value(8), length: Int64(bitPattern: value(16)),
      bytes: try bytes(at: start + StreamStore.headSize, Int(count >> 1))[...])
  }

  private func bytes(at place: Int, _ count: Int) throws(CaptureError) -> [UInt8] {
    // A flush happens between pieces, so that one is in the file or in the buffer.
    if place >= written { return Array(buffer[(place - written)..<(place - written + count)]) }
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
      let result = bytes.withUnsafeMutableBytes { target in
        pread(descriptor, target.baseAddress.map { $0 + done }, count - done, off_t(place + done))
      }
      if result < 0, errno == EINTR { continue }
      if result <= 0 {
        throw StreamStore.failure("read")
      }
      done += result
    }
    return bytes
  }

  private static func failure(_ what: String) -> CaptureError {
    CaptureError(
      .failed, "a temporary file cannot be \(what): \(String(cString: strerror(errno)))", path: "streams",
      remedy: "set TMPDIR to a directory with space")
  }
}
