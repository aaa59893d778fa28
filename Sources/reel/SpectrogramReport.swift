import Inspect
import Presentation

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A spectrogram for people and for programs.
struct SpectrogramReport {
  private let spectrogram: Spectrogram
  private let zone: ClockZone
  /// The columns in front of the cells.
  static let margin = 11
  /// The most lines of cells.
  private static let mostLines = 36

  init(_ spectrogram: Spectrogram, zone: ClockZone) {
    self.spectrogram = spectrogram
    self.zone = zone
  }

  private struct Band {
    var latencies: Range<Int64>
    var counts: [UInt64]
  }

  /// Rows that are shown together, so many that all fit: fast calls first.
  private func bands(most: Int) -> [Band] {
    guard let used = spectrogram.usedRows else { return [] }
    // Ten, five, two or one for a power of ten, so that each begins at a bound of the ones before.
    let height = [1, 2, 5, 10].first { (used.count + 2 * $0 - 2) / $0 <= most } ?? 10
    let first = used.lowerBound / height
    return (first...used.upperBound / height).map { band in
      let rows = band * height..<min((band + 1) * height, Spectrogram.rows)
      let counts = (0..<spectrogram.columns).map { column in
        rows.reduce(UInt64(0)) { $0 + spectrogram[$1, column] }
      }
      let bounds = (Spectrogram.latencies(of: rows.lowerBound), Spectrogram.latencies(of: rows.upperBound - 1))
      return Band(latencies: bounds.0.lowerBound..<bounds.1.upperBound, counts: counts)
    }
  }

  /// Counts on a scale of their logarithms, so that one slow call is seen beside a million fast ones.
  private static func level(_ count: UInt64, _ most: UInt64) -> Double {
    count == 0 ? 0 : most <= 1 ? 1 : 0.08 + 0.92 * log(Double(count)) / log(Double(most))
  }

  func rendered(for terminal: Terminal) -> String {
    let bands = bands(most: SpectrogramReport.mostLines)
    guard let most = bands.flatMap(\.counts).max() else {
      return "no call whose latency is known\n"
    }
    var text = ""
    for band in bands {
      let label = Units.duration(band.latencies.lowerBound)
      let padding = String(repeating: " ", count: max(SpectrogramReport.margin - 2 - label.count, 0))
      let cells = Shade.row(
        band.counts.map { SpectrogramReport.level($0, most) }, colour: terminal.allowsColour)
      text += SpectrogramReport.trimmed(padding + label + " │" + cells) + "\n"
    }
    let margin = String(repeating: " ", count: SpectrogramReport.margin - 1)
    text += margin + "└" + String(repeating: "─", count: spectrogram.columns) + "\n"
    let (start, end) = (clock(spectrogram.start), clock(end))
    let gap = spectrogram.columns - start.count - end.count
    text += margin + " " + start + (gap > 0 ? String(repeating: " ", count: gap) + end : "") + "\n"
    let calls = Units.count(spectrogram.counts.reduce(0, +), "call")
    text += "\(calls); a column is \(Units.duration(spectrogram.step)), a cell at most \(Units.count(most, "call"))\n"
    return text
  }

  private static func trimmed(_ line: String) -> String {
    var line = line[...]
    while line.last == " " { line.removeLast() }
    return String(line)
  }

  private var end: Int64 {
    let length = spectrogram.step.multipliedReportingOverflow(by: Int64(spectrogram.columns))
    let end = spectrogram.start.addingReportingOverflow(length.partialValue)
    return length.overflow || end.overflow ? .max : end.partialValue
  }

  private func clock(_ time: Int64) -> String { ClockText.timeOfDay(time, zone: zone) }

  /// A picture of it.
  func picture(title: String) -> String {
    let bands = bands(most: 180)
    let most = bands.flatMap(\.counts).max() ?? 0
    let (left, top, cellHeight) = (90.0, 40.0, bands.count > 60 ? 6.0 : 12.0)
    let cellWidth = max(960 / Double(max(spectrogram.columns, 1)), 2)
    let (width, height) = (cellWidth * Double(spectrogram.columns), cellHeight * Double(bands.count))
    var picture = Picture(width: Int(left + width) + 30, height: Int(top + height) + 50)
    picture.text(VisibleText.of(title), x: left, y: 24, size: 14, isBold: true)
    picture.rectangle(x: left, y: top, width: width, height: height, fill: "#101830")
    for (row, band) in bands.enumerated() {
      let y = top + cellHeight * Double(row)
      let latencies = Units.duration(band.latencies.lowerBound)
      if row % max(bands.count / 18, 1) == 0 {
        picture.text(latencies, x: left - 8, y: y + cellHeight, size: 11, anchor: .end)
      }
      for (column, count) in band.counts.enumerated() where count > 0 {
        let time = clock(spectrogram.start &+ spectrogram.step &* Int64(column))
        picture.rectangle(
          x: left + cellWidth * Double(column), y: y, width: cellWidth, height: cellHeight,
          fill: Shade.hexadecimal(SpectrogramReport.level(count, most)),
          title: "\(time), \(latencies): \(Units.count(count, "call"))")
      }
    }
    picture.text(clock(spectrogram.start), x: left, y: top + height + 18, size: 11)
    picture.text(clock(end), x: left + width, y: top + height + 18, size: 11, anchor: .end)
    picture.text(
      "\(Units.count(spectrogram.counts.reduce(0, +), "call")); a cell at most \(Units.count(most))",
      x: left + width / 2, y: top + height + 36, size: 11, anchor: .middle)
    return picture.svg
  }

  /// One object: the rows that have calls.
  var json: JSONObject {
    var object = JSONObject()
    object.add("start", spectrogram.start)
    object.add("step_ns", spectrogram.step)
    object.add("columns", spectrogram.columns)
    var rows: [JSONObject] = []
    for row in spectrogram.usedRows.map(Array.init) ?? [] {
      var entry = JSONObject()
      let latencies = Spectrogram.latencies(of: row)
      if latencies.isEmpty { continue }
      entry.add("least_ns", latencies.lowerBound)
      entry.add("below_ns", latencies.upperBound)
      entry.add("counts", (0..<spectrogram.columns).map { Int64(clamping: spectrogram[row, $0]) })
      rows.append(entry)
    }
    object.add("rows", rows)
    return object
  }
}
