import BinaryCoding
import EventSchema

/// The content of a schema frame: the event types and the columns of dimension tables, so that any later reader can name
/// what is in the file.
///
///     schema      length, bytes (`Schema.encoded()`)
///     columns     `DimensionNames`
public enum SchemaFrame {
  /// The codec that schema frames have and nothing else: Zstandard with the dictionary of the format.
  public static let dictionaryCodec: UInt8 = 3

  /// The payload of a schema frame.
  public static func encode(_ schema: Schema, _ compression: BlockCompression) -> [UInt8] {
    var raw = ByteBuffer(capacity: 1 << 16)
    schema.encoded().withUnsafeBytes { raw.append(counted: $0) }
    DimensionNames().write(into: &raw)
    return CompressedPayload.encode(raw.bytes, compression)
  }

  /// What a schema frame holds.
  public static func decode(
    _ payload: UnsafeRawBufferPointer, _ decompression: BlockDecompression
  ) throws(MalformedBytes) -> (schema: Schema, names: DimensionNames) {
    let raw = try CompressedPayload.decode(payload, limit: CaptureLimits.schemaBytes, decompression, isSchema: true)
    var parts: (schema: [UInt8], names: DimensionNames)?
    var failure: MalformedBytes?
    raw.withUnsafeBytes { raw in
      do throws(MalformedBytes) {
        var cursor = ByteCursor(raw)
        let schema = Array(try cursor.counted(upTo: CaptureLimits.schemaBytes, "the length of the schema"))
        parts = (schema, try DimensionNames(&cursor))
      } catch {
        failure = error
      }
    }
    guard let parts else { throw failure ?? MalformedBytes("the schema is cut off") }
    do {
      return (try Schema(decoding: parts.schema), parts.names)
    } catch {
      throw MalformedBytes("the schema is malformed: \(error)")
    }
  }
}
