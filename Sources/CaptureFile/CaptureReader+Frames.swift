import BinaryCoding
import CaptureFormat

/// Reading what a capture holds besides events, losses and states. Each frame is read when it is asked for.
extension CaptureReader {
  /// How many of the annotations, or of the attachments' names, are read at most: who wants more reads frame by frame.
  public static let mostAnnotations = 65_536

  /// What was said about the capture, in the order of the file. Reads a frame for each.
  ///
  /// - Parameter limit: how many at most.
  /// - Throws: `CaptureError` of kind `partlyReadable` when one is damaged; `readAnnotation` reads the others.
  public func annotations(
    limit: Int = CaptureReader.mostAnnotations
  ) throws(CaptureError) -> [Annotation] {
    var annotations: [Annotation] = []
    for frame in frames where frame.type == .annotation && annotations.count < limit {
      annotations.append(try readAnnotation(frame))
    }
    return annotations
  }

  /// The first annotation of kind `alert`: why the capture was made.
  public func trigger() throws(CaptureError) -> Annotation? {
    for frame in frames where frame.type == .annotation {
      let annotation = try readAnnotation(frame)
      if annotation.kind == "alert" { return annotation }
    }
    return nil
  }

  /// Where the attachments are, in the order of the file; `readAttachment` reads one, of up to 64 MiB.
  public var attachments: [FrameEntry] { frames.filter { $0.type == .attachment } }

  /// Where the seals are, in the order of the file.
  public var seals: [FrameEntry] { frames.filter { $0.type == .seal } }

  /// Counters in buckets of time; `nil` in a file without them: then events must be scanned. One read of some ten
  /// kilobytes.
  public func rollup() throws(CaptureError) -> Rollup? {
    guard let rollupFrame else { return nil }
    return try read(rollupFrame, .rollup, "rollup") { (bytes) throws(MalformedBytes) in
      try Rollup(decoding: bytes, decompression)
    }
  }

  /// Reads an annotation.
  public func readAnnotation(_ frame: FrameEntry) throws(CaptureError) -> Annotation {
    try read(frame, .annotation, "annotation") { (bytes) throws(MalformedBytes) in
      try Annotation(decoding: bytes, decompression)
    }
  }

  /// Reads an attachment.
  public func readAttachment(_ frame: FrameEntry) throws(CaptureError) -> AttachedFile {
    try read(frame, .attachment, "attachment") { (bytes) throws(MalformedBytes) in
      try AttachedFile(decoding: bytes, decompression)
    }
  }

  /// Reads what a frame says of containers.
  public func readContainers(_ frame: FrameEntry) throws(CaptureError) -> [ContainerInfo] {
    try read(frame, .container, "container frame") { (bytes) throws(MalformedBytes) in
      try ContainerInfo.decodeFrame(bytes, decompression)
    }
  }

  /// What a custody frame says, from its payload.
  public func custody(decoding payload: [UInt8]) throws(MalformedBytes) -> Custody {
    try payload.withBytes { (bytes) throws(MalformedBytes) in try Custody(decoding: bytes, decompression) }
  }

  /// Reads a seal.
  public func readSeal(_ frame: FrameEntry) throws(CaptureError) -> Seal {
    try read(frame, .seal, "seal") { (bytes) throws(MalformedBytes) in try Seal(decoding: bytes) }
  }

  /// Reads a chain of custody.
  public func readCustody(_ frame: FrameEntry) throws(CaptureError) -> Custody {
    try read(frame, .custody, "chain of custody") { (bytes) throws(MalformedBytes) in
      try Custody(decoding: bytes, decompression)
    }
  }

  /// The payload of a frame of any type, checked.
  ///
  /// - Throws: `CaptureError` of kind `partlyReadable` when the frame is damaged.
  public func payload(of frame: FrameEntry) throws(CaptureError) -> [UInt8] {
    var walk = FrameWalk(file, fileID)
    guard let found = try walk.frame(at: frame.offset), found.header.type == frame.type,
      found.header.length == frame.length, found.header.isWhole(at: frame.offset, in: size)
    else { throw damaged("a frame", frame, MalformedBytes("there is no such frame")) }
    var payload = try walk.payload(of: found)
    guard found.header.matches(payload, fileID: fileID) else {
      throw damaged("a frame", frame, MalformedBytes("it does not match its checksum"))
    }
    payload.removeLast(payload.count - frame.length)
    return payload
  }

  private func read<Value>(
    _ frame: FrameEntry, _ type: FrameType, _ what: String,
    _ decode: (UnsafeRawBufferPointer) throws(MalformedBytes) -> Value
  ) throws(CaptureError) -> Value {
    precondition(frame.type == type, "this is no \(what)")
    let payload = try payload(of: frame)
    do throws(MalformedBytes) {
      return try payload.withBytes(decode)
    } catch {
      throw damaged("a \(what)", frame, error)
    }
  }

  private func damaged(_ what: String, _ frame: FrameEntry, _ error: MalformedBytes) -> CaptureError {
    CaptureError(
      .partlyReadable, "\(what) is damaged: \(error)", path: file.path, offset: frame.offset,
      remedy: "the rest is readable")
  }
}
