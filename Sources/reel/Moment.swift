import ArgumentParser
import Presentation

#if canImport(Glibc)
import Glibc
#endif

/// TIME: a moment as a user writes it. Some forms mean a moment only together with a capture.
enum Moment: ExpressibleByArgument, Hashable {
  /// Nanoseconds of the epoch.
  case epoch(Int64)
  /// Nanoseconds after the start of the capture.
  case afterStart(Int64)
  /// Nanoseconds before its end.
  case beforeEnd(Int64)
  /// Nanoseconds after midnight.
  case timeOfDay(Int64)
  /// A date and a time without a zone: seconds as if it were UTC, and nanoseconds.
  case zoneless(seconds: Int64, nanoseconds: Int64)

  init?(argument: String) {
    if let span = argument.first == "+" ? TimeSpan(argument: String(argument.dropFirst())) : nil {
      self = .afterStart(span.nanoseconds)
    } else if let span = argument.first == "-" ? TimeSpan(argument: String(argument.dropFirst())) : nil {
      self = .beforeEnd(span.nanoseconds)
    } else if argument.allSatisfy({ $0.isASCII && $0.isNumber }), let value = Int64(argument) {
      self = .epoch(value)
    } else {
      var reader = MomentReader(argument)
      guard let moment = reader.read() else { return nil }
      self = moment
    }
  }

  /// The nanoseconds of the epoch that are meant; `nil` when they cannot be counted.
  ///
  /// A time of day is its first occurrence in the capture. When the capture does not have it, the occurrence that is
  /// nearest to it: `--from 12:00` of a capture that began at 12:01 means that noon, not the next one.
  func resolved(start: Int64, end: Int64, zone: ClockZone) -> Int64? {
    switch self {
    case .epoch(let time): return time
    case .afterStart(let span): return start.addingClamped(span)
    case .beforeEnd(let span): return end.addingClamped(-span)
    case .zoneless(let seconds, let nanoseconds):
      return Moment.epoch(seconds: Moment.unzoned(seconds, zone), nanoseconds)
    case .timeOfDay(let time):
      let midnight = Moment.localMidnight(of: start, zone)
      let occurrences = (Int64(-1)...2).compactMap { day -> Int64? in
        let seconds = midnight + day * 86_400 + time / 1_000_000_000
        return Moment.epoch(seconds: Moment.unzoned(seconds, zone), time % 1_000_000_000)
      }
      if let first = occurrences.first(where: { $0 >= start && $0 <= end }) { return first }
      return occurrences.min { Moment.distance($0, start, end) < Moment.distance($1, start, end) }
    }
  }

  private static func distance(_ time: Int64, _ start: Int64, _ end: Int64) -> UInt64 {
    time < start ? start.magnitudeOfDifference(time) : time.magnitudeOfDifference(end)
  }

  /// Midnight before a time, in seconds as if the zone were UTC.
  private static func localMidnight(of time: Int64, _ zone: ClockZone) -> Int64 {
    let seconds = time / 1_000_000_000 - (time % 1_000_000_000 < 0 ? 1 : 0)
    var moment = time_t(seconds)
    var parts = tm()
    if zone == .local { localtime_r(&moment, &parts) }
    let shown = seconds + (zone == .local ? Int64(parts.tm_gmtoff) : 0)
    return shown - (shown % 86_400 + 86_400) % 86_400
  }

  /// From seconds as if the zone were UTC to seconds of the epoch.
  private static func unzoned(_ seconds: Int64, _ zone: ClockZone) -> Int64 {
    guard zone == .local else { return seconds }
    var moment = time_t(seconds)
    var parts = tm()
    guard gmtime_r(&moment, &parts) != nil else { return seconds }
    parts.tm_isdst = -1
    return Int64(mktime(&parts))
  }

  private static func epoch(seconds: Int64, _ nanoseconds: Int64) -> Int64? {
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, carry) = product.addingReportingOverflow(nanoseconds)
    return overflow || carry ? nil : sum
  }
}

/// Reads times of day and RFC 3339.
private struct MomentReader {
  private var text: Substring

  init(_ text: String) { self.text = Substring(text) }

  mutating func read() -> Moment? {
    guard text.count <= 64 else { return nil }
    guard text.dropFirst(4).first == "-" else {
      guard let time = timeOfDay(), text.isEmpty else { return nil }
      return .timeOfDay(time.seconds * 1_000_000_000 + time.nanoseconds)
    }
    guard let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2),
      (1...12).contains(month), (1...MomentReader.days(month, year)).contains(day),
      take("T") || take("t") || take(" "), let time = timeOfDay(requiresSeconds: true)
    else { return nil }
    let seconds = MomentReader.daysSinceEpoch(year, month, day) * 86_400 + time.seconds
    if text.isEmpty { return .zoneless(seconds: seconds, nanoseconds: time.nanoseconds) }
    guard let offset = zone(), text.isEmpty else { return nil }
    let (product, overflow) = (seconds - offset).multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, carry) = product.addingReportingOverflow(time.nanoseconds)
    return overflow || carry ? nil : .epoch(sum)
  }

  /// `12:03`, `12:03:04`, `12:03:04.5`.
  private mutating func timeOfDay(requiresSeconds: Bool = false) -> (seconds: Int64, nanoseconds: Int64)? {
    guard let hours = number(2), hours < 24, take(":"), let minutes = number(2), minutes < 60 else { return nil }
    guard take(":") else { return requiresSeconds ? nil : (hours * 3600 + minutes * 60, 0) }
    // 60 is a leap second, which the epoch does not count.
    guard let seconds = number(2), seconds <= 60 else { return nil }
    var nanoseconds: Int64 = 0
    if take(".") {
      let digits = text.prefix { $0.isASCII && $0.isNumber }
      guard (1...9).contains(digits.count), let value = Int64(digits) else { return nil }
      nanoseconds = (digits.count..<9).reduce(value) { scaled, _ in scaled * 10 }
      text = text[digits.endIndex...]
    }
    return (hours * 3600 + minutes * 60 + seconds, nanoseconds)
  }

  /// `Z`, `+01:00`: seconds to take away.
  private mutating func zone() -> Int64? {
    if take("Z") || take("z") { return 0 }
    let sign: Int64 = take("-") ? -1 : 1
    if sign == 1, !take("+") { return nil }
    guard let hours = number(2), hours < 24 else { return nil }
    _ = take(":")
    guard let minutes = number(2), minutes < 60 else { return nil }
    return sign * (hours * 3600 + minutes * 60)
  }

  private mutating func take(_ character: Character) -> Bool {
    guard text.first == character else { return false }
    text.removeFirst()
    return true
  }

  private mutating func number(_ count: Int) -> Int64? {
    let digits = text.prefix(count)
    guard digits.count == count, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
    text = text.dropFirst(count)
    return Int64(digits)
  }

  private static func days(_ month: Int64, _ year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days of the Gregorian calendar, counted in years that begin in March so that leap days come last.
  private static func daysSinceEpoch(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shifted = month > 2 ? year : year - 1
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
  }
}

extension Int64 {
  fileprivate func addingClamped(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other < 0 ? .min : .max) : sum
  }

  fileprivate func magnitudeOfDifference(_ other: Int64) -> UInt64 {
    self > other ? UInt64(bitPattern: self &- other) : UInt64(bitPattern: other &- self)
  }
}
