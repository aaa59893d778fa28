import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema
import TestSupport

/// Files with what was there at a moment. The rows are of types of the small schema: readers take any.
func stateFiles() throws -> [ConformanceFile] {
  let shop = Shop()
  func part(_ time: Int64, _ reason: MachineState.Reason, _ part: UInt32, isLast: Bool, rows: Int) -> Content {
    let events = (0..<rows).map { row in
      Event(time / 1000 + Int64(row), "tick", by: shop.child, on: shop.log, result: nil, latency: nil)
    }
    return .state(
      MachineState(
        time: Scene.start + time, reason: reason, part: part, isLast: isLast, rows: shop.scene.batch(events)))
  }
  return [
    ConformanceFile(
      "states", "States for every reason: of one part, of two with a chunk between, without rows, with a loss before.",
      try FileSketch(recorded: [
        part(0, .start, 0, isLast: true, rows: 2), part(100_000, .periodic, 0, isLast: false, rows: 1),
        .chunk(shop.batch(0)), part(100_000, .periodic, 1, isLast: true, rows: 2),
        .loss(LossRecord(cause: .ringFull, cpu: 1, count: 3, from: Scene.start, to: Scene.start + 10)),
        part(200_000, .trigger, 0, isLast: true, rows: 0), part(300_000, .rotation, 0, isLast: true, rows: 1),
        .chunk(shop.batch(1)), part(900_000_000, .end, 0, isLast: true, rows: 1),
      ])),
    ConformanceFile(
      "states-not-whole", "A state without its last part, one without its first part, and a whole one.",
      try FileSketch(recorded: [
        part(0, .start, 0, isLast: false, rows: 1), .chunk(shop.batch(0)),
        part(50_000, .periodic, 1, isLast: true, rows: 1),
        part(90_000, .end, 0, isLast: true, rows: 1),
      ])),
  ]
}
