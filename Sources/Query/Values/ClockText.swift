#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// How times of day are shown.
public enum TimeZoneRule: Sendable, Hashable {
  /// As this machine's zone says for the moment that is shown.
  case local
  case utc
}

/// Turns times into text. Remembers the zone's offset for the quarter of an hour that it was asked for last: offsets
/// change on quarters only.
struct ClockText {
  private let zone: TimeZoneRule
  private var quarter = Int64.min
  private var offset: Int64 = 0

  init(_ zone: TimeZoneRule) { self.zone = zone }

  /// Appends `12:03:04`, with a fraction of nine digits if wanted.
  mutating func appendTime(_ time: Int64, fraction: Bool, to text: inout [UInt8]) {
    let (seconds, nanoseconds) = split(time)
    let ofDay = floorModulo(seconds + offset(at: seconds), 86400)
    appendDecimal(UInt64(ofDay / 3600), width: 2, to: &text)
    text.append(UInt8(ascii: ":"))
    appendDecimal(UInt64(ofDay / 60 % 60), width: 2, to: &text)
    text.append(UInt8(ascii: ":"))
    appendDecimal(UInt64(ofDay % 60), width: 2, to: &text)
    if fraction {
      text.append(UInt8(ascii: "."))
      appendDecimal(UInt64(nanoseconds), width: 9, to: &text)
    }
  }

  /// Appends `2026-11-24 12:03:04`, with a fraction of nine digits if wanted.
  mutating func appendDateTime(_ time: Int64, fraction: Bool, to text: inout [UInt8]) {
    let (seconds, _) = split(time)
    appendDate(seconds + offset(at: seconds), to: &text)
    text.append(UInt8(ascii: " "))
    appendTime(time, fraction: fraction, to: &text)
  }

  /// Appends `2026-11-24T12:03:04.000000000+0000`, always in UTC.
  static func appendISO8601(_ time: Int64, to text: inout [UInt8]) {
    var utc = ClockText(.utc)
    utc.appendDate(utc.split(time).seconds, to: &text)
    text.append(UInt8(ascii: "T"))
    utc.appendTime(time, fraction: true, to: &text)
    text.append(contentsOf: "+0000".utf8)
  }

  /// Days since the epoch to year, month and day in the Gregorian calendar, counted from March so that leap days come
  /// last.
  private func appendDate(_ seconds: Int64, to text: inout [UInt8]) {
    let days = floorDivide(seconds, 86400) + 719_468
    let era = floorDivide(days, 146_097)
    let dayOfEra = days - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    appendDecimal(UInt64(clamping: year), width: 4, to: &text)
    text.append(UInt8(ascii: "-"))
    appendDecimal(UInt64(month), width: 2, to: &text)
    text.append(UInt8(ascii: "-"))
    appendDecimal(UInt64(day), width: 2, to: &text)
  }

  private func split(_ time: Int64) -> (seconds: Int64, nanoseconds: Int64) {
    (floorDivide(time, 1_000_000_000), floorModulo(time, 1_000_000_000))
  }

  private mutating func offset(at seconds: Int64) -> Int64 {
    if zone == .utc { return 0 }
    let wanted = floorDivide(seconds, 900)
    if wanted != quarter {
      quarter = wanted
      var moment = time_t(seconds)
      var local = tm()
      offset = localtime_r(&moment, &local) == nil ? 0 : Int64(local.tm_gmtoff)
    }
    return offset
  }
}

/// Division that rounds down, also for negative numbers.
func floorDivide(_ value: Int64, _ by: Int64) -> Int64 {
  let quotient = value / by
  return value % by < 0 ? quotient - 1 : quotient
}

/// The remainder of a division that rounds down: never negative.
func floorModulo(_ value: Int64, _ by: Int64) -> Int64 {
  let rest = value % by
  return rest < 0 ? rest + by : rest
}
