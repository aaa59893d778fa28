import CaptureFile
import KernelSource

/// Why a recording did not start or did not end well.
public enum RecordingError: Error, CustomStringConvertible, Sendable {
  /// The kernel cannot be recorded.
  case kernel(KernelSourceError)
  /// The capture cannot be written. What was written before stays readable.
  case capture(CaptureError)
  /// The program cannot be run.
  case command(String)
  /// The recorder cannot become the user that it should run as.
  case privileges(String)
  /// What is wanted makes no sense here; nothing was done.
  case refused(String, path: String, remedy: String)

  /// One line: what, where, what to do.
  public var description: String {
    switch self {
    case .kernel(let error): error.description
    case .capture(let error): error.description
    case .command(let message), .privileges(let message): message
    case .refused(let message, let path, let remedy): "\(path): \(message); \(remedy)"
    }
  }
}
