/// The compiled kernel program, carried inside the executable.
public enum ProbeImage {
  /// The object for the architecture that this program runs on.
  public static func bytes() -> [UInt8] {
    #if arch(arm64)
    decodeBase64(imageARM)
    #else
    decodeBase64(imageX86)
    #endif
  }

  /// The object for an architecture, for tools that check both.
  public static func bytes(arm: Bool) -> [UInt8] { decodeBase64(arm ? imageARM : imageX86) }

  /// The text was written by our own build step: characters outside the alphabet are padding only.
  private static func decodeBase64(_ text: StaticString) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(text.utf8CodeUnitCount / 4 * 3)
    var bits: UInt32 = 0
    var count = 0
    text.withUTF8Buffer { buffer in
      for byte in buffer {
        let value: UInt32
        switch byte {
        case 0x41...0x5A: value = UInt32(byte) - 0x41
        case 0x61...0x7A: value = UInt32(byte) - 0x61 + 26
        case 0x30...0x39: value = UInt32(byte) - 0x30 + 52
        case 0x2B: value = 62
        case 0x2F: value = 63
        default: continue
        }
        bits = bits << 6 | value
        count += 6
        if count >= 8 {
          count -= 8
          output.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
      }
    }
    return output
  }
}
