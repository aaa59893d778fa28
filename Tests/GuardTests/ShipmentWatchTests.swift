import Testing

@testable import Guard

/// When it is said that captures wait to be shipped.
@Suite struct ShipmentWatchTests {
  private static let second: Int64 = 1_000_000_000

  /// A look at captures.
  struct Look: Sendable, CustomTestStringConvertible {
    /// When, in seconds.
    let at: Int64
    /// Of captures that are being shipped, when they ended.
    let shipping: [Int64]
    /// Of captures in other states, when they ended.
    var others: [Int64] = []
    /// What is said, from its beginning.
    let complaint: String?
    var testDescription: String { "at \(at) s" }
  }

  @Test(
    "What waits for more than a minute is told of once, until all is shipped",
    arguments: [
      [
        Look(at: 10, shipping: [], complaint: nil), Look(at: 1000, shipping: [], others: [10], complaint: nil),
        Look(at: 1060, shipping: [1000], complaint: nil),
        Look(at: 1061, shipping: [1000], complaint: "a capture waits to be shipped, the oldest for 61 s;"),
        Look(at: 1091, shipping: [1000, 1020], complaint: nil), Look(at: 1200, shipping: [1020], complaint: nil),
        Look(at: 1230, shipping: [], complaint: nil), Look(at: 1260, shipping: [1230], complaint: nil),
        Look(at: 1291, shipping: [1240, 1230], complaint: "2 captures wait to be shipped, the oldest for 61 s;"),
      ],
      [
        // What is not over yet does not wait.
        Look(at: 100, shipping: [200], complaint: nil),
        Look(at: 261, shipping: [200], others: [1], complaint: "a capture waits to be shipped, the oldest for 61 s;"),
      ],
    ])
  func complaints(_ looks: [Look]) {
    var watch = ShipmentWatch()
    for look in looks {
      var records: [CaptureRecord] = []
      for (number, ended) in (look.shipping + look.others).enumerated() {
        var record = CaptureRecord(id: "\(number)", started: 0, path: "/captures/\(number).reel")
        record.state = number < look.shipping.count ? .shipping : .done
        record.ended = ended * Self.second
        records.append(record)
      }
      let said = watch.complaint(records, now: look.at * Self.second)
      #expect((said != nil) == (look.complaint != nil), "\(look.testDescription): \(said ?? "nothing")")
      if let said, let complaint = look.complaint { #expect(said.hasPrefix(complaint)) }
    }
  }

  @Test("The limit can be another one")
  func patience() {
    var record = CaptureRecord(id: "1", started: 0, path: "/captures/1.reel")
    record.state = .shipping
    record.ended = 0
    var watch = ShipmentWatch(patience: 2 * Self.second)
    #expect(watch.complaint([record], now: 2 * Self.second) == nil)
    #expect(watch.complaint([record], now: 3 * Self.second) != nil)
  }
}
