import Presentation
import Query

/// What was written out, and how complete it is.
struct ExtractReport {
  private let results: [ExtractedResult]
  private let folder: String

  init(_ results: [ExtractedResult], folder: String) {
    self.results = results
    self.folder = folder
  }

  func write(asJSON: Bool) throws {
    let output = StandardOutput()
    if asJSON {
      for result in results { try output.write(json(result)) }
      return try output.flush()
    }
    guard !results.isEmpty else {
      try output.write("nothing was read or written by such calls\n")
      return try output.flush()
    }
    // Not all lines at once: there may be a million files.
    let table = Table([
      .left("FILE", .keepsEnd), .right("SIZE"), .left("HOLDS", .keepsStart), .left("SHA-256"),
    ])
    var measure = TableMeasure(table.columns.count)
    for result in results { measure.note(cells(result)) }
    let terminal = Terminal.standardOutput
    let layout = table.layout(width: terminal.width, colour: terminal.allowsColour, measure)
    if let heading = layout.heading { try output.write(heading) }
    for result in results { try output.write(layout.line(cells(result))) }
    let whole = results.count { $0.shortfall == nil }
    try output.write(
      "\(Units.count(results.count, "file")) in \(VisibleText.of(folder)), \(whole) of them complete as far as calls tell\n"
    )
    try output.flush()
  }

  private func cells(_ result: ExtractedResult) -> [String] {
    [
      VisibleText.of(result.path), Units.bytes(result.size),
      result.shortfall.map { "not all: " + VisibleText.of($0) } ?? "all", String(result.digest.prefix(16)),
    ]
  }

  private func json(_ result: ExtractedResult) -> [UInt8] {
    var object = JSONObject()
    object.add("path", "\(folder)/\(result.path)")
    object.add("source", result.source)
    object.add("kind", result.kind)
    object.add("size", result.size)
    object.add("recorded", result.recorded)
    object.add("complete", result.shortfall == nil)
    object.add("shortfall", result.shortfall)
    object.add(
      "holes",
      result.holes.map { hole in
        var object = JSONObject()
        object.add("offset", hole.lowerBound)
        object.add("length", hole.upperBound - hole.lowerBound)
        return object
      })
    object.add("sha256", result.digest)
    return object.line
  }
}
