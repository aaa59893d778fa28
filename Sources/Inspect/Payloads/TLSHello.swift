/// The first message of a client that wants to talk in TLS, as far as a payload has it.
///
///     record     22 u8 | version u16 | length u16
///     handshake  1 u8  | length u24
///     hello      version u16 | random, 32 bytes | session: length u8 | suites: length u16 | compressions: length u8
///     extensions length u16, each: type u16 | length u16 | content
///
/// Of extensions these count: 0, the server's name; 16, the protocols above; 43, the versions.
struct TLSHello: Hashable {
  /// The server that is asked for; `nil` when none is named, or the payload ends before it.
  var serverName: [UInt8]?
  /// The greatest version that the client speaks: 0x0304 is 1.3.
  var version: Int
  /// The protocols that the client would speak above, in its order.
  var protocols: [[UInt8]] = []
  /// Whether the payload ends before the message does.
  var isCut = false

  /// How long a record's head is: some programs read it by itself.
  static let headLength = 5

  /// Reads the record at the start of some bytes; `nil` when it is none that begins a conversation.
  init?(_ bytes: ArraySlice<UInt8>) {
    var reader = ByteReader(bytes)
    guard TLSHello.isHead(bytes.prefix(TLSHello.headLength)), reader.skip(TLSHello.headLength), reader.byte() == 1,
      let length = reader.triple(), length >= 38, length <= 1 << 16, let version = reader.word(), version >> 8 == 3
    else { return nil }
    self.version = version
    isCut = reader.remaining < length - 2
    guard reader.skip(32) else { return }
    guard let session = reader.byte(), session <= 32, reader.skip(Int(session)), let suites = reader.word(),
      suites % 2 == 0, reader.skip(suites), let compressions = reader.byte(), reader.skip(Int(compressions)),
      reader.word() != nil
    else { return }
    while let type = reader.word(), let length = reader.word() {
      let content = reader.take(length)
      if content == nil { isCut = true }
      take(type, content ?? [])
      if content == nil { return }
    }
  }

  /// Whether bytes are the head of a record with a handshake.
  static func isHead(_ bytes: ArraySlice<UInt8>) -> Bool {
    var reader = ByteReader(bytes)
    guard reader.byte() == 22, reader.byte() == 3, let minor = reader.byte(), minor <= 4, let length = reader.word()
    else {
      return false
    }
    return length >= 42 && length <= 1 << 14
  }

  private mutating func take(_ type: Int, _ content: ArraySlice<UInt8>) {
    var reader = ByteReader(content)
    switch type {
    case 0:
      // A list of names, of which only hosts (0) exist.
      guard reader.word() != nil, reader.byte() == 0, let length = reader.word(), let name = reader.take(length),
        !name.isEmpty, name.count <= 255
      else { return }
      serverName = Array(name)
    case 16:
      guard reader.word() != nil else { return }
      while protocols.count < 16, let length = reader.byte(), length > 0, let name = reader.take(Int(length)) {
        protocols.append(Array(name))
      }
    case 43:
      guard reader.byte() != nil else { return }
      // Others are noise that keeps servers from depending on a few.
      while let offered = reader.word() {
        if offered >> 8 == 3, offered & 0xFF <= 4 { version = max(version, offered) }
      }
    default: break
    }
  }

  /// The version by name.
  var versionName: String {
    switch version {
    case 0x0300: "SSL 3.0"
    case 0x0301...0x0304: "TLS 1.\(version - 0x0301)"
    default: "0x" + String(version, radix: 16)
    }
  }
}
