/// A row of small bars that shows how a number went.
public enum Sparkline {
  private static let bars: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

  /// One character for each value, at most `width` of them: when there are more values, the greatest of each run is
  /// shown, so that peaks stay.
  ///
  /// The lowest bar means zero and nothing else; the highest is the greatest value. Values that are missing (`nil`, or
  /// no number) are blank.
  public static func of(_ values: [Double?], width: Int? = nil) -> String {
    let shown = reduced(values.map { value in value.flatMap { $0.isFinite ? max($0, 0) : nil } }, to: width)
    let peak = shown.compactMap(\.self).max() ?? 0
    return String(
      shown.map { value -> Character in
        guard let value else { return " " }
        if value == 0 || peak == 0 { return bars[0] }
        let step = (value / peak * Double(bars.count - 1)).rounded(.up)
        return bars[min(max(Int(step), 1), bars.count - 1)]
      })
  }

  private static func reduced(_ values: [Double?], to width: Int?) -> [Double?] {
    guard let width, width > 0, values.count > width else { return values }
    return (0..<width).map { column in
      let run = values[(values.count * column / width)..<(values.count * (column + 1) / width)]
      return run.compactMap(\.self).max()
    }
  }
}
