import CaptureFile
import CaptureFormat
import Presentation
import Redaction

/// What captures say of secrets that were taken out of them.
enum RedactionReport {
  /// What was said at the end of each redaction; of one that has no end, what was said at its beginning.
  static func redactions(of reader: CaptureReader) throws(CaptureError) -> [Annotation] {
    var found: [Annotation] = []
    for annotation in try reader.annotations() {
      if annotation.kind == RedactionNotes.closingKind {
        if let open = found.firstIndex(where: { $0.kind == RedactionNotes.openingKind && $0.rule == annotation.rule }) {
          found.remove(at: open)
        }
        found.append(annotation)
      } else if annotation.kind == RedactionNotes.openingKind {
        found.append(annotation)
      }
    }
    return found
  }

  /// One redaction, as `info --json` has it.
  static func json(_ annotation: Annotation) -> JSONObject {
    var object = JSONObject()
    object.add("rules", annotation.rule)
    object.add("complete", annotation.kind == RedactionNotes.closingKind)
    object.add("author", annotation.author)
    object.add("counts", json: annotation.json)
    return object
  }

  /// How many frames are told one by one at most.
  private static let mostFrames = 1 << 20

  /// The frames of an original that are here without their secrets, as the capture says.
  static func changedFrames(of reader: CaptureReader) throws(CaptureError) -> Set<UInt64> {
    var frames: Set<UInt64> = []
    for annotation in try redactions(of: reader) {
      for range in RedactionNotes.changedFrames(in: annotation) {
        // A file may say anything.
        guard range.upperBound - range.lowerBound < mostFrames, frames.count < mostFrames else { return frames }
        frames.formUnion(range)
      }
    }
    return frames
  }

  /// What `cut` says at its end.
  static func notes(_ report: RewriteReport) -> [String] {
    guard let redaction = report.redaction else { return [] }
    var notes = [redaction.text]
    if report.leftOut > 0 {
      notes.append(
        "\(Units.count(report.leftOut, "frame")) of unknown types left out: nobody here knows what is in them")
    }
    return notes
  }
}
