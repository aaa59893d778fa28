extension Schema {
  /// The catalogue that this program was built with: `formats/events.json`.
  ///
  /// Decoded once, at its first use, from the bytes in `Generated/Catalogue.swift`. A test proves that they decode.
  public static let builtIn: Schema = {
    guard let bytes = decodeBase64(GeneratedCatalogue.base64) else {
      preconditionFailure("the embedded event schema is not base64: run SchemaGenerator and build again")
    }
    do {
      return try Schema(decoding: bytes)
    } catch {
      preconditionFailure("\(error): run SchemaGenerator and build again")
    }
  }()

  /// The bytes of a base64 text that may be broken into lines; `nil` when another character stands in it.
  package static func decodeBase64(_ text: StaticString) -> [UInt8]? {
    text.withUTF8Buffer { text in
      var bytes: [UInt8] = []
      bytes.reserveCapacity(text.count / 4 * 3)
      var gathered: UInt32 = 0
      var count = 0
      for character in text {
        let digit: UInt8
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): digit = character - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): digit = character - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = character - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"): digit = 62
        case UInt8(ascii: "/"): digit = 63
        case UInt8(ascii: "="), UInt8(ascii: "\n"): continue
        default: return nil
        }
        gathered = gathered << 6 | UInt32(digit)
        count += 1
        if count == 4 {
          bytes.append(UInt8(truncatingIfNeeded: gathered >> 16))
          bytes.append(UInt8(truncatingIfNeeded: gathered >> 8))
          bytes.append(UInt8(truncatingIfNeeded: gathered))
          (gathered, count) = (0, 0)
        }
      }
      // Two or three digits that are left carry one or two bytes.
      switch count {
      case 0: break
      case 2: bytes.append(UInt8(truncatingIfNeeded: gathered >> 4))
      case 3:
        bytes.append(UInt8(truncatingIfNeeded: gathered >> 10))
        bytes.append(UInt8(truncatingIfNeeded: gathered >> 2))
      default: return nil
      }
      return bytes
    }
  }
}
