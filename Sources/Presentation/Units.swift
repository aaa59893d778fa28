/// Numbers as people read them. What programs read is never formatted.
public enum Units {
  /// A count with its thousands apart: `4,000,123`.
  public static func count(_ value: some BinaryInteger) -> String {
    let digits = String(value.magnitude)
    var text = value < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }

  /// A count and what is counted: `1 thread`, `2 threads`.
  public static func count(_ value: some BinaryInteger, _ singular: String, _ plural: String? = nil) -> String {
    "\(count(value)) \(value == 1 ? singular : plural ?? singular + "s")"
  }

  /// Bytes in units of 1024: `512 B`, `1.50 KiB`, `23.4 MiB`.
  public static func bytes(_ value: some BinaryInteger) -> String {
    scaled(Double(value), step: 1024, units: ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"])
  }

  /// A large number in short: `950`, `1.23 M`.
  public static func short(_ value: Double) -> String {
    scaled(value, step: 1000, units: ["", "k", "M", "G", "T"])
  }

  /// Nanoseconds: `850 ns`, `12.3 µs`, `4.56 ms`, `1.20 s`, `2m05s`, `3h07m`, `4d11h`.
  public static func duration(_ nanoseconds: some BinaryInteger) -> String {
    let sign = nanoseconds < 0 ? "-" : ""
    let value = UInt64(clamping: nanoseconds.magnitude)
    let seconds = (value + 500_000_000) / 1_000_000_000
    switch seconds {
    case 0..<120:
      return sign + scaled(Double(value), step: 1000, units: ["ns", "µs", "ms", "s"])
    case 120..<7200: return sign + "\(seconds / 60)m\(twoDigits(seconds % 60))s"
    case 7200..<172_800: return sign + "\(seconds / 3600)h\(twoDigits(seconds / 60 % 60))m"
    default: return sign + "\(seconds / 86_400)d\(twoDigits(seconds / 3600 % 24))h"
    }
  }

  /// A share of a whole: `12.3 %`; a dash when there is no whole.
  public static func share(_ part: Double, of whole: Double) -> String {
    whole > 0 ? significant(part / whole * 100) + " %" : "–"
  }

  /// A number with digits behind its point, rounded half up.
  public static func fixed(_ value: Double, digits: Int) -> String {
    guard value.isFinite, value.magnitude < 1e15 else { return "\(value)" }
    var power = 1
    for _ in 0..<digits { power *= 10 }
    let scaled = Int64((value.magnitude * Double(power)).rounded())
    let sign = value < 0 && scaled > 0 ? "-" : ""
    if digits == 0 { return sign + String(scaled) }
    let fraction = String(scaled % Int64(power))
    return sign + String(scaled / Int64(power)) + "."
      + String(repeating: "0", count: digits - fraction.count) + fraction
  }

  /// Three digits that matter: `1.23`, `12.3`, `123`.
  static func significant(_ value: Double) -> String {
    switch value.magnitude {
    case ..<9.995: fixed(value, digits: 2)
    case ..<99.95: fixed(value, digits: 1)
    default: fixed(value, digits: 0)
    }
  }

  private static func scaled(_ value: Double, step: Double, units: [String]) -> String {
    var value = value
    var unit = 0
    // What would be rounded up to a whole step is one of the next unit.
    while value.magnitude >= step - 0.5, unit < units.count - 1 {
      value /= step
      unit += 1
    }
    let number = unit == 0 ? fixed(value, digits: 0) : significant(value)
    return units[unit].isEmpty ? number : number + " " + units[unit]
  }

  private static func twoDigits(_ value: UInt64) -> String { value < 10 ? "0\(value)" : "\(value)" }
}
