import Inspect
import Presentation

/// The catalogue of views.
enum ViewList {
  static func write(_ views: [View], _ form: Form) throws {
    let output = StandardOutput()
    switch form {
    case .json:
      for view in views {
        var object = JSONObject()
        object.add("name", view.name)
        object.add("title", view.title)
        object.add("description", view.description)
        object.add("filter", view.filter)
        object.add("columns", view.columns.filter { !$0.isHidden }.map(\.name))
        object.add("sort", view.sort)
        object.add("drill_down", view.drillDown)
        object.add("applies_to", view.appliesTo)
        try output.write(object.line)
      }
    case .csv:
      var lines: [UInt8] = []
      for row in [["name", "description", "drill_down"]] + views.map({ [$0.name, $0.description, $0.drillDown ?? ""] })
      {
        CSV.appendLine(row.map { Array($0.utf8) }, to: &lines)
      }
      try output.write(lines)
    case .table:
      let terminal = Terminal.standardOutput
      try output.write(table(of: views).rendered(width: terminal.width, colour: terminal.allowsColour))
    }
    try output.flush()
  }

  static func table(of views: [View]) -> Table {
    var table = Table([.left("VIEW"), .left("DRILLS DOWN TO"), .left("SHOWS", .keepsStart)])
    for view in views {
      let safe = { (text: String) in VisibleText.of(text) }
      table.append([safe(view.name), safe(view.drillDown ?? ""), safe(view.description)])
    }
    return table
  }
}
