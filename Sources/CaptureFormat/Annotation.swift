import BinaryCoding
import EventBatch

/// Something that was said about a part of a capture: a note, a bookmark, the alert for which it was made.
public struct Annotation: Hashable, Sendable {
  /// When it was written, in nanoseconds of the epoch.
  public var time: Int64
  /// The times that it is about; `EventBatch.missing` where it is about no time.
  public var from: Int64
  /// See `from`.
  public var to: Int64
  /// The first event that it is about; 0 for none.
  public var firstEvent: UInt64
  /// See `firstEvent`.
  public var lastEvent: UInt64
  /// As in syslog, from 0 (emergency) to 7 (debug); `nil` when it has none.
  public var severity: UInt8?
  /// `note`, `alert`, `bookmark` …
  public var kind: String
  /// Who wrote it.
  public var author: String
  /// The rule that fired; empty for none.
  public var rule: String
  /// What is said.
  public var text: String
  /// The same for programs, in JSON; empty when there is none.
  public var json: String

  /// An annotation.
  public init(
    time: Int64, from: Int64 = EventBatch.missing, to: Int64 = EventBatch.missing, firstEvent: UInt64 = 0,
    lastEvent: UInt64 = 0, severity: UInt8? = nil, kind: String = "note", author: String = "", rule: String = "",
    text: String, json: String = ""
  ) {
    (self.time, self.from, self.to) = (time, from, to)
    (self.firstEvent, self.lastEvent) = (firstEvent, lastEvent)
    self.severity = severity
    self.kind = kind
    self.author = author
    self.rule = rule
    self.text = text
    self.json = json
  }
}

// The content of an annotation frame, decompressed (later versions may append to it):
//
//     time, from, to (zigzag) | first, last event | severity (8: none) | kind | author | rule | text | JSON
extension Annotation {
  private static let noSeverity: UInt64 = 8

  /// The payload of an annotation frame.
  public func encoded(_ compression: BlockCompression) -> [UInt8] {
    var raw = ByteBuffer()
    for time in [time, from, to] { raw.append(zigzag: time) }
    raw.append(varint: firstEvent)
    raw.append(varint: lastEvent)
    raw.append(varint: severity.map(UInt64.init) ?? Annotation.noSeverity)
    for text in [kind, author, rule, text, json] { raw.append(counted: text) }
    return CompressedPayload.encode(raw.bytes, compression)
  }

  /// The annotation in the payload of a frame.
  public init(
    decoding payload: UnsafeRawBufferPointer, _ decompression: BlockDecompression
  ) throws(MalformedBytes) {
    let raw = try CompressedPayload.decode(payload, limit: CaptureLimits.chunkBytes, decompression)
    self = try raw.decoded { (cursor) throws(MalformedBytes) in
      var annotation = Annotation(
        time: try cursor.zigzag(), from: try cursor.zigzag(), to: try cursor.zigzag(),
        firstEvent: try cursor.varint(), lastEvent: try cursor.varint(), text: "")
      let severity = try cursor.varint()
      annotation.severity = severity < Annotation.noSeverity ? UInt8(severity) : nil
      func text(_ what: String) throws(MalformedBytes) -> String {
        try cursor.text(upTo: CaptureLimits.chunkBytes, "the length of an annotation's \(what)")
      }
      annotation.kind = try text("kind")
      annotation.author = try text("author")
      annotation.rule = try text("rule")
      annotation.text = try text("text")
      annotation.json = try text("JSON")
      return annotation
    }
  }
}
