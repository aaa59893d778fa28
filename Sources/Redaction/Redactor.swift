import CaptureFile
import CaptureFormat
import EventBatch

/// Replaces the secrets of what passes by, and counts them.
///
/// Each secret becomes a pseudonym of the same length, in its place: lengths of payloads, results, positions in files and
/// layouts of addresses stay what they were.
public struct Redactor: Sendable {
  /// What is taken out.
  public let rules: RedactionRules
  private let key: PseudonymKey
  private let isKeyGiven: Bool
  private let writerName: String
  /// How many secrets each rule found in this file.
  private(set) var counts: [UInt64]
  /// Texts of which the rest was taken out unseen, since it took too much effort.
  private(set) var unseen: UInt64 = 0

  /// A redactor.
  /// - Parameter key: the same key gives the same pseudonyms in several captures; `nil` for one that nobody knows.
  public init(_ rules: [RedactionRule], key: PseudonymKey? = nil, writerName: String = "reel") {
    self.rules = RedactionRules(rules)
    self.key = key ?? .random()
    isKeyGiven = key != nil
    self.writerName = writerName
    counts = [UInt64](repeating: 0, count: rules.count)
  }

  /// How many secrets were replaced in this file.
  public var matches: UInt64 { counts.reduce(0, +) + unseen }

  /// Replaces the secrets of texts that stand one behind the other.
  /// - Returns: whether there were any.
  mutating func redact<End: BinaryInteger>(
    _ bytes: inout [UInt8], ends: [End], scope: (Int) -> RedactionScope
  ) -> Bool {
    let findings = bytes.withUnsafeBufferPointer { bytes in
      ends.withUnsafeBufferPointer { rules.findings(bytes, ends: $0, scope: scope) }
    }
    if findings.isEmpty { return false }
    let key = key
    bytes.withUnsafeMutableBufferPointer { bytes in
      for finding in findings { key.replace(UnsafeMutableBufferPointer(rebasing: bytes[finding.range])) }
    }
    for finding in findings {
      if let rule = finding.rule { counts[rule] += 1 } else { unseen += 1 }
    }
    return true
  }

  /// Replaces the secrets of one text.
  mutating func redact(_ text: inout String, _ scope: RedactionScope) -> Bool {
    var bytes = Array(text.utf8)
    guard redact(&bytes, ends: [bytes.count], scope: { _ in scope }) else { return false }
    text = String(decoding: bytes, as: UTF8.self)
    return true
  }
}

extension Redactor: ContentRedactor {
  /// Counts from 0 for the next file; the key stays.
  public mutating func beginFile() {
    counts = [UInt64](repeating: 0, count: counts.count)
    unseen = 0
  }

  /// Replaces the secrets of filter and command.
  public mutating func redact(_ header: inout CaptureHeader) {
    if var filter = header.filter, redact(&filter, .all) { header.filter = filter }
    guard let command = header.command else { return }
    // The words of a command stand behind each other as arguments do.
    var words = command.utf8.map { $0 == UInt8(ascii: " ") ? 0 : $0 }
    if redact(&words, ends: [words.count], scope: { _ in .arguments }) {
      header.command = String(decoding: words.map { $0 == 0 ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
    }
  }

  /// Replaces the secrets of variables, labels and all else that is known; ids stay.
  public mutating func redact(_ containers: inout [ContainerInfo]) -> Bool {
    var isChanged = false
    for index in containers.indices {
      for (key, value) in containers[index].texts {
        guard let value = redacted(value, of: key) else { continue }
        containers[index].texts[key] = value
        isChanged = true
      }
    }
    return isChanged
  }

  /// A text of a container; `nil` when nothing is to be taken out. Variables and labels are looked at with their names.
  private mutating func redacted(_ value: String, of key: String) -> String? {
    let isVariable = key.hasPrefix("env.")
    let isNamed = isVariable || key.contains("label.") || key.hasPrefix("annotation.")
    let name = isNamed ? key[key.index(after: key.firstIndex(of: ".") ?? key.startIndex)...] + "=" : ""
    var bytes = Array((name + value).utf8)
    let scope: RedactionScope = isVariable ? .environment : [.text, .paths]
    guard redact(&bytes, ends: [bytes.count], scope: { _ in scope }) else { return nil }
    return String(decoding: bytes[name.utf8.count...], as: UTF8.self)
  }

  /// Replaces the secrets of what was said; what redactions say of themselves stays.
  public mutating func redact(_ annotation: inout Annotation) -> Bool {
    if annotation.kind == RedactionNotes.openingKind || annotation.kind == RedactionNotes.closingKind { return false }
    var isChanged = false
    for path in [\Annotation.text, \.json, \.author] {
      var text = annotation[keyPath: path]
      if redact(&text, .all) {
        annotation[keyPath: path] = text
        isChanged = true
      }
    }
    return isChanged
  }

  /// Replaces the secrets of a file and its name.
  public mutating func redact(_ attachment: inout AttachedFile) -> Bool {
    let isNamed = redact(&attachment.name, .paths)
    let count = attachment.bytes.count
    return redact(&attachment.bytes, ends: [count], scope: { _ in .payload }) || isNamed
  }

  /// An annotation with the names of the rules.
  public func opening(at time: Int64) -> Annotation { notes.opening(at: time) }

  /// An annotation with what each rule found.
  public func closing(at time: Int64, changed: [UInt64]) -> Annotation { notes.closing(at: time, changed: changed) }

  private var notes: RedactionNotes {
    RedactionNotes(
      rules: zip(rules.rules, counts).map { ($0.name, $1) }, unseen: unseen, isKeyGiven: isKeyGiven, author: writerName)
  }
}
