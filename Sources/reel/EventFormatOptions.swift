import ArgumentParser
import EventSchema
import Query

/// What a line of an event list shows.
struct EventFormatOptions: ParsableArguments {
  @Option(
    name: [.customShort("p", allowingJoined: true), .customLong("print")],
    help: ArgumentHelp("What a line shows; c or k for the formats with container or pod.", valueName: "format"))
  var format: String?

  @Option(
    name: [.customShort("t"), .customLong("time")],
    help: ArgumentHelp(
      "How evt.outputtime is shown: as clock, epoch, relative to the first event, delta to the one before, or latency.",
      valueName: "form"))
  var time: TimeForm?

  @Flag(help: "Write one JSON object for each event; with -p of the fields in FORMAT.")
  var json = false

  @Flag(help: "Write comma-separated values with a line of headings; with -p of the fields in FORMAT.")
  var csv = false

  func validate() throws {
    if json, csv { throw ValidationError("--json and --csv exclude each other") }
  }

  /// Checks the format, before any capture is opened.
  func check() throws(Failure) {
    guard let written else { return }
    try reading("format") { () throws(QueryError) in try LineFormat.check(written) }
  }

  func printer(for schema: Schema) throws(Failure) -> EventPrinter {
    let style: EventPrinter.Style = json ? .json : csv ? .csv : .text
    let time = time?.style ?? .clock
    let line = try reading("format") { () throws(QueryError) in
      if let written { return try LineFormat(written, schema: schema, time: time) }
      return switch style {
      case .json: try LineFormat.standardJSON(schema: schema)
      case .csv: try LineFormat.standardCSV(schema: schema)
      case .text: try LineFormat.standard(schema: schema, time: time)
      }
    }
    return EventPrinter(format: line, style: style, schema: schema)
  }

  /// The format that is meant by its name, or that was written.
  private var written: String? {
    switch format {
    case "c", "container":
      "*%evt.num %evt.outputtime %evt.cpu %container.name (%container.id) %proc.name (%thread.tid:%thread.vtid) %evt.dir "
        + "%evt.type %evt.info"
    case "k", "kubernetes":
      "*%evt.num %evt.outputtime %evt.cpu %k8s.pod.name (%container.id) %proc.name (%thread.tid:%thread.vtid) %evt.dir "
        + "%evt.type %evt.info"
    default: format
    }
  }
}

/// A form of `evt.outputtime`, by its name or by the letter that sysdig has for it.
struct TimeForm: ExpressibleByArgument {
  let style: EventTimeStyle

  init?(argument: String) {
    let letters: [String: EventTimeStyle] = [
      "h": .clock, "a": .epoch, "r": .relative, "D": .delta, "d": .latency,
    ]
    guard let style = letters[argument] ?? EventTimeStyle(rawValue: argument) else { return nil }
    self.style = style
  }

  static var allValueStrings: [String] { EventTimeStyle.allCases.map(\.rawValue) }
}
