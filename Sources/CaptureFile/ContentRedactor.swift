import CaptureFormat
import EventBatch

/// Takes out of what is to be written what must not reach the disk. Handed to who writes captures: what is taken out, and
/// what stands in its place, is known elsewhere.
///
/// Nothing becomes longer or shorter, and no row is added or left out.
public protocol ContentRedactor: Sendable {
  /// How many secrets were replaced in this file.
  var matches: UInt64 { get }
  /// Begins another file: what was counted is of the one before.
  mutating func beginFile()
  /// Redacts events, or rows of a state. False when there was nothing to take out.
  mutating func redact(_ batch: inout EventBatch) -> Bool
  /// Redacts what is known of containers.
  mutating func redact(_ containers: inout [ContainerInfo]) -> Bool
  /// Redacts what is said about the capture.
  mutating func redact(_ annotation: inout Annotation) -> Bool
  /// Redacts a file that travels along, and its name.
  mutating func redact(_ attachment: inout AttachedFile) -> Bool
  /// Redacts filter and command.
  mutating func redact(_ header: inout CaptureHeader)
  /// What stands at the front of a file: that it is redacted, and by which rules.
  func opening(at time: Int64) -> Annotation
  /// What stands at its end: how much was taken out.
  /// - Parameter changed: the numbers of the frames of the original in which something was, for a file that was taken from
  ///   another.
  func closing(at time: Int64, changed: [UInt64]) -> Annotation
}
