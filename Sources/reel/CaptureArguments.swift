import ArgumentParser

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Captures and a filter, as they stand behind each other on the command line: what is a file is a capture.
struct CaptureArguments {
  private(set) var captures: [String]
  private(set) var filter: String?

  /// - Parameters:
  ///   - first: the first argument, always a capture.
  ///   - more: further captures, and the filter, in any order.
  init(_ first: String, _ more: [String]) throws(ValidationError) {
    captures = [first]
    for argument in more {
      if CaptureArguments.isCapture(argument) {
        captures.append(argument)
      } else if let filter {
        throw ValidationError("there are two filters, '\(filter)' and '\(argument)': join them with 'and'")
      } else {
        filter = argument
      }
    }
  }

  /// Whether an argument is a capture: there is such a file, or it is named like one and is no filter.
  private static func isCapture(_ argument: String) -> Bool {
    let isNamedLikeOne = argument.hasSuffix(".reel") || argument.hasSuffix(".scap")
    if isNamedLikeOne, !argument.contains(where: { $0.isWhitespace || "=<>".contains($0) }) { return true }
    return access(argument, F_OK) == 0
  }
}
