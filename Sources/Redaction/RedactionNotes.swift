import CaptureFormat
import EventBatch
import JSON

/// What a capture says of its redaction: names of rules and numbers, never a pattern, which may hold the secret itself.
public struct RedactionNotes {
  /// The kind of the annotation at the front.
  public static let openingKind = "redaction"
  /// The kind of the annotation at the end.
  public static let closingKind = "redacted"

  var rules: [(name: String, count: UInt64)]
  var unseen: UInt64
  var isKeyGiven: Bool
  var author: String

  func opening(at time: Int64) -> Annotation {
    let names = rules.map(\.name).joined(separator: ", ")
    return Annotation(
      time: time, kind: RedactionNotes.openingKind, author: author, rule: names,
      text: "what these rules find is replaced by pseudonyms: \(names)",
      json: "{\"rules\":[\(rules.map { RedactionNotes.quoted($0.name) }.joined(separator: ","))],\"key\":\(key)}")
  }

  func closing(at time: Int64, changed: [UInt64]) -> Annotation {
    let all = rules.reduce(0) { $0 + $1.count } + unseen
    var parts = rules.filter { $0.count > 0 }.map { "\($0.name) \($0.count)" }
    if unseen > 0 { parts.append("too costly to look through \(unseen)") }
    let counts = rules.map { "{\"name\":\(RedactionNotes.quoted($0.name)),\"matches\":\($0.count)}" }
    var json = "{\"matches\":\(all),\"rules\":[\(counts.joined(separator: ","))],\"unseen\":\(unseen),\"key\":\(key)"
    if !changed.isEmpty { json += ",\"\(RedactionNotes.changedKey)\":\"\(RedactionNotes.ranges(changed))\"" }
    return Annotation(
      time: time, kind: RedactionNotes.closingKind, author: author, rule: rules.map(\.name).joined(separator: ", "),
      text: (["\(all) secret\(all == 1 ? "" : "s") replaced"] + (parts.isEmpty ? [] : [parts.joined(separator: ", ")]))
        .joined(separator: ": "),
      json: json + "}")
  }

  /// The frames of an original in which something was replaced, as an annotation at the end of a capture says.
  public static func changedFrames(in annotation: Annotation) -> [ClosedRange<UInt64>] {
    guard annotation.kind == closingKind, let json = try? JSONDocument.parse(Array(annotation.json.utf8)),
      let text = json[changedKey].text
    else { return [] }
    return text.split(separator: ",").compactMap { part in
      let bounds = part.split(separator: "-").compactMap { UInt64($0) }
      guard let first = bounds.first, let last = bounds.last, first <= last else { return nil }
      return first...last
    }
  }

  private static let changedKey = "changed_frames"

  private var key: String { isKeyGiven ? "\"given\"" : "\"random\"" }

  /// `4-9,11`.
  private static func ranges(_ numbers: [UInt64]) -> String {
    var ranges: [ClosedRange<UInt64>] = []
    for number in numbers.sorted() {
      // Numbers are those of a file, which may have any, and one twice.
      if let last = ranges.last, number > last.upperBound, number - last.upperBound == 1 {
        ranges[ranges.count - 1] = last.lowerBound...number
      } else {
        ranges.append(number...number)
      }
    }
    return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
      .joined(separator: ",")
  }

  /// Names of rules hold no characters that need more.
  private static func quoted(_ name: String) -> String { "\"\(name)\"" }
}
