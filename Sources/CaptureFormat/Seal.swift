import BinaryCoding

/// A signature over all frames of a capture up to a point. Only its bytes: making and checking it is for others.
public struct Seal: Hashable, Sendable {
  /// When it was made, in nanoseconds of the epoch.
  public var time: Int64
  /// The sequence numbers of the frames that it adds to what earlier seals cover.
  public var first: UInt64
  /// See `first`.
  public var last: UInt64
  /// The flags as they stand in the file: all of them are signed, those too that this program does not know.
  public var flags: UInt8
  /// SHA-256 of the public key.
  public var keyID: [UInt8]
  /// The chain's value behind the last frame.
  public var chain: [UInt8]
  /// Ed25519 over `signedBytes`.
  public var signature: [UInt8]

  /// A seal. - Precondition: key id and chain have 32 bytes, the signature 64.
  public init(
    time: Int64, first: UInt64, last: UInt64, isLast: Bool, keyID: [UInt8], chain: [UInt8], signature: [UInt8]
  ) {
    precondition(keyID.count == 32 && chain.count == 32 && signature.count == 64)
    self.time = time
    self.first = first
    self.last = last
    flags = isLast ? Seal.lastFlag : 0
    self.keyID = keyID
    self.chain = chain
    self.signature = signature
  }

  private static let lastFlag: UInt8 = 1

  /// Whether it is the last seal of the file.
  public var isLast: Bool { flags & Seal.lastFlag != 0 }
}

// The payload of a seal frame:
//
//      time       zigzag
//      first      u64
//      last       u64
//      flags      u8         1: the last seal of the file
//      key id     32 bytes
//      chain      32 bytes
//      signature  64 bytes   over what stands before it
extension Seal {
  /// The payload up to the signature: what is signed, behind a prefix.
  public var signedBytes: [UInt8] {
    var output = ByteBuffer()
    output.append(zigzag: time)
    output.append(first)
    output.append(last)
    output.append(flags)
    output.append(contentsOf: keyID)
    output.append(contentsOf: chain)
    return output.array()
  }

  /// The payload of a seal frame.
  public func encoded() -> [UInt8] { signedBytes + signature }

  /// The seal in the payload of a frame.
  public init(decoding payload: UnsafeRawBufferPointer) throws(MalformedBytes) {
    var cursor = ByteCursor(payload)
    time = try cursor.zigzag()
    first = try cursor.integer(UInt64.self)
    last = try cursor.integer(UInt64.self)
    flags = try cursor.integer(UInt8.self)
    keyID = Array(try cursor.take(32))
    chain = Array(try cursor.take(32))
    signature = Array(try cursor.take(64))
    guard cursor.remaining == 0, first <= last else { throw MalformedBytes("a seal is malformed") }
  }
}
