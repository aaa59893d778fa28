import CaptureFormat
import Crypto

/// A key that seals are made with. It is in no capture; who has it can sign in the recorder's name.
public struct SigningKey: Sendable {
  private let key: Curve25519.Signing.PrivateKey

  /// The key in a PEM file.
  public init(path: String) throws(KeyError) {
    let text = try KeyFile.text(path, .signing)
    guard let bytes = KeyFile.key(.signing, in: text),
      let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes)
    else { throw KeyError(path: path, what: "there is no Ed25519 key in it", remedy: KeyFile.Kind.signing.remedy) }
    self.key = key
  }

  /// A new key, for tests.
  init() { key = Curve25519.Signing.PrivateKey() }

  /// What checks what this key signs.
  public var checkingKey: CheckingKey { CheckingKey(key.publicKey) }

  /// The signature of a seal.
  func signature(of seal: Seal) -> [UInt8] {
    do { return Array(try key.signature(for: seal.signedBytes)) } catch {
      // Ed25519 signs any bytes with any key.
      fatalError("a seal cannot be signed: \(error)")
    }
  }
}

/// A key that seals are checked with.
public struct CheckingKey: Sendable {
  private let key: Curve25519.Signing.PublicKey

  fileprivate init(_ key: Curve25519.Signing.PublicKey) { self.key = key }

  /// The key in a PEM file: a public one, or the one that belongs to a signing key.
  public init(path: String) throws(KeyError) {
    let text = try KeyFile.text(path, .checking)
    if let bytes = KeyFile.key(.checking, in: text),
      let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)
    {
      self.key = key
      return
    }
    if let bytes = KeyFile.key(.signing, in: text),
      let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes)
    {
      self.key = key.publicKey
      return
    }
    throw KeyError(path: path, what: "there is no Ed25519 key in it", remedy: KeyFile.Kind.checking.remedy)
  }

  /// SHA-256 of the 32 bytes of the key: what seals name it by.
  public var id: [UInt8] { Array(SHA256.hash(data: key.rawRepresentation)) }

  /// Whether this key's owner made a seal.
  func made(_ seal: Seal) -> Bool { key.isValidSignature(seal.signature, for: seal.signedBytes) }
}
