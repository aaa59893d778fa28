import BinaryCoding

// The payload of schema, summary and summary page frames:
//
//      0  codec   u8
//      1  zeros   3 bytes
//      4  raw     u32   bytes once decompressed
//      8  stored  to the end of the payload
enum CompressedPayload {
  /// What stands in front of the stored bytes.
  static let prefixBytes = 8

  static func encode(_ raw: UnsafeRawBufferPointer, _ compression: BlockCompression) -> [UInt8] {
    var output = ByteBuffer(capacity: raw.count + 16)
    output.append(UInt32(0))
    output.append(UInt32(raw.count))
    let target = UnsafeMutableRawBufferPointer(start: output.reserve(max(raw.count, 1)), count: raw.count)
    var codec = compression.codec
    var stored = compression.compress(raw, target)
    if stored == 0 || raw.count > stored * CaptureLimits.greatestRatio + CaptureLimits.ratioAllowance {
      codec = 0
      stored = raw.count
      target.copyMemory(from: raw)
    }
    output.advance(stored)
    output.replace(at: 0, with: codec)
    return output.array()
  }

  /// - Parameter isSchema: whether the payload is that of a schema frame, for which there is one codec more.
  static func decode(
    _ payload: UnsafeRawBufferPointer, limit: Int, _ decompression: BlockDecompression, isSchema: Bool = false
  ) throws(MalformedBytes) -> [UInt8] {
    var cursor = ByteCursor(payload)
    let codec = try cursor.integer(UInt8.self)
    _ = try cursor.take(3)
    let count = Int(try cursor.integer(UInt32.self))
    let stored = try cursor.take(cursor.remaining)
    guard count <= limit, count <= stored.count * CaptureLimits.greatestRatio + CaptureLimits.ratioAllowance else {
      throw MalformedBytes("\(stored.count) bytes say that they decompress to \(count)", at: 4)
    }
    guard isSchema || codec != SchemaFrame.dictionaryCodec else {
      throw MalformedBytes("a frame that is no schema has the codec of schemas")
    }
    var isSound = false
    let raw = [UInt8](unsafeUninitializedCapacity: count) { target, filled in
      isSound = decompression.decompress(
        codec, stored, UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[..<count]))
      filled = isSound ? count : 0
    }
    guard isSound else { throw MalformedBytes("a frame's content does not decompress (codec \(codec))", at: 8) }
    return raw
  }
}
