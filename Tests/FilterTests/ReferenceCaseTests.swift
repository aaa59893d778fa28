import Filter
import Foundation
import Testing

/// The folder of test data that is not in the repository.
private let testData = ProcessInfo.processInfo.environment["REEL_TEST_DATA"]

/// Expressions with the verdict, the tree, the printed form or the error's place that another parser of the language
/// gave. Set REEL_TEST_DATA to the folder that holds `filter/libs_filter_cases.json`; without it these are skipped, and
/// the reason is printed.
@Suite("Reference cases", .enabled(if: testData != nil, "REEL_TEST_DATA is not set: 1,977 reference cases are SKIPPED"))
struct ReferenceCaseTests {
  private static func load(_ name: String) throws -> [[String: Any]] {
    let folder = URL(fileURLWithPath: testData ?? "").appendingPathComponent("filter")
    let object = try JSONSerialization.jsonObject(with: Data(contentsOf: folder.appendingPathComponent(name)))
    return try #require(object as? [[String: Any]])
  }

  /// The tree in the notation of the case files: nested arrays, here as JSON text.
  private static func tree(_ expression: FilterExpression) -> [Any] {
    switch expression {
    case .and(let terms, _): ["and"] + terms.map(tree)
    case .or(let terms, _): ["or"] + terms.map(tree)
    case .not(let term, _): ["not", tree(term)]
    case .macro(let name, _): ["ident", name]
    case .exists(let operand, _): ["unary", tree(operand), "exists"]
    case .check(let check):
      [
        "bin", tree(check.left),
        check.comparisonSpelling + (check.quantifier.map { " \($0.rawValue)" } ?? ""), tree(check.right),
      ]
    }
  }

  private static func tree(_ operand: FilterOperand, inTransformer: Bool = false) -> [Any] {
    switch operand {
    case .field(let field): ["field", field.name] + (field.argument.map { [value($0)] } ?? [])
    case .literal(let literal): ["val", value(literal)]
    case .listName(let name, _): ["val", name]
    case .list(let elements, _) where inTransformer: ["tlist"] + elements.map { tree($0, inTransformer: true) }
    case .list(let elements, _): ["list"] + elements.compactMap { tree($0).last }
    case .transformer(let transformer):
      ["xform", transformer.function.rawValue]
        + transformer.arguments.map { tree($0, inTransformer: true) }
        + (transformer.argument.map { [["arg", value($0)]] } ?? [])
    }
  }

  /// Text, or one character for every byte where the bytes are no text, as the files have it.
  private static func value(_ literal: FilterLiteral) -> String { text(literal.bytes) }

  private static func text(_ bytes: [UInt8]) -> String {
    String(validating: bytes, as: UTF8.self) ?? String(String.UnicodeScalarView(bytes.map { UnicodeScalar($0) }))
  }

  private static func json(_ tree: Any) throws -> String {
    String(decoding: try JSONSerialization.data(withJSONObject: tree), as: UTF8.self)
  }

