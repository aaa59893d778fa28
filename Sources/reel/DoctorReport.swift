import KernelSource
import Presentation

/// What was found out about a machine.
struct DoctorReport {
  /// What recording needs.
  let required: [MachineCheck.Finding]
  /// What is good to have.
  let found: [MachineCheck.Finding]

  var canRecord: Bool { required.allSatisfy(\.isOK) }

  /// One line a finding, its remedy below, and a verdict.
  func rendered(for terminal: Terminal) -> String {
    let colour = terminal.allowsColour
    let nameWidth = (required + found).map { DisplayWidth.of($0.name) }.max() ?? 0
    var text = ""
    for (finding, isRequired) in required.map({ ($0, true) }) + found.map({ ($0, false) }) {
      let mark = finding.isOK ? "ok     " : isRequired ? "missing" : "none   "
      let style: Style = finding.isOK ? .good : isRequired ? .bad : .dim
      let name = finding.name + String(repeating: " ", count: nameWidth - DisplayWidth.of(finding.name))
      text += style.apply(to: mark, colour: colour) + "  " + name + "  " + VisibleText.of(finding.detail) + "\n"
      if !finding.isOK, !finding.remedy.isEmpty {
        text += String(repeating: " ", count: 11 + nameWidth) + "→ " + VisibleText.of(finding.remedy) + "\n"
      }
    }
    let verdict = canRecord ? "This machine can be recorded." : "This machine cannot be recorded as it is."
    return text + "\n" + (canRecord ? Style.good : Style.bad).apply(to: verdict, colour: colour) + "\n"
  }

  /// One object a finding.
  var json: [JSONObject] {
    (required.map { ($0, true) } + found.map { ($0, false) }).map { finding, isRequired in
      var object = JSONObject()
      object.add("name", finding.name)
      object.add("ok", finding.isOK)
      object.add("required", isRequired)
      object.add("detail", finding.detail)
      object.add("remedy", finding.remedy.isEmpty ? nil : finding.remedy)
      return object
    }
  }
}
