#if canImport(Glibc)
import Glibc
#endif

/// Times of the epoch as text in UTC.
enum UTCText {
  /// `20261128T200347.123Z`: sorts as the times do.
  static func compact(_ time: Int64) -> String {
    format(time, "%Y%m%dT%H%M%S") + "." + digits(((time % 1_000_000_000) + 1_000_000_000) % 1_000_000_000 / 1_000_000)
      + "Z"
  }

  /// `2026-11-28T20:03:47Z`.
  static func seconds(_ time: Int64) -> String { format(time, "%Y-%m-%dT%H:%M:%SZ") }

  private static func digits(_ milliseconds: Int64) -> String {
    let text = String(milliseconds)
    return String(repeating: "0", count: max(3 - text.count, 0)) + text
  }

  private static func format(_ time: Int64, _ format: String) -> String {
    var seconds = time_t(time / 1_000_000_000 - (time % 1_000_000_000 < 0 ? 1 : 0))
    var parts = tm()
    gmtime_r(&seconds, &parts)
    var text = [CChar](repeating: 0, count: 64)
    let count = strftime(&text, text.count, format, &parts)
    return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
