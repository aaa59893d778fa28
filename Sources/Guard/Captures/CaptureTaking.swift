import CaptureFile
import EventBatch
import Query

/// What a capture takes of what is recorded.
struct CaptureTaking: Sendable {
  /// Whose events.
  var scope = CaptureScope.host
  /// Processes whose own events belong to a tree.
  var ancestors: [ProcessIdentity] = []
  /// Which of them; `nil` for all.
  var filter: Question?
  /// The most bytes of payload kept of an event; `nil` for what is recorded.
  var snapLength: UInt32?
  /// Bytes after which it ends; `nil` for no such limit.
  var maxSize: UInt64?

  /// What takes out of it what must not reach the disk.
  var redactor: (any ContentRedactor)?

  /// Whether chunks are taken as they are.
  var takesChunks: Bool { scope == .host && filter == nil && snapLength == nil && redactor == nil }
}
