import Foundation
import Testing

@testable import reel

/// What users write, and what it means.
@Suite struct ArgumentTests {
  @Test(
    arguments: [
      ("0", 0), ("4096", 4096), ("512B", 512), ("512KiB", 524_288), ("512kib", 524_288), ("512K", 524_288),
      ("1.5M", 1_572_864), ("1MiB", 1_048_576), ("1GiB", 1 << 30), ("2T", 2 << 40), ("1kB", 1000), ("3MB", 3_000_000),
      ("1GB", 1_000_000_000), ("1TB", 1_000_000_000_000), ("0.5KiB", 512), ("1 GiB", 1 << 30),
      ("7.999999999GiB", 8_589_934_590),
    ] as [(String, Int64)])
  func sizes(text: String, bytes: Int64) {
    #expect(ByteSize(argument: text)?.bytes == bytes)
  }

  @Test(arguments: [
    "", "KiB", "1X", "-1", "+1", "1e3", "1.KiB", ".5KiB", "1..5K", "99999999999999999999", "9000000T", "1KiB ", "٣KiB",
    "1.1234567890K", "0x10", "16EiB",
  ])
  func noSizes(text: String) {
    #expect(ByteSize(argument: text) == nil)
  }

  @Test(
    arguments: [
      (8 << 20, "8MiB"), (1000, "1000"), (1024, "1KiB"), (3 << 30, "3GiB"), (0, "0"), (1536, "1536"),
    ] as [(Int64, String)])
  func sizesInHelp(bytes: Int64, text: String) {
    #expect(ByteSize(bytes: bytes).defaultValueDescription == text)
    #expect(ByteSize(argument: text)?.bytes == bytes)
  }

  @Test(
    arguments: [
      ("250ms", 250_000_000), ("10s", 10_000_000_000), ("5m", 300_000_000_000), ("5min", 300_000_000_000),
      ("1.5h", 5_400_000_000_000), ("2d", 172_800_000_000_000), ("7ns", 7), ("3us", 3000), ("3µs", 3000),
      ("0.000000001s", 1), ("0s", 0),
    ] as [(String, Int64)])
  func durations(text: String, nanoseconds: Int64) {
    #expect(TimeSpan(argument: text)?.nanoseconds == nanoseconds)
  }

  @Test(arguments: ["", "10", "s", "-5s", "5 seconds", "1h30m", "5S", "200000d", "1.s"])
  func noDurations(text: String) {
    #expect(TimeSpan(argument: text) == nil)
  }

  @Test(
    arguments: [
      ("1700000000000000000", Moment.epoch(1_700_000_000_000_000_000)),
      ("0", .epoch(0)),
      ("+5s", .afterStart(5_000_000_000)),
      ("-250ms", .beforeEnd(250_000_000)),
      ("12:03", .timeOfDay(43_380_000_000_000)),
      ("12:03:04.5", .timeOfDay(43_384_500_000_000)),
      ("00:00:00", .timeOfDay(0)),
      ("2023-11-14T22:13:20Z", .epoch(1_700_000_000_000_000_000)),
      ("2023-11-14t22:13:20.000000001z", .epoch(1_700_000_000_000_000_001)),
      ("2023-11-14 23:13:20+01:00", .epoch(1_700_000_000_000_000_000)),
      ("2023-11-14T17:43:20.25-04:30", .epoch(1_700_000_000_250_000_000)),
      ("2024-02-29T00:00:00Z", .epoch(1_709_164_800_000_000_000)),
      ("1969-12-31T23:59:59.5Z", .epoch(-500_000_000)),
      ("2023-11-14T22:13:20", .zoneless(seconds: 1_700_000_000, nanoseconds: 0)),
    ] as [(String, Moment)])
  func moments(text: String, moment: Moment) {
    #expect(Moment(argument: text) == moment)
  }

  @Test(arguments: [
    "", "now", "5s", "+5", "-", "25:00", "12:60", "12:03:61", "12:3", "12:03:04.", "12:03:04.1234567890", "12:03x",
    "2023-13-01T00:00:00Z", "2023-02-29T00:00:00Z", "2023-00-10T00:00:00Z", "2023-11-14", "2023-11-14T22:13Z",
    "2023-11-14T22:13:20+1", "2023-11-14T22:13:20ZZ", "9999-12-31T23:59:59Z", "99999999999999999999",
  ])
  func noMoments(text: String) {
    #expect(Moment(argument: text) == nil)
  }

  /// A capture from 22:13:20 to 22:15:20 UTC.
  @Test(
    arguments: [
      ("+5s", 1_700_000_005), ("-5s", 1_700_000_115), ("22:14", 1_700_000_040), ("22:13:20", 1_700_000_000),
      // Not in it: the occurrence that is nearest.
      ("22:00", 1_699_999_200), ("23:00", 1_700_002_800), ("00:00", 1_700_006_400), ("10:00", 1_700_042_400),
      ("10:30", 1_699_957_800),
      ("2023-11-14T22:13:21", 1_700_000_001), ("1700000000000000000", 1_700_000_000),
    ] as [(String, Int64)])
  func momentsInACapture(text: String, seconds: Int64) throws {
    let moment = try #require(Moment(argument: text))
    let start: Int64 = 1_700_000_000_000_000_000
    #expect(moment.resolved(start: start, end: start + 120_000_000_000, zone: .utc) == seconds * 1_000_000_000)
  }

  /// Past midnight, a time of day after it is the next day's.
  @Test func timesOfDayPastMidnight() throws {
    let start: Int64 = 1_700_006_300_000_000_000  // 23:58:20
    let moment = try #require(Moment(argument: "00:01"))
    #expect(moment.resolved(start: start, end: start + 600_000_000_000, zone: .utc) == 1_700_006_460_000_000_000)
  }

  @Test func momentsBeyondTheClockAreClamped() {
    #expect(Moment.afterStart(.max).resolved(start: 10, end: 20, zone: .utc) == .max)
    #expect(Moment.beforeEnd(.max).resolved(start: -10, end: -20, zone: .utc) == .min)
  }

  @Test(
    arguments: [
      ("proc.name", ["proc.name"]), ("proc.name,evt.type", ["proc.name", "evt.type"]),
      ("proc.name, evt.type", ["proc.name", "evt.type"]),
      ("concat(a,b),proc.aname[1]", ["concat(a,b)", "proc.aname[1]"]),
    ] as [(String, [String])])
  func fieldNames(text: String, names: [String]) {
    #expect(FieldNames(argument: text)?.names == names)
  }

  @Test(arguments: ["", ",", "a,,b", "a,"])
  func noFieldNames(text: String) {
    #expect(FieldNames(argument: text) == nil)
  }

  @Test func theDefaultNameSaysWhereAndWhen() throws {
    let name = RecordCommand.defaultName()
    #expect(name.hasSuffix(".reel"))
    #expect(!name.contains("/"))
    #expect(name.wholeMatch(of: /.+-\d{8}-\d{6}\.reel/) != nil)
  }
}
