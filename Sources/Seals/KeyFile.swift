import SwiftASN1
import SystemPackage

#if canImport(Glibc)
import Glibc
#endif

/// Ed25519 keys in PEM, as `openssl genpkey -algorithm ed25519` and `openssl pkey -pubout` write them.
///
/// Both encodings have one length and one beginning (RFC 8410):
///
///     private    30 2E 02 01 00 30 05 06 03 2B 65 70 04 22 04 20, then 32 bytes
///     public     30 2A 30 05 06 03 2B 65 70 03 21 00, then 32 bytes
enum KeyFile {
  enum Kind: String {
    case signing = "PRIVATE KEY"
    case checking = "PUBLIC KEY"

    var prefix: [UInt8] {
      switch self {
      case .signing:
        [0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20]
      case .checking: [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
      }
    }

    /// How a key of this kind is made.
    var remedy: String {
      switch self {
      case .signing: "make one with: openssl genpkey -algorithm ed25519 -out KEY"
      case .checking: "make it from the signing key with: openssl pkey -in KEY -pubout -out PUBLIC"
      }
    }
  }

  /// The most that a file with a key has.
  private static let mostBytes = 16 << 10

  /// The 32 bytes of the first key of some kind in a file; `nil` when it holds none of that kind.
  static func key(_ kind: Kind, in text: String) -> [UInt8]? {
    // What is no PEM at all holds no key either.
    guard let documents = try? PEMDocument.parseMultiple(pemString: text) else { return nil }
    let prefix = kind.prefix
    return documents.first { document in
      document.discriminator == kind.rawValue && document.derBytes.count == prefix.count + 32
        && Array(document.derBytes.prefix(prefix.count)) == prefix
    }.map { Array($0.derBytes.suffix(32)) }
  }

  /// A small text file.
  static func text(_ path: String, _ kind: Kind) throws(KeyError) -> String {
    do {
      let file = try FileDescriptor.open(FilePath(path), .readOnly, options: .closeOnExec)
      defer { _ = Glibc.close(file.rawValue) }
      var bytes = [UInt8](repeating: 0, count: mostBytes + 1)
      var count = 0
      while count < bytes.count {
        let read = try bytes.withUnsafeMutableBytes { bytes in
          try file.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[count...]))
        }
        if read == 0 { break }
        count += read
      }
      guard count <= mostBytes else {
        throw KeyError(path: path, what: "this is too large for a key", remedy: kind.remedy)
      }
      return String(decoding: bytes[..<count], as: UTF8.self)
    } catch let error as KeyError {
      throw error
    } catch {
      throw KeyError(path: path, what: "the key cannot be read: \(error)", remedy: kind.remedy)
    }
  }
}
