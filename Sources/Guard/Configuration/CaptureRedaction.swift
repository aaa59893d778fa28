import CaptureFile
import Redaction

/// What is taken out of captures before they reach the disk.
public struct CaptureRedaction: Sendable {
  /// Rules, in the order in which they are tried; none where everything is written.
  public var rules: [RedactionRule] = []
  /// What pseudonyms are made with; `nil` for a key of each capture's own that nobody has.
  public var key: PseudonymKey?

  /// Nothing is taken out.
  public init() {}

  /// What takes it out of one capture; `nil` where nothing is.
  func redactor(writer: String) -> (any ContentRedactor)? {
    rules.isEmpty ? nil : Redactor(rules, key: key, writerName: writer)
  }
}
