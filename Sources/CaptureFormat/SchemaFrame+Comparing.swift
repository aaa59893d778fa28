import BinaryCoding

extension SchemaFrame {
  /// Whether two payloads of schema frames hold the same, however they are compressed.
  public static func contentIsEqual(
    _ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer, _ decompression: BlockDecompression
  ) throws(MalformedBytes) -> Bool {
    try CompressedPayload.decode(one, limit: CaptureLimits.schemaBytes, decompression, isSchema: true)
      == CompressedPayload.decode(other, limit: CaptureLimits.schemaBytes, decompression, isSchema: true)
  }
}
