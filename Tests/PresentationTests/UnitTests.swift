import Testing

@testable import Presentation

/// Numbers as people read them.
@Suite struct UnitTests {
  @Test(arguments: [
    (0, "0"), (7, "7"), (999, "999"), (1000, "1,000"), (4_000_123, "4,000,123"), (-12_345, "-12,345"),
    (Int64.min, "-9,223,372,036,854,775,808"),
  ])
  func counts(value: Int64, text: String) {
    #expect(Units.count(value) == text)
  }

  @Test(arguments: [(0, "0 events"), (1, "1 event"), (2000, "2,000 events")])
  func countsWithNouns(value: Int, text: String) {
    #expect(Units.count(value, "event") == text)
  }

  @Test(arguments: [
    (0, "0 B"), (1023, "1023 B"), (1024, "1.00 KiB"), (1536, "1.50 KiB"), (10_240, "10.0 KiB"), (102_400, "100 KiB"),
    (1_048_575, "1.00 MiB"), (1_048_576, "1.00 MiB"), (34_500_000, "32.9 MiB"), (1 << 40, "1.00 TiB"),
    (Int64.max, "8.00 EiB"), (-2048, "-2.00 KiB"),
  ])
  func bytes(value: Int64, text: String) {
    #expect(Units.bytes(value) == text)
  }

  @Test(arguments: [
    (0, "0 ns"), (999, "999 ns"), (1000, "1.00 µs"), (12_345, "12.3 µs"), (999_600, "1.00 ms"), (4_560_000, "4.56 ms"),
    (1_200_000_000, "1.20 s"), (99_960_000_000, "100 s"), (119_499_999_999, "119 s"), (119_500_000_000, "2m00s"),
    (125_000_000_000, "2m05s"), (7_199_499_999_999, "119m59s"), (11_220_000_000_000, "3h07m"),
    (385_200_000_000_000, "4d11h"), (-1500, "-1.50 µs"), (Int64.max, "106751d23h"),
  ])
  func durations(value: Int64, text: String) {
    #expect(Units.duration(value) == text)
  }

  @Test(arguments: [
    (0, 0, "0"), (0.5, 0, "1"), (1.005, 1, "1.0"), (9.96, 1, "10.0"), (-0.04, 1, "0.0"), (-1.25, 2, "-1.25"),
    (3.14159, 3, "3.142"),
  ])
  func fixed(value: Double, digits: Int, text: String) {
    #expect(Units.fixed(value, digits: digits) == text)
  }

  @Test(arguments: [(0.0, "0"), (950, "950"), (9550, "9.55 k"), (1_249_999, "1.25 M"), (2.5e9, "2.50 G")])
  func short(value: Double, text: String) {
    #expect(Units.short(value) == text)
  }

  @Test func shares() {
    #expect(Units.share(1, of: 8) == "12.5 %")
    #expect(Units.share(0, of: 8) == "0.00 %")
    #expect(Units.share(1, of: 0) == "–")
  }

  @Test(arguments: [
    (0, "1970-01-01 00:00:00.000"), (1_795_489_870_847_748_258, "2026-11-24 03:11:10.847"),
    (-1, "1969-12-31 23:59:59.999"), (951_782_400_000_000_000, "2000-02-29 00:00:00.000"),
  ])
  func times(time: Int64, text: String) {
    #expect(ClockText.dateTime(time, zone: .utc) == text)
  }

  @Test func timesInOtherForms() {
    let time: Int64 = 1_795_489_870_847_748_258
    #expect(ClockText.timeOfDay(time, zone: .utc, digits: 9) == "03:11:10.847748258")
    #expect(ClockText.dateTime(time, zone: .utc, digits: 0) == "2026-11-24 03:11:10")
    #expect(ClockText.compact(time, zone: .utc) == "20261124-031110")
    #expect(ClockText.zoneName(at: time, zone: .utc) == "UTC")
  }

  @Test(
    arguments: [
      ([], ""), ([0, 0], "▁▁"), ([0, 1, 7], "▁▂█"), ([1, 2, 3, 4, 5, 6, 7], "▂▃▄▅▆▇█"), ([5, nil, 5], "█ █"),
      ([0.001, 1000], "▂█"), ([.nan, 1], " █"), ([-3, 2], "▁█"),
    ] as [([Double?], String)])
  func sparklines(values: [Double?], line: String) {
    #expect(Sparkline.of(values) == line)
  }

  @Test func sparklinesKeepPeaks() {
    var values = [Double?](repeating: 1, count: 1000)
    values[777] = 100
    let line = Sparkline.of(values, width: 50)
    #expect(line.count == 50)
    #expect(line.filter { $0 == "█" }.count == 1)
  }

  @Test(arguments: [
    (0, 4, 40, "reading  ░░░░░░░░░░░░░░░░░░░░░░  0 %"), (2, 4, 26, "reading  ████░░░░  50 %"),
    (4, 4, 26, "reading  ████████  100 %"), (1, 0, 26, "reading  ░░░░░░░░  0 %"), (9, 4, 5, "reading    100 %"),
  ])
  func progress(done: Int, total: Int, width: Int, line: String) {
    #expect(ProgressBar.line("reading", done: done, of: total, width: width) == line)
  }

  @Test(arguments: [
    (1, 100, Int64(1_000_000_000), false), (50, 100, 2_000_000_000, true), (100, 100, 2_000_000_000, false),
  ])
  func timeLeftIsSaidOnceItIsKnown(done: Int, total: Int, elapsed: Int64, isSaid: Bool) {
    let line = ProgressBar.line("reading", done: done, of: total, width: 80, elapsed: elapsed)
    #expect(line.hasSuffix("2 s left") == isSaid)
  }

  @Test(
    arguments: [
      (nil, "xterm", true), ("", "xterm", true), ("1", "xterm", false), (nil, "dumb", false), (nil, nil, false),
    ] as [(String?, String?, Bool)])
  func colour(noColour: String?, term: String?, isAllowed: Bool) {
    #expect(Terminal.allowsColour(noColour: noColour, term: term) == isAllowed)
  }

  @Test func facts() {
    var facts = FactList()
    facts.add("host", "web-1, Linux 6.12")
    facts.add("lost", "none", .good)
    #expect(facts.rendered(width: nil, colour: false) == "host  web-1, Linux 6.12\nlost  none\n")
    #expect(facts.rendered(width: 10, colour: false) == "host  web-1, Linux 6.12\nlost  none\n")
    #expect(
      facts.rendered(width: nil, colour: true)
        == "\u{1B}[2mhost\u{1B}[0m  web-1, Linux 6.12\n\u{1B}[2mlost\u{1B}[0m  \u{1B}[32mnone\u{1B}[0m\n")
  }
}
