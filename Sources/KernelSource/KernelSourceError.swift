/// Why the kernel cannot be recorded.
public struct KernelSourceError: Error, CustomStringConvertible, Sendable {
  /// The kinds of failure, for those who react to them.
  public enum Code: Sendable {
    /// The process lacks a capability.
    case notPermitted
    /// The kernel lacks a feature that the probe needs.
    case unsupportedKernel
    /// The kernel refused a program or a map.
    case refused
    /// An option is out of its range.
    case badOption
  }

  /// Which kind of failure it is.
  public let code: Code
  /// What failed, where, and what to do: one line.
  public let message: String
  /// The kernel's own words, when it gave any; may be long.
  public let details: String

  /// An error with its one-line message.
  public init(_ code: Code, _ message: String, details: String = "") {
    self.code = code
    self.message = message
    self.details = details
  }

  /// The message.
  public var description: String { message }
}
