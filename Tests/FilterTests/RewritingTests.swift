import Filter
import Testing

@Suite("Walking and rewriting")
struct RewritingTests {
  @Test("Names are found in the order of the text")
  func names() throws {
    let filter = try parseFilter(
      "m and (a.b = val(c.d) or not join(',', (e.f, tolower(g.h[1])))[x] in (l1, 'q')) and n and a.b in l2")
    #expect(filter.fields.map(\.name) == ["a.b", "c.d", "e.f", "g.h", "a.b"])
    #expect(filter.macros.map(\.name) == ["m", "n"])
    #expect(filter.listNames.map(\.name) == ["l2"])
    #expect(filter.depth == 4)
  }

  @Test("Macros and lists take the place of their names")
  func replacing() throws {
    let macros = ["m": try parseFilter("x.y = 1 or z")]
    let lists = ["l": [FilterLiteral("p"), FilterLiteral("q r")]]
    let filter = try parseFilter(
      "m and not unknown and a.b in (l, 'l', k) and a.b startswith anyof l and a.b in other and a.b = l")
    let replaced = filter.replacing(macro: { name, _ in macros[name] }, list: { name, _ in lists[name] })
    #expect(
      replaced.description
        == "(x.y = 1 or z) and not unknown and a.b in (\"p\", \"q r\", \"l\", k) and "
        + "a.b startswith anyof (\"p\", \"q r\") and a.b in other and a.b = l")
  }

  @Test("Who resolves names may refuse, with the place")
  func refusing() throws {
    struct Unknown: Error, Equatable { let offset: Int }
    let filter = try parseFilter("a or (b and missing)")
    #expect(throws: Unknown(offset: 12)) {
      try filter.replacing(
        macro: { (name: String, range: SourceRange) throws(Unknown) -> FilterExpression? in
          if name == "missing" { throw Unknown(offset: range.lowerBound) }
          return nil
        },
        list: { (_: String, _: SourceRange) throws(Unknown) -> [FilterLiteral]? in nil })
    }
  }

  static let warningCases: [(text: String, warnings: [String])] = [
    ("proc.name = proc.pname", ["'proc.pname' is compared as text; to compare with the field write val(proc.pname)"]),
    ("proc.name = proc.other and fd.name = file.txt", []),
    ("proc.name = val(proc.pname) and tolower(proc.name) = x", []),
    (
      "proc.name in (a, proc.pname)",
      ["'proc.pname' is compared as text; to compare with the field write val(proc.pname)"]
    ),
    (
      "proc.name = 'tolower(proc.pname)'",
      ["'tolower(proc.pname)' is compared as text; to apply the transformer leave out the quotes"]
    ),
    ("proc.name = 'tolower(x.y)' and proc.name = 'f(proc.pname)' and proc.name = tolower", []),
    ("a.b regex ^nginx$", ["this regular expression is not needed; '= nginx' is faster"]),
    ("a.b regex '.*x'", ["this regular expression is not needed; 'endswith x' is faster"]),
    ("a.b regex 'x.*'", ["this regular expression is not needed; 'startswith x' is faster"]),
    ("a.b regex '.*x.*'", ["this regular expression is not needed; 'contains x' is faster"]),
    ("a.b regex '.+x'", ["this regular expression is not needed; 'glob ?*x' is faster"]),
    ("a.b regex '.?x.?'", ["this regular expression is not needed; 'glob anyof (x, x?, ?x, ?x?)' is faster"]),
    ("a.b regex 'x.*y' and a.b regex x\\.* and a.b regex '[x]' and a.b regex '.*' and a.b regex 'x.{1}'", []),
  ]

  @Test(arguments: warningCases)
  func warnings(_ text: String, _ expected: [String]) throws {
    let found = try parseFilter(text).warnings { ["proc.name", "proc.pname"].contains($0) }
    #expect(found.map(\.description) == expected)
  }

  @Test("A place can be shown for errors of binding")
  func excerpt() throws {
    let text = "a and\nproc.nme = nginx"
    let field = try #require(try parseFilter(text).fields.first)
    let excerpt = SourceExcerpt(of: text, at: field.range)
    #expect(excerpt.line == 2)
    #expect(excerpt.column == 1)
    #expect(excerpt.text == "proc.nme = nginx")
    #expect(excerpt.mark == "^~~~~~~~")
  }
}
