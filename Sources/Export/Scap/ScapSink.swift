import Compression

/// Compresses a file's bytes on their way out.
struct ScapSink: ~Copyable {
  private var compressor: StreamCompressor?

  /// Without memory for a compressor the file is not compressed.
  init(_ codec: ScapExport.Codec) {
    compressor = codec == .gzip ? StreamCompressor() : nil
  }

  mutating func write(_ bytes: [UInt8], to output: ([UInt8]) throws -> Void) throws {
    try put(bytes, isLast: false, output)
  }

  /// Ends the stream.
  mutating func finish(_ output: ([UInt8]) throws -> Void) throws { try put([], isLast: true, output) }

  private mutating func put(_ bytes: [UInt8], isLast: Bool, _ output: ([UInt8]) throws -> Void) throws {
    let compressed = compressor?.compress(bytes, isLast: isLast) ?? bytes
    if !compressed.isEmpty { try output(compressed) }
  }
}
