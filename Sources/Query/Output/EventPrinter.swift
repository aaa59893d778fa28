import CaptureFormat
import EventBatch
import EventSchema

/// Prints selected events, as lines of text, of JSON or of comma-separated values.
///
///     let printer = EventPrinter(format: try .standard(schema: schema), style: .text)
///     let lines = printer.lines(for: batch)
public struct EventPrinter: Sendable {
  /// How events are written.
  public enum Style: Sendable, Hashable {
    case text
    /// One JSON object a line; keys are the names of fields.
    case json
    /// Comma-separated values as RFC 4180 has them: exact, nothing for a missing value.
    case csv
  }

  /// What is printed.
  public let format: LineFormat
  /// How.
  public let style: Style
  private let schema: Schema

  /// A printer for events of a schema.
  public init(format: LineFormat, style: Style, schema: Schema) {
    self.format = format
    self.style = style
    self.schema = schema
  }

  /// Which columns the format reads.
  public var columns: ColumnSelection {
    var columns = ColumnSet()
    for operand in format.operands { operand.forEachField { $0.addColumns(to: &columns, schema: schema) } }
    if format.tokens.contains(where: { if case .container = $0 { true } else { false } }) {
      columns.core.insert(.lineages)
    }
    return columns.selection
  }

  /// The names of the values in a line, in order: what stands above comma-separated values.
  public var names: [String] { format.names }

  /// The names of the fields as a line of comma-separated values.
  public var heading: [UInt8] {
    var line: [UInt8] = []
    for name in format.names {
      if !line.isEmpty { line.append(UInt8(ascii: ",")) }
      appendCSV(name.utf8, to: &line)
    }
    line.append(UInt8(ascii: "\n"))
    return line
  }

  /// The lines of selected events, each with its line feed. Events that lack a value are left out, unless the format
  /// tolerates that.
  /// - Parameter limit: the most lines wanted.
  public func lines(for events: SelectedEvents, limit: Int = .max) -> PrintedLines {
    let pages = pages(for: events, limit: limit, size: Int.max)
    return pages.first ?? PrintedLines(text: [], ends: [])
  }

  /// The same in pages of about a quarter of a megabyte, so that memory is a few times what the lines take.
  public func pages(for events: SelectedEvents, limit: Int = .max) -> [PrintedLines] {
    pages(for: events, limit: limit, size: 256 << 10)
  }

  private func pages(for events: SelectedEvents, limit: Int, size: Int) -> [PrintedLines] {
    var writer = EventWriter(events.view, format, style)
    var pages: [PrintedLines] = []
    var text = TextBuffer(capacity: min(size, 1 << 20) + 4096)
    var ends: [Int] = []
    var left = limit
    for row in events.rows {
      if left <= 0 { break }
      guard writer.append(Int(row), to: &text) else { continue }
      ends.append(text.count)
      left -= 1
      if text.count >= size {
        pages.append(PrintedLines(text: text.take(), ends: ends))
        ends.removeAll(keepingCapacity: true)
      }
    }
    if !ends.isEmpty { pages.append(PrintedLines(text: text.take(), ends: ends)) }
    return pages
  }

  /// The lines of all events of a batch.
  public func lines(for batch: EventBatch, context: ScanContext = ScanContext()) -> PrintedLines {
    let view = BatchView(batch, context: context, previousExit: nil)
    return lines(for: SelectedEvents(view: view, rows: (0..<UInt32(batch.count)).map { $0 }))
  }
}

/// Lines of text, ready to be written.
public struct PrintedLines: Sendable {
  /// All lines, one behind the other, each with its line feed.
  public let text: [UInt8]
  /// Where each line ends.
  public let ends: [Int]

  /// How many lines there are.
  public var count: Int { ends.count }

  /// The first lines; all when there are not so many.
  public func prefix(_ count: Int) -> ArraySlice<UInt8> {
    count >= ends.count ? text[...] : count <= 0 ? text[..<0] : text[..<ends[count - 1]]
  }
}
