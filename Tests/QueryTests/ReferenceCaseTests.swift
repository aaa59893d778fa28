import EventBatch
import EventSchema
import Foundation
import Query
import Testing

/// The reference's evaluation cases, where the event can be made from what the case says.
///
/// Needs the folder with the cases in `REEL_TEST_DATA`; without it these tests are reported as skipped.
private let dataFolder = ProcessInfo.processInfo.environment["REEL_TEST_DATA"]

private struct ReferenceCase: Decodable, Sendable {
  let test: String
  let kind: String
  let expr: String
  let expect: Expectation
  let warnings: Int?

  /// Fields of the reference's mock, and those that stand in for them.
  static let standIns = [
    ("c.true", "proc.name"), ("c.false", "proc.pname"), ("c.singlequote", "proc.exe"),
    ("c.doublequote", "proc.exepath"),
    ("c.buffer", "evt.buffer"),
  ]

  /// The filter with fields that are there.
  var filter: String {
    Self.standIns.reduce(expr) { $0.replacingOccurrences(of: $1.0, with: $1.1) }
  }

  /// Whether the filter holds for the case's event; `nil` for cases without one.
  var expectedAnswer: Bool? {
    switch (kind, expect) {
    case ("eval_filter", .verdict(let answer)): answer
    case ("eval_filter", .word(let word)), ("test_filter_run", .word(let word)): word == "True"
    case ("test_filter_run", .verdict(let answer)): answer
    default: nil
    }
  }

  enum Expectation: Decodable, Sendable, Equatable {
    case verdict(Bool)
    case word(String)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let verdict = try? container.decode(Bool.self) {
        self = .verdict(verdict)
      } else {
        self = .word(try container.decode(String.self))
      }
    }
  }
}

@Suite(.enabled(if: dataFolder != nil, "REEL_TEST_DATA is not set: the reference's cases are skipped"))
struct ReferenceCaseTests {
  private func cases() throws -> [ReferenceCase] {
    let path = try #require(dataFolder) + "/filter/libs_filter_cases.json"
    return try JSONDecoder().decode([ReferenceCase].self, from: Data(contentsOf: URL(filePath: path)))
  }

  /// The cases that are not evaluated: their filter or its start, and why.
  private static let notEvaluated = [
    ("sample.", "a field of a plugin that is not there"),
    ("len(fd.types) = 2", "the case has opened two descriptors; an event here knows its own alone"),
  ]

  @Test func evaluation() throws {
    var evaluated = 0
    var skipped: [String] = []
    for item in try cases() {
      guard let expected = item.expectedAnswer else { continue }
      if let (_, reason) = Self.notEvaluated.first(where: { item.expr.contains($0.0) }) {
        skipped.append("\(item.expr): \(reason)")
        continue
      }
      guard let batch = ReferenceCaseEvents.batch(for: item.test, item.expr) else {
        Issue.record("no event for \(item.test): \(item.expr)")
        continue
      }
      let question = try Question(filter: item.filter, schema: .builtIn)
      #expect(!question.select(from: batch).isEmpty == expected, "\(item.test): \(item.filter)")
      evaluated += 1
    }
    print("reference cases: \(evaluated) evaluated; not evaluated: \(skipped.joined(separator: "; "))")
    #expect(evaluated == 462)
    #expect(skipped.count == 4)
  }

  /// Which filters are accepted, with how many warnings: operators, types, functions.
  @Test func bindingVerdicts() throws {
    var checked = 0
    for item in try cases() where item.kind.hasPrefix("test_filter_compile") {
      guard case .word(let expected) = item.expect else { continue }
      do throws(QueryError) {
        let question = try Question(filter: item.filter, schema: .builtIn)
        #expect(expected == "ok", "\(item.filter)")
        if let warnings = item.warnings, expected == "ok" {
          #expect(question.warnings.count == warnings, "\(item.filter): \(question.warnings)")
        }
      } catch {
        // A refusal says where.
        #expect(expected != "ok" && error.excerpt != nil, "\(item.filter): \(error)")
      }
      checked += 1
    }
    #expect(checked == 326)
  }
}
