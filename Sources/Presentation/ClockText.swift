#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Which clock times are shown by.
public enum ClockZone: Sendable, Hashable {
  /// That of this machine.
  case local
  case utc
}

/// Times of the epoch as people write them.
public enum ClockText {
  /// `2026-11-24 12:03:04.250`, with as many digits of the second as wanted (0 to 9).
  public static func dateTime(_ nanoseconds: Int64, zone: ClockZone, digits: Int = 3) -> String {
    let (seconds, fraction) = split(nanoseconds)
    let parts = broken(seconds, zone)
    return
      "\(padded(Int64(parts.tm_year) + 1900, 4))-\(padded(Int64(parts.tm_mon) + 1, 2))-\(padded(Int64(parts.tm_mday), 2)) "
      + time(parts, fraction, digits)
  }

  /// `12:03:04.250`.
  public static func timeOfDay(_ nanoseconds: Int64, zone: ClockZone, digits: Int = 3) -> String {
    let (seconds, fraction) = split(nanoseconds)
    return time(broken(seconds, zone), fraction, digits)
  }

  /// `+01:00`, `UTC`: what a time shown in the zone has to be corrected by.
  public static func zoneName(at nanoseconds: Int64, zone: ClockZone) -> String {
    let offset = zone == .utc ? 0 : Int64(broken(split(nanoseconds).seconds, .local).tm_gmtoff)
    if offset == 0 { return "UTC" }
    let minutes = offset.magnitude / 60
    return (offset < 0 ? "-" : "+") + padded(Int64(minutes / 60), 2) + ":" + padded(Int64(minutes % 60), 2)
  }

  /// `20261124-120304`: for names of files.
  public static func compact(_ nanoseconds: Int64, zone: ClockZone) -> String {
    dateTime(nanoseconds, zone: zone, digits: 0).filter { $0 != "-" && $0 != ":" }.replacing(" ", with: "-")
  }

  private static func time(_ parts: tm, _ fraction: Int64, _ digits: Int) -> String {
    let text = "\(padded(Int64(parts.tm_hour), 2)):\(padded(Int64(parts.tm_min), 2)):\(padded(Int64(parts.tm_sec), 2))"
    return digits == 0 ? text : text + "." + padded(fraction, 9).prefix(digits)
  }

  private static func broken(_ seconds: Int64, _ zone: ClockZone) -> tm {
    var moment = time_t(seconds)
    var parts = tm()
    // A year beyond what the C library can count leaves zeros: shown as such, not crashed on.
    switch zone {
    case .local: _ = localtime_r(&moment, &parts)
    case .utc: _ = gmtime_r(&moment, &parts)
    }
    return parts
  }

  private static func split(_ nanoseconds: Int64) -> (seconds: Int64, fraction: Int64) {
    let (quotient, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    return rest < 0 ? (quotient - 1, rest + 1_000_000_000) : (quotient, rest)
  }

  private static func padded(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(width - digits.count, 0)) + digits
  }
}
