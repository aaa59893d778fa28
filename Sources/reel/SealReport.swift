import Presentation
import Seals

/// What `verify` says of the seals of a capture.
struct SealReport {
  /// Whether nothing speaks against what was sealed.
  let holds: Bool
  /// For people.
  let lines: [String]
  /// For programs.
  let object: JSONObject

  /// Without a key: only that there are seals.
  init(unchecked seals: Int) {
    holds = true
    lines = seals == 0 ? [] : ["\(Units.count(seals, "seal")), not checked: name the key with --key"]
    var object = JSONObject()
    object.add("checked", false)
    object.add("seals", seals)
    self.object = object
  }

  /// Behind a check of all frames.
  /// - Parameter redacted: the frames of an original of which the capture says that it holds them without their secrets.
  init(_ check: SealCheck, redacted: Set<UInt64> = []) {
    var lines: [String] = []
    var holds = true
    func fail(_ line: String) {
      holds = false
      lines.append(line)
    }
    let good = check.stretches.filter { $0.state == .holds }
    for stretch in check.stretches where stretch.state != .holds {
      fail(SealReport.text(of: stretch))
    }
    if check.stretches.isEmpty, check.origins.isEmpty { fail("the capture has no seals") }
    if let last = good.last, !check.hasLast {
      fail("the last seal is missing: what stood behind frame \(last.frames.upperBound) may be cut off")
    }
    if check.hasLast, check.unsealed > 0 { fail("\(Units.count(check.unsealed, "frame")) behind the last seal") }
    if let first = good.first, let last = good.last {
      let count = Units.count(good.count, "seal") + (good.count == 1 ? " holds" : " hold")
      lines.append(
        "\(count): frames \(first.frames.lowerBound) to \(last.frames.upperBound), "
          + "the last sealed at \(ClockText.dateTime(last.time, zone: .local, digits: 0))")
    }
    for origin in check.origins {
      let name = "the sealed capture \(SealReport.hexadecimal(origin.fileID))"
      if !origin.holds { holds = false }
      for stretch in origin.stretches where stretch.state != .holds {
        lines.append("of \(name): " + SealReport.text(of: stretch))
      }
      if !origin.altered.isEmpty {
        lines.append("of \(name): \(Units.count(origin.altered.count, "frame")) here are not what was sealed")
      }
      let holes = origin.holes.reduce(0) { $0 + $1.count }
      lines.append(
        "taken from \(name): \(Units.count(origin.kept, "frame")) of it unchanged, \(holes) not here"
          + (holes == 0 ? "" : " (" + SealReport.list(origin.holes) + ")"))
      let changed = SealReport.redacted(redacted, in: origin)
      if !changed.isEmpty {
        lines.append(
          "of what is not here, \(Units.count(changed.reduce(0) { $0 + $1.count }, "frame")) "
            + "(\(SealReport.list(changed))) were redacted: the capture says so, no seal does")
      }
      if origin.hasUnreadableSeal { lines.append("of \(name): one of the seals is not readable") }
      if !origin.hasLast { lines.append("of \(name) the last seal is missing") }
    }
    self.holds = holds
    self.lines = lines
    var object = JSONObject()
    object.add("checked", true)
    object.add("hold", holds)
    object.add("seals", check.stretches.count)
    object.add("seals_that_hold", good.count)
    object.add("has_last", check.hasLast)
    object.add("lines", lines)
    object.add(
      "origins",
      check.origins.map { origin in
        var object = JSONObject()
        object.add("file_id", SealReport.hexadecimal(origin.fileID))
        object.add("hold", origin.holds)
        object.add("frames_kept", origin.kept)
        object.add("frames_altered", origin.altered.count)
        object.add(
          "redacted", SealReport.redacted(redacted, in: origin).map { "\($0.lowerBound)-\($0.upperBound)" })
        object.add("holes", origin.holes.map { "\($0.lowerBound)-\($0.upperBound)" })
        return object
      })
    self.object = object
  }

  /// The holes of an original that a redaction made.
  private static func redacted(_ frames: Set<UInt64>, in origin: OriginCheck) -> [ClosedRange<UInt64>] {
    var ranges: [ClosedRange<UInt64>] = []
    for hole in origin.holes {
      for frame in hole where frames.contains(frame) {
        if let last = ranges.last, last.upperBound + 1 == frame {
          ranges[ranges.count - 1] = last.lowerBound...frame
        } else {
          ranges.append(frame...frame)
        }
      }
    }
    return ranges
  }

  private static func text(of stretch: SealCheck.Stretch) -> String {
    let frames = "frames \(stretch.frames.lowerBound) to \(stretch.frames.upperBound)"
    switch stretch.state {
    case .holds: return "the seal of \(frames) holds"
    case .otherKey: return "the seal of \(frames) was made with another key"
    case .forged: return "the seal of \(frames) was changed"
    case .altered: return "\(frames) are not what was sealed, or some are missing"
    }
  }

  private static func list(_ ranges: [ClosedRange<UInt64>]) -> String {
    let shown = ranges.prefix(8).map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)–\($0.upperBound)" }
    return shown.joined(separator: ", ") + (ranges.count > shown.count ? ", …" : "")
  }

  private static func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { byte in
      let digits = String(byte, radix: 16)
      return digits.count == 1 ? "0" + digits : digits
    }.joined()
  }
}
