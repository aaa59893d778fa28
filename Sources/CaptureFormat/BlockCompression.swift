/// How a chunk's blocks are compressed: handed in, since this room knows bytes and no codec.
public struct BlockCompression: Sendable {
  /// The codec's number in files: 0 none, 1 lz4, 2 zstd, 3 zstd with the dictionary of schema frames.
  public var codec: UInt8
  /// Compresses a block into the room given; 0 when it does not fit.
  public var compress: @Sendable (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) -> Int
  /// What directories, dimensions, payloads and planes are compressed with, when it is something else: the first two are few
  /// bytes of which each chunk repeats most, and many questions do not read them; payloads are the most bytes of many captures
  /// and the least read; planes hold noise, in which codecs that only look for repetitions find nothing.
  public var dense: (codec: UInt8, compress: @Sendable (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) -> Int)?
  /// What takes over where the first result is smaller than the format allows; see `CaptureLimits.greatestRatio`.
  public var fallback:
    (codec: UInt8, compress: @Sendable (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) -> Int)?

  /// A way to compress.
  public init(
    codec: UInt8,
    compress: @escaping @Sendable (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) -> Int,
    dense: (codec: UInt8, compress: @Sendable (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) -> Int)? = nil,
    fallback: (codec: UInt8, compress: @Sendable (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) -> Int)? = nil
  ) {
    self.dense = dense
    self.codec = codec
    self.compress = compress
    self.fallback = fallback
  }

  /// Compresses with the denser codec, if there is one.
  func compressDensely(_ source: UnsafeRawBufferPointer, _ target: UnsafeMutableRawBufferPointer) -> Int {
    dense?.compress(source, target) ?? compress(source, target)
  }

  /// Blocks are stored as they are.
  public static let none = BlockCompression(codec: 0, compress: { _, _ in 0 })
}

/// How blocks are decompressed: the codec's number, the stored bytes, the room to fill. False when the block is unsound
/// or the codec unknown.
public struct BlockDecompression: Sendable {
  /// Decompresses a block so that it fills the room given exactly.
  public var decompress: @Sendable (UInt8, UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) -> Bool

  /// A way to decompress.
  public init(decompress: @escaping @Sendable (UInt8, UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) -> Bool) {
    self.decompress = decompress
  }

  /// Knows stored blocks only.
  public static let none = BlockDecompression { codec, source, target in
    guard codec == 0, source.count == target.count else { return false }
    target.copyMemory(from: source)
    return true
  }
}
