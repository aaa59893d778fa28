extension InspectOutputTests {
  static let goldens: [Golden] = [
    Golden(view: "overview", width: 100, text: ""),
    Golden(view: "overview", width: 60, text: ""),
    Golden(view: "overview", width: 100, colour: true, text: ""),
    Golden(view: "overview", width: nil, text: ""),
    Golden(view: "files", width: 60, text: ""),
    Golden(view: "files", width: 80, text: ""),
    Golden(view: "files", width: 80, colour: true, text: ""),
    Golden(view: "files", width: nil, text: ""),
    Golden(view: "processes", width: 100, limit: 1, text: ""),
    Golden(view: "slow_io", width: 100, text: ""),
  ]
}
