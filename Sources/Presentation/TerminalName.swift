/// The name of a terminal as people know it, from the number of its device.
public enum TerminalName {
  /// `pts/3`, `tty1`, `ttyS0`; numbers for others, `nil` without a terminal.
  public static func of(_ device: Int64) -> String? {
    guard device > 0 else { return nil }
    // As the kernel gives it to user space: the minor number's upper bits stand above the major number.
    let major = device >> 8 & 0xFFF
    let minor = device & 0xFF | device >> 12 & 0xFFF00
    switch major {
    case 136...143: return "pts/\((major - 136) * 256 + minor)"
    case 4: return minor < 64 ? "tty\(minor)" : "ttyS\(minor - 64)"
    case 5: return minor == 1 ? "console" : "tty"
    default: return "tty \(major):\(minor)"
    }
  }
}
