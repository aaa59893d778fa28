import BinaryCoding
import CaptureFormat

extension RewriteItem {
  /// The attachment in the payload.
  func attachment(_ reader: CaptureReader) throws(CaptureError) -> AttachedFile {
    try decode(reader) { (bytes) throws(MalformedBytes) in try AttachedFile(decoding: bytes, reader.decompression) }
  }

  /// The annotation in the payload.
  func annotation(_ reader: CaptureReader) throws(CaptureError) -> Annotation {
    try decode(reader) { (bytes) throws(MalformedBytes) in try Annotation(decoding: bytes, reader.decompression) }
  }

  private func decode<Value>(
    _ reader: CaptureReader, _ read: (UnsafeRawBufferPointer) throws(MalformedBytes) -> Value
  ) throws(CaptureError) -> Value {
    do throws(MalformedBytes) {
      return try payload.withBytes(read)
    } catch {
      throw CaptureError(
        .partlyReadable, "a frame (\(type.name)) makes no sense: \(error)", path: reader.file.path, offset: offset,
        remedy: "the rest is readable")
    }
  }
}

extension FrameType {
  /// What messages call it.
  var name: String {
    switch self {
    case .header: "header"
    case .schema: "schema"
    case .chunk: "chunk"
    case .loss: "loss"
    case .container: "containers"
    case .attachment: "attachment"
    case .annotation: "annotation"
    case .state: "state"
    case .seal: "seal"
    case .custody: "custody"
    case .summaryPage: "summary page"
    case .summary: "summary"
    case .rollup: "rollup"
    case .footer: "footer"
    default:
      "type " + String(repeating: "0", count: rawValue.leadingZeroBitCount / 4) + String(rawValue, radix: 16)
    }
  }
}