  /// Checks one case and returns whether all of it is as expected.
  private static func passes(_ text: String, accepted: Bool, tree expected: Any?, norm: Any?, place: Any?) throws
    -> Bool
  {
    let filter: FilterExpression
    do {
      filter = try parseFilter(text)
    } catch {
      guard !accepted else { return false }
      return place as? [Int] == [error.offset, error.line, error.column]
    }
    guard accepted else { return false }
    return try json(tree(filter)) == json(#require(expected))
      && Self.text(filter.printed(.reference)) == norm as? String
      && parseFilter(filter.description) == filter
  }

  @Test("Expressions of the engine's own tests")
  func engineCases() throws {
    var passed = 0
    let cases = try Self.load("libs_filter_cases.json")
    for item in cases {
      let text = try #require(item["expr"] as? String)
      let accepted = try #require(item["parse_ok"] as? Bool)
      if try Self.passes(text, accepted: accepted, tree: item["ast"], norm: item["norm"], place: item["err_pos"]) {
        passed += 1
      } else {
        Issue.record("\(text): \(Self.verdict(text)), expected \(item["norm"] ?? item["err_pos"] ?? "nothing")")
      }
    }
    print("reference cases: \(passed) of \(cases.count) expressions pass")
    #expect(cases.count == 1337)
    #expect(passed == cases.count)
  }

  /// Other blanks say the same: more of them, tabs, ends of lines. An error moves with the blanks in front of it.
  @Test("Blanks of all kinds", arguments: ["libs_filter_cases.json", "rules_conditions_ast.json"])
  func blanks(file: String) throws {
    var variants = 0
    for item in try Self.load(file) {
      let text = try #require(item["expr"] as? String)
      guard let filter = try? parseFilter(text) else {
        let error = #expect(throws: FilterSyntaxError.self) { try parseFilter(text) }
        let moved = #expect(throws: FilterSyntaxError.self) { try parseFilter(" \t\n  " + text) }
        #expect(moved?.offset == error.map { $0.offset + 5 }, "\(text)")
        #expect(moved?.line == error.map { $0.line + 1 }, "\(text)")
        #expect(moved?.column == error.map { $0.line == 1 ? $0.column + 2 : $0.column }, "\(text)")
        variants += 1
        continue
      }
      for blank in ["  ", "\t", "\n", "\r\n", " \t \n "] {
        let other = blank + Self.replacingBlanks(text, with: blank) + blank
        let parsed = Result { try parseFilter(other) }
        #expect((try? parsed.get()) == filter, "\(other): \(parsed)")
        variants += 1
      }
    }
    print("reference cases: \(variants) variants with other blanks in \(file)")
    #expect(variants > 2500)
  }

  /// A filter with other blanks between its words. Blanks in quotes, and between brackets, belong to values.
  private static func replacingBlanks(_ text: String, with blank: String) -> String {
    var result: [UInt8] = []
    var quote: UInt8?
    var isEscaped = false
    var depth = 0
    var wasBlank = false
    for byte in text.utf8 {
      defer { wasBlank = quote == nil && isBlank(byte) }
      if let open = quote {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == open {
          quote = nil
        }
      } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
        quote = byte
      } else if byte == UInt8(ascii: "[") {
        depth += 1
      } else if byte == UInt8(ascii: "]") {
        depth -= 1
      } else if depth == 0, isBlank(byte) {
        if !wasBlank { result += Array(blank.utf8) }
        continue
      }
      result.append(byte)
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (byte >= 0x09 && byte <= 0x0D) }

  @Test("Conditions of published rules")
  func ruleConditions() throws {
    var passed = 0
    let cases = try Self.load("rules_conditions_ast.json")
    for item in cases {
      let text = try #require(item["expr"] as? String)
      let accepted = try #require(item["ok"] as? Bool)
      if try Self.passes(text, accepted: accepted, tree: item["ast"], norm: item["norm"], place: item["pos"]) {
        passed += 1
      } else {
        Issue.record("\(text): \(Self.verdict(text)), expected \(item["norm"] ?? item["pos"] ?? "nothing")")
      }
    }
    print("reference cases: \(passed) of \(cases.count) rule conditions pass")
    #expect(cases.count == 640)
    #expect(passed == cases.count)
  }

  @Test("Warnings")
  func warnings() throws {
    // The fields of the cases that are known to the engine; `unknown.field` is not.
    let isField: (String) -> Bool = { ["evt.source", "evt.plugininfo", "evt.type", "fd.name"].contains($0) }
    var passed = 0
    for item in try Self.load("libs_filter_cases.json") {
      guard let expected = item["warnings"] as? Int, let text = item["expr"] as? String,
        item["parse_ok"] as? Bool == true, item["expect"] as? String == "ok"
      else { continue }
      let found = try parseFilter(text).warnings(isField: isField)
      #expect(found.count == expected, "\(text)")
      passed += found.count == expected ? 1 : 0
    }
    print("reference cases: \(passed) warning counts agree")
    #expect(passed > 100)
  }

  /// What the events of the address cases hold: fields that mean one end of the connection, and those that mean either.
  private static func addresses(of test: String) -> [String: [IPAddress]] {
    let (server, client) =
      test.contains("ipv6") ? ("2001:4860:4860::8888", "::1") : ("142.251.111.147", "172.40.111.222")
    let ends = [server, client].compactMap { IPAddress($0) }
    return [
      "fd.ip": ends, "fd.net": ends, "fd.sip": [ends[0]], "fd.lip": [ends[0]], "fd.rip": [ends[1]], "fd.cip": [ends[1]],
    ]
  }

  @Test("Addresses and networks compare as recorded")
  func addressCases() throws {
    var passed = 0
    for item in try Self.load("libs_filter_cases.json")
    where item["file"] as? String == "filter_op_net_compare.ut.cpp" && item["kind"] as? String == "eval_filter" {
      let text = try #require(item["expr"] as? String)
      let test = try #require(item["test"] as? String)
      guard case .check(let check) = try parseFilter(text), case .field(let field) = check.left else { continue }
      let values = try #require(Self.addresses(of: test)[field.name])
      var constants: [FilterLiteral] = []
      check.right.visit { if case .literal(let literal) = $0 { constants.append(literal) } }
      let results = try constants.map { constant in
        let network = try #require(IPNetwork(constant.bytes))
        return values.contains { network.contains($0) } == (check.comparison == .equal)
      }
      let count = results.count { $0 }
      let result =
        switch check.quantifier {
        case nil, .any: count > 0
        case .one: count == 1
        case .all: count == results.count
        }
      let isExpected = (item["expect"] as? Bool) == result || item["expect"] as? String == (result ? "True" : "False")
      #expect(isExpected, "\(text)")
      passed += isExpected ? 1 : 0
    }
    print("reference cases: \(passed) address comparisons agree")
    #expect(passed == 41)
  }

  @Test("Patterns match as recorded")
  func globCases() throws {
    let names: [String: [UInt8]] = [
      "proc.name": Array("bad".utf8) + [0xFF], "fd.name": [0x2F, 0x70, 0xFF, 0x2F, 0x71, 0xFF],
      "evt.abspath": Array("/tmp/a".utf8) + [0xFF], "proc.cwd": Array("/tmp/c".utf8) + [0xFF, 0x2F],
    ]
    var passed = 0
    for item in try Self.load("libs_filter_cases.json") {
      let isNamed = item["file"] as? String == "filterchecks/cmp_operator_modifiers.cpp"
      guard isNamed || item["file"] as? String == "filterchecks/invalid_utf8.cpp", let text = item["expr"] as? String,
        case .check(let check) = try parseFilter(text), case .field(let field) = check.left,
        [.glob, .globIgnoringCase].contains(check.comparison)
      else { continue }
      let value = isNamed ? Array("myexe".utf8) : try #require(names[field.name])
      var results: [Bool] = []
      check.right.visit { operand in
        guard case .literal(let literal) = operand else { return }
        let ignoringCase = check.comparison == .globIgnoringCase
        results.append(GlobPattern(literal.bytes, ignoringCase: ignoringCase).matches(value))
      }
      let count = results.count { $0 }
      let result =
        switch check.quantifier {
        case nil, .any: count > 0
        case .one: count == 1
        case .all: count == results.count
        }
      let isExpected = (item["expect"] as? Bool) == result || item["expect"] as? String == (result ? "True" : "False")
      #expect(isExpected, "\(text)")
      passed += isExpected ? 1 : 0
    }
    print("reference cases: \(passed) patterns match as recorded")
    #expect(passed > 15)
  }

  private static func verdict(_ text: String) -> String {
    do {
      return Self.text(try parseFilter(text).printed(.reference))
    } catch {
      return error.description
    }
  }
}
