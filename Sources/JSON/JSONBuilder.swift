/// One JSON value, made from the outside to the inside.
///
///     var json = JSONBuilder()
///     json.object { json in
///       json.add("text", "it happened")
///       json.array("tags") { json in json.append("a") }
///     }
///     json.bytes
public struct JSONBuilder: Sendable {
  /// What there is so far.
  public private(set) var bytes: [UInt8] = []
  private var isFirst = true

  /// Nothing yet.
  public init() {}

  /// What there is so far, as text.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// An object, as the whole or as an element.
  public mutating func object(_ body: (inout JSONBuilder) -> Void) { enclose("{", "}", body) }

  /// An array, as the whole or as an element.
  public mutating func array(_ body: (inout JSONBuilder) -> Void) { enclose("[", "]", body) }

  /// A member that is an object.
  public mutating func object(_ name: String, _ body: (inout JSONBuilder) -> Void) {
    member(name)
    object(body)
  }

  /// A member that is an array.
  public mutating func array(_ name: String, _ body: (inout JSONBuilder) -> Void) {
    member(name)
    array(body)
  }

  /// A member that is a text.
  public mutating func add(_ name: String, _ value: String) {
    member(name)
    append(value)
  }

  /// A member that is a number.
  public mutating func add(_ name: String, _ value: some BinaryInteger) {
    member(name)
    append(raw: String(value))
  }

  /// A member that is a truth value.
  public mutating func add(_ name: String, _ value: Bool) {
    member(name)
    append(raw: value ? "true" : "false")
  }

  /// A member that is JSON already.
  public mutating func add(_ name: String, raw: String) {
    member(name)
    append(raw: raw)
  }

  /// An element that is a text.
  public mutating func append(_ value: String) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    for byte in value.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      case UInt8(ascii: "\n"): bytes += "\\n".utf8
      case 0..<0x20, 0x7F: bytes += ("\\u00" + (byte < 16 ? "0" : "") + String(byte, radix: 16)).utf8
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  /// An element that is JSON already.
  public mutating func append(raw: String) {
    separate()
    bytes += raw.utf8
  }

  private mutating func separate() {
    if !isFirst { bytes.append(UInt8(ascii: ",")) }
    isFirst = false
  }

  private mutating func member(_ name: String) {
    append(name)
    bytes.append(UInt8(ascii: ":"))
    isFirst = true
  }

  private mutating func enclose(_ open: String, _ close: String, _ body: (inout JSONBuilder) -> Void) {
    separate()
    bytes += open.utf8
    isFirst = true
    body(&self)
    bytes += close.utf8
    isFirst = false
  }
}
