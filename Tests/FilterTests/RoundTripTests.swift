import Filter
import TestSupport
import Testing

@Suite("Printing and parsing")
struct RoundTripTests {
  @Test("A printed tree parses to itself", arguments: 0..<20)
  func roundTrip(seed: UInt64) throws {
    var generator = TreeGenerator(random: SeededGenerator(seed: seed))
    for _ in 0..<150 {
      let tree = generator.expression(depth: 4)
      let text = tree.description
      let parsed = try parseFilter(text)
      #expect(parsed == tree, "\(text)")
      #expect(parsed.description == text)
      #expect(parsed.fields.map(\.name) == tree.fields.map(\.name))
    }
  }

  static let printed: [(text: String, source: String, reference: String)] = [
    ("(a and (b or c))", "a and (b or c)", "(a and (b or c))"),
    ("not(not a)", "not (not a)", "not not a"),
    ("a.b==''", "a.b == \"\"", "a.b == "),
    ("a.b[''] = 'x y'", "a.b[\"\"] = \"x y\"", "a.b[\"\"] = \"x y\""),
    ("a.b in (x,'y')", "a.b in (x, \"y\")", "a.b in (x, y)"),
    ("join('-',(a.b,1)) = x", "join(\"-\", (a.b, 1)) = x", "join(-,(a.b,1)) = x"),
    (#"a.b = '\x5c'"#, #"a.b = "\x5c""#, #"a.b = "\\""#),
    ("a.b contains anyof my_list", "a.b contains anyof my_list", "a.b contains anyof my_list"),
  ]

  @Test(arguments: printed)
  func print(_ text: String, _ source: String, _ reference: String) throws {
    let filter = try parseFilter(text)
    #expect(filter.description == source)
    #expect(String(decoding: filter.printed(.reference), as: UTF8.self) == reference)
  }

  @Test("Mutated filters neither crash nor hang, and what parses prints and parses again", arguments: 0..<8)
  func mutations(seed: UInt64) throws {
    var generator = TreeGenerator(random: SeededGenerator(seed: 1000 + seed))
    let fragments = [
      "(", ")", "not ", " and ", "'", "\"", "\\", ",", "=", "[", "]", "anyof ", "val(", "\u{0}", "ü", "x",
    ]
    .map { Array($0.utf8) }
    var accepted = 0
    let duration = try processorTime {
      for _ in 0..<400 {
        var bytes = Array(generator.expression(depth: 3).description.utf8)
        for _ in 0..<(1 + generator.random.below(4)) {
          let place = generator.random.below(bytes.count + 1)
          switch generator.random.below(4) {
          case 0: bytes.removeSubrange(place..<min(bytes.count, place + 1 + generator.random.below(3)))
          case 1: bytes.insert(contentsOf: generator.random.pick(fragments), at: place)
          case 2: bytes = Array(bytes[..<place])
          default: bytes += bytes[place...]
          }
        }
        let text = String(decoding: bytes, as: UTF8.self)
        do {
          let filter = try parseFilter(text)
          accepted += 1
          #expect(try parseFilter(filter.description) == filter, "\(text)")
        } catch {
          let end = text.utf8.count
          guard let syntax = error as? FilterSyntaxError else { throw error }
          #expect((0...end).contains(syntax.offset), "\(text)")
          #expect(syntax.rendering.split(separator: "\n", omittingEmptySubsequences: false).count == 3, "\(text)")
        }
      }
    }
    #expect(accepted > 20)
    #expect(duration < .seconds(60))
  }
}
