import Inspect
import Presentation
import Query

/// A flame graph for people and for programs.
struct FlameReport {
  private let graph: FlameGraph
  /// The least share of all that is shown.
  private let least: Double
  private let total: Int64

  init(_ graph: FlameGraph, least: Double) {
    self.graph = graph
    self.least = least
    total = graph.total
  }

  private func share(_ value: Int64) -> Double { total > 0 ? Double(value) / Double(total) : 0 }

  private func amount(_ value: Int64) -> String {
    switch graph.measure {
    case .time, .cpu: Units.duration(value)
    case .bytes: Units.bytes(value)
    case .count: Units.count(value, "call")
    case .errors: Units.count(value, "error")
    }
  }

  private var nothing: String {
    switch graph.measure {
    case .cpu: "no samples of processor time\n"
    case .time: "no call whose latency is known\n"
    case .bytes: "no bytes were read or written\n"
    case .count: "no call\n"
    case .errors: "no call failed\n"
    }
  }

  /// The bars that are shown: those of more than the least share, all of which stand below such ones.
  private var shown: [Int] { graph.frames.indices.filter { share(graph.frames[$0].total) >= least } }

  /// A line for each name, indented below its parent, with a bar.
  func rendered(for terminal: Terminal) -> String {
    guard total > 0 else { return nothing }
    let width = terminal.width ?? 100
    let barWidth = max(min(width / 4, 30), 8)
    var text = ""
    var hidden: Int64 = 0
    for index in graph.frames.indices {
      let frame = graph.frames[index]
      let part = share(frame.total)
      if part < least {
        if frame.parent.map({ share(graph.frames[$0].total) >= least }) ?? true { hidden += frame.total }
        continue
      }
      let figures =
        FlameReport.padded(Units.share(Double(frame.total), of: Double(total)), 7) + " "
        + FlameReport.padded(amount(frame.total), 14) + "  "
      let filled = min(max(Int((part * Double(barWidth)).rounded()), 1), barWidth)
      let bar =
        Style.warning.apply(to: String(repeating: "█", count: filled), colour: terminal.allowsColour)
        + String(repeating: " ", count: barWidth - filled + 1)
      let indent = String(repeating: " ", count: min(frame.depth, 40))
      let room = max(width - figures.count - barWidth - 1 - indent.count, 8)
      text += figures + bar + indent + Truncation.keepsStart.fit(VisibleText.of(frame.name[...]), width: room) + "\n"
    }
    if hidden == 0 { return text + "\(amount(total)) in all\n" }
    let rest = "\(amount(hidden)) of less than \(Units.fixed(least * 100, digits: 1)) % each, see --least"
    return text + "\(amount(total)) in all; \(rest)\n"
  }

  private static func padded(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(width - text.count, 0)) + text
  }

  /// A line for each stack that has something for itself.
  var folded: String {
    var text = ""
    for index in graph.frames.indices where graph.frames[index].own > 0 {
      let names = graph.path(to: index).map { VisibleText.of($0[...]).replacing(";", with: ":") }
      text += names.joined(separator: ";") + " \(graph.frames[index].own)\n"
    }
    return text
  }

  /// Bars below each other, each below its parent.
  func picture(title: String) -> String {
    let (width, top, height) = (1200.0, 40.0, 18.0)
    let shown = shown
    let depth = (shown.map { graph.frames[$0].depth }.max() ?? 0) + 1
    var picture = Picture(width: Int(width) + 20, height: Int(top + height * Double(depth)) + 40)
    picture.text(VisibleText.of(title) + " by \(graph.measure.rawValue)", x: 10, y: 24, size: 14, isBold: true)
    // Where the next bar below a bar begins; those of the first row begin at the left.
    var next: [Int: Double] = [:]
    var first = 10.0
    for index in graph.frames.indices {
      let frame = graph.frames[index]
      let length = share(frame.total) * width
      let x = frame.parent.map { next[$0] ?? 10 } ?? first
      if let parent = frame.parent { next[parent] = x + length } else { first = x + length }
      next[index] = x
      guard share(frame.total) >= least else { continue }
      let name = VisibleText.of(frame.name[...])
      let y = top + height * Double(frame.depth)
      let title = "\(name): \(amount(frame.total)), \(Units.share(Double(frame.total), of: Double(total)))"
      picture.rectangle(
        x: x, y: y, width: max(length - 0.5, 0.2), height: height - 1, fill: FlameReport.colour(of: frame.name),
        title: title + (frame.own == frame.total ? "" : ", for itself \(amount(frame.own))"))
      // About seven units a character.
      let room = Int((length - 6) / 7)
      if room >= 3 {
        picture.text(Truncation.keepsStart.fit(name, width: room), x: x + 3, y: y + 13, size: 11)
      }
    }
    picture.text("\(amount(total)) in all", x: 10, y: top + height * Double(depth) + 24, size: 11)
    return picture.svg
  }

  /// A warm colour that is the same for the same name.
  private static func colour(of name: [UInt8]) -> String {
    var hash: UInt32 = 2_166_136_261
    for byte in name { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
    func part(_ base: UInt32, _ range: UInt32, _ shift: UInt32) -> String {
      let text = String(base + (hash >> shift) % range, radix: 16)
      return text.count == 1 ? "0" + text : text
    }
    return "#" + part(205, 50, 0) + part(110, 110, 8) + part(50, 50, 16)
  }

  /// An object for each bar.
  var json: [JSONObject] {
    shown.map { index in
      let frame = graph.frames[index]
      var object = JSONObject()
      object.add("path", graph.path(to: index).map { VisibleText.of($0[...]) })
      object.add("by", graph.measure.rawValue)
      object.add("own", frame.own)
      object.add("total", frame.total)
      object.add("share", FieldValue.decimal(share(frame.total)))
      return object
    }
  }
}
