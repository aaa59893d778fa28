import CaptureFormat
import Compression

extension BlockCompression {
  /// Compression with a codec and level. Where zstd makes more of equal bytes than a reader would believe, lz4 takes over.
  public init(_ codec: Codec, level: Int? = nil) {
    let compressor = Compressor(codec, level: level)
    let fallback = Compressor(.lz4)
    self.init(
      codec: codec.rawValue,
      compress: { source, target in compressor.compress(source, into: target) },
      fallback: codec == .zstd
        ? (codec: Codec.lz4.rawValue, compress: { source, target in fallback.compress(source, into: target) }) : nil)
  }
}

extension BlockDecompression {
  /// Knows every codec of the format.
  public static func all() -> BlockDecompression {
    let decompressor = Decompressor()
    return BlockDecompression { number, source, target in
      guard let codec = Codec(rawValue: number) else { return false }
      return decompressor.decompress(codec, source, into: target)
    }
  }
}
