import CaptureFormat
import Compression
import EventSchema

/// What schema frames are compressed with: the schemas of recordings and of imports, so that one that differs little from either
/// takes a few bytes.
///
/// `formats/schema-dictionary.zst` is the same for every program and never changes.
enum SchemaDictionary {
  /// The size and CRC-32C are stated in `formats/capture.md`.
  static let byteCount = 150_404

  /// Decoded once, at its first use.
  static let bytes: [UInt8] = {
    guard let compressed = Schema.decodeBase64(GeneratedSchemaDictionary.base64) else {
      preconditionFailure("the embedded dictionary is not base64: run SchemaGenerator and build again")
    }
    var isSound = false
    let bytes = [UInt8](unsafeUninitializedCapacity: byteCount) { target, count in
      let room = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[..<byteCount])
      isSound = compressed.withUnsafeBytes { Decompressor().decompress(.zstd, $0, into: room) }
      count = isSound ? byteCount : 0
    }
    precondition(isSound, "the embedded dictionary does not decompress: run SchemaGenerator and build again")
    return bytes
  }()
}

extension BlockCompression {
  /// How the schema of a file is compressed whose columns are compressed with a codec.
  static func schema(of codec: Codec) -> BlockCompression {
    if codec == .none { return .none }
    let compressor = Compressor(.zstd, level: 19)
    return BlockCompression(
      codec: SchemaFrame.dictionaryCodec,
      compress: { source, target in
        SchemaDictionary.bytes.withUnsafeBytes { compressor.compress(source, with: $0, into: target) }
      })
  }
}
