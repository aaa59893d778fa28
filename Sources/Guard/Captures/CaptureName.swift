import EventSchema
import Query

/// What a capture's file is called: a template whose `%fields` are those of the event that caused it.
struct CaptureName: Sendable {
  private let printer: EventPrinter

  /// Binds a template. `%capture.id`, `%policy.name` and `%rule.name` are filled in later.
  init(_ template: String, schema: Schema) throws(QueryError) {
    var escaped = template
    for (index, name) in CaptureName.own.enumerated() {
      escaped = escaped.replacing(name, with: CaptureName.mark(index))
    }
    printer = EventPrinter(format: try LineFormat("*" + escaped, schema: schema), style: .text, schema: schema)
  }

  private static let own = ["%capture.id", "%policy.name", "%rule.name"]
  /// Stands for a name that is not a field of events. No file name has it afterwards: it is no plain character.
  private static func mark(_ index: Int) -> String { "\u{1}\(index)\u{1}" }

  /// The name for an event, with marks in it.
  func text(for event: SelectedEvents) -> String {
    let lines = printer.lines(for: event)
    guard let end = lines.ends.first, end > 0 else { return "" }
    return String(decoding: lines.text[..<(end - 1)], as: UTF8.self)
  }

  /// A name without an extension that is safe to be made in a directory, whatever events say.
  ///
  /// - Parameter text: what `text(for:)` gave; empty for the usual name.
  static func plain(_ text: String, id: String, policy: String, rule: String, container: String) -> String {
    var name = text
    for (index, value) in [id, policy, rule].enumerated() { name = name.replacing(mark(index), with: value) }
    if name.isEmpty {
      name = [id, policy, String(container.prefix(12))].filter { !$0.isEmpty }.joined(separator: "_")
    }
    return safe(name)
  }

  /// Letters, digits, dashes, dots and underscores of ASCII alone; no dot in front; not longer than file systems allow with
  /// what is appended.
  static func safe(_ name: String) -> String {
    var safe = ""
    for scalar in name.unicodeScalars.prefix(180) {
      let isPlain =
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || ("0"..."9").contains(scalar)
        || "-._".unicodeScalars.contains(scalar)
      safe.unicodeScalars.append(isPlain && !(safe.isEmpty && scalar == ".") ? scalar : "_")
    }
    return safe.isEmpty ? "capture" : safe
  }
}
