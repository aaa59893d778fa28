import CZlib
import CZstd

/// Undoes gzip or zstd piece by piece: for files of any size that other programs wrote.
///
/// Members or frames behind each other are one stream. Never writes past the room given, and holds a window of bounded size.
public struct StreamDecompressor: ~Copyable {
  /// How a stream is compressed.
  public enum Format: Sendable, Hashable {
    case plain, gzip, zstd

    /// The format of a stream that begins with these bytes; what is not known is taken as it is.
    public init(magic bytes: UnsafeRawBufferPointer) {
      if bytes.count >= 2, bytes[0] == 0x1F, bytes[1] == 0x8B {
        self = .gzip
      } else if bytes.count >= 4, bytes.loadUnaligned(as: UInt32.self) == ZSTD_MAGICNUMBER {
        self = .zstd
      } else {
        self = .plain
      }
    }
  }

  /// What a step did.
  public struct Step: Sendable, Hashable {
    /// How many bytes of the input were used.
    public var consumed: Int
    /// How many bytes were made.
    public var produced: Int
    /// The input is not what such a stream is: what was made so far is all that there is.
    public var isDamaged: Bool
  }

  /// How the stream is compressed.
  public let format: Format
  /// Whether the last member was read to its end, so that the stream may end here.
  public private(set) var isAtEndOfMember = true

  // Owned here; the libraries keep the address of the first.
  private let inflater: UnsafeMutablePointer<z_stream>?
  private let zstd: OpaquePointer?
  /// The largest window that a zstd stream may ask for: 128 MiB, as the library itself has it for streams of others.
  private static let largestWindow: Int32 = 27

  /// - Returns: `nil` when there is no memory.
  public init?(_ format: Format) {
    self.format = format
    switch format {
    case .plain:
      inflater = nil
      zstd = nil
    case .gzip:
      let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
      stream.initialize(to: z_stream())
      // 16 on top of the window's bits: with the head and tail of gzip.
      guard inflateInit2_(stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
        stream.deallocate()
        return nil
      }
      inflater = stream
      zstd = nil
    case .zstd:
      guard let context = ZSTD_createDStream() else { return nil }
      guard ZSTD_isError(ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, StreamDecompressor.largestWindow)) == 0
      else {
        ZSTD_freeDStream(context)
        return nil
      }
      inflater = nil
      zstd = context
    }
  }

  deinit {
    if let inflater {
      inflateEnd(inflater)
      inflater.deallocate()
    }
    if let zstd { ZSTD_freeDStream(zstd) }
  }

  /// Takes some input and makes some output, as much as fits.
  public mutating func step(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Step {
    guard let from = input.baseAddress, let to = output.baseAddress, !output.isEmpty else {
      return Step(consumed: 0, produced: 0, isDamaged: false)
    }
    if let inflater { return inflate(inflater, from, input.count, to, output.count) }
    if let zstd { return decompress(zstd, from, input.count, to, output.count) }
    let count = min(input.count, output.count)
    to.copyMemory(from: from, byteCount: count)
    return Step(consumed: count, produced: count, isDamaged: false)
  }

  private mutating func inflate(
    _ stream: UnsafeMutablePointer<z_stream>, _ from: UnsafeRawPointer, _ count: Int, _ to: UnsafeMutableRawPointer,
    _ room: Int
  ) -> Step {
    if isAtEndOfMember, count > 0 {
      // Zeros behind the last member are padding of tapes, not a member.
      let zeros = UnsafeRawBufferPointer(start: from, count: count).prefix { $0 == 0 }.count
      if zeros > 0 { return Step(consumed: zeros, produced: 0, isDamaged: false) }
      guard inflateReset(stream) == Z_OK else { return Step(consumed: 0, produced: 0, isDamaged: true) }
      isAtEndOfMember = false
    }
    // The library does not write to its input, though its type does not say so.
    stream.pointee.next_in = UnsafeMutablePointer(mutating: from.assumingMemoryBound(to: Bytef.self))
    stream.pointee.avail_in = uInt(clamping: min(count, Int(Int32.max)))
    stream.pointee.next_out = to.assumingMemoryBound(to: Bytef.self)
    stream.pointee.avail_out = uInt(clamping: min(room, Int(Int32.max)))
    let given = Int(stream.pointee.avail_in)
    let offered = Int(stream.pointee.avail_out)
    let status = CZlib.inflate(stream, Z_NO_FLUSH)
    isAtEndOfMember = status == Z_STREAM_END
    return Step(
      consumed: given - Int(stream.pointee.avail_in), produced: offered - Int(stream.pointee.avail_out),
      isDamaged: status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
  }

  private mutating func decompress(
    _ context: OpaquePointer, _ from: UnsafeRawPointer, _ count: Int, _ to: UnsafeMutableRawPointer, _ room: Int
  ) -> Step {
    // Without input the library begins to wait for another frame.
    if count == 0, isAtEndOfMember { return Step(consumed: 0, produced: 0, isDamaged: false) }
    var input = ZSTD_inBuffer(src: from, size: count, pos: 0)
    var output = ZSTD_outBuffer(dst: to, size: room, pos: 0)
    let status = ZSTD_decompressStream(context, &output, &input)
    isAtEndOfMember = status == 0
    return Step(consumed: input.pos, produced: output.pos, isDamaged: ZSTD_isError(status) != 0)
  }
}
