import CaptureFile
import CaptureFormat
import Presentation
import Query

/// Opening captures, and saying what of them could not be read.
enum Captures {
  /// Opens a capture.
  static func open(_ path: String) throws(Failure) -> CaptureReader {
    do throws(CaptureError) { return try CaptureReader(path: path) } catch { throw Failure(error) }
  }

  /// Says on standard error what is wrong with a capture.
  /// - Throws: the status for "partly readable", when something is.
  static func reportMissingParts(of reader: CaptureReader, failures: [String] = []) throws(Failure) {
    let place = reader.path == "-" ? "standard input" : reader.path
    var lines: [ErrorLine] = []
    let damaged = reader.damagedBytes > 0 ? "\(Units.bytes(reader.damagedBytes)) of it cannot be read" : nil
    if !reader.isComplete {
      let end = "the capture has no end: it is still being written, or was cut off"
      lines.append(
        ErrorLine(damaged.map { "\(end), and \($0)" } ?? end, place: place, remedy: "what is whole was read"))
    } else if let damaged {
      lines.append(ErrorLine("the capture is damaged: \(damaged)", place: place, remedy: "the rest was read"))
    }
    let shown = 3
    lines += failures.prefix(shown).map { ErrorLine($0) }
    if failures.count > shown {
      lines.append(ErrorLine("\(Units.count(failures.count - shown, "more chunk")) could not be read", place: place))
    }
    if lines.isEmpty { return }
    for line in lines.dropLast() { _ = Failure(status: ExitStatus.partlyReadable, line).report() }
    throw Failure(status: ExitStatus.partlyReadable, lines.last)
  }
}
