import CaptureFile
import CaptureFormat
import Presentation

/// Says that numbers are lower bounds, where events were lost.
enum LossHint {
  static func write(_ readers: [CaptureReader]) {
    let lost = readers.reduce(UInt64(0)) { $0 &+ $1.summary.lost }
    if lost == 0 { return }
    StandardError.write(
      "reel: \(Units.count(lost, "event")) \(lost == 1 ? "was" : "were") lost while recording: what is counted happened "
        + "at least so often (`reel info` says when and why)\n")
  }
}
