import Filter
import Testing

@Suite("Filters that parse")
struct ParserTests {
  static let cases: [(text: String, tree: String)] = [
    // Boolean structure
    ("a", "a"),
    (" \n\t a \r\n", "a"),
    ("((((a))))", "a"),
    ("a and b and c", "(and a b c)"),
    ("a and (b and c)", "(and a (and b c))"),
    ("a or b and c", "(or a (and b c))"),
    ("(a or b) and c", "(and (or a b) c)"),
    ("(a)and(b)or(c)", "(or (and a b) c)"),
    ("not a", "(not a)"),
    ("not(a)", "(not a)"),
    ("not not a", "a"),
    ("not not not a", "(not a)"),
    ("not (not a)", "(not (not a))"),
    ("not not(a or b)", "(or a b)"),
    ("not\n(a and b) or c", "(or (not (and a b)) c)"),
    // Keywords are only words where something else belongs
    ("notable and android or orchid", "(or (and notable android) orchid)"),
    ("a and not", "(and a not)"),
    ("a.b = not and a.b = or", "(and (a.b = 'not') (a.b = 'or'))"),
    // Operators
    ("a.b exists", "(exists a.b)"),
    ("a.b existsand c", "(and (exists a.b) c)"),
    ("a.b=1", "(a.b = '1')"),
    ("a.b == 1", "(a.b == '1')"),
    ("a.b !=1", "(a.b != '1')"),
    ("a.b <=-1", "(a.b <= '-1')"),
    ("a.b > 0x1F", "(a.b > '0x1F')"),
    ("a.b < +0.25e+10", "(a.b < '+0.25e+10')"),
    ("a.b bstartswith 12ab", "(a.b bstartswith '12ab')"),
    ("a.b startswith\t/etc", "(a.b startswith '/etc')"),
    ("a.b regex '^(a|b)$'", "(a.b regex '^(a|b)$')"),
    ("a.b in()", "(a.b in {})"),
    ("a.b in (x,'y z', \"w\")", "(a.b in {'x' 'y z' 'w'})"),
    ("a.b in my_list", "(a.b in @my_list)"),
    ("a.b inside", "(a.b in @side)"),
    ("a.b pmatch (/etc, /usr)", "(a.b pmatch {'/etc' '/usr'})"),
    ("a.b intersects val(c.d)", "(a.b intersects val<c.d>)"),
    // Quantifiers
    ("a.b startswith anyof (x, y)", "(a.b startswith anyof {'x' 'y'})"),
    ("a.b != allof\n(x)", "(a.b != allof {'x'})"),
    ("a.b = oneof my_list", "(a.b = oneof @my_list)"),
    ("a.b = oneof oneof", "(a.b = oneof @oneof)"),
    ("a.b = oneof", "(a.b = 'oneof')"),
    ("(a.b = anyof )", "(a.b = 'anyof')"),
    ("a.b = anyof and c", "(and (a.b = 'anyof') c)"),
    ("a.b = anyof android", "(a.b = anyof @android)"),
    // Fields, transformers, values
    ("k8s.ns.name = x", "(k8s.ns.name = 'x')"),
    ("evt.arg[0] = x", "(evt.arg[0] = 'x')"),
    ("evt.arg[\"a ]\"] = x", "(evt.arg[a ]] = 'x')"),
    ("evt.arg[''] = x", "(evt.arg[] = 'x')"),
    ("c.m[/proc*] = x", "(c.m[/proc*] = 'x')"),
    ("a.b = c.d", "(a.b = 'c.d')"),
    ("a.b = val(c.d[1])", "(a.b = val<c.d[1]>)"),
    ("tolower( toupper(a.b) ) = x", "(tolower<toupper<a.b>> = 'x')"),
    ("join(\",\", (a.b, 12, 'x')) = val(a.b)", "(join<',' {a.b '12' 'x'}> = val<a.b>)"),
    ("getopt(proc.args, \"n:t\")[n] exists", "(exists getopt<proc.args 'n:t'>[n])"),
    ("len(a.b) >= len(c.d)", "(len<a.b> >= len<c.d>)"),
    ("a.b = b64", "(a.b = 'b64')"),
    ("b64.c = tolower", "(b64.c = 'tolower')"),
    // Strings
    ("a.b = ''", "(a.b = '')"),
    ("a.b = 0a!@#456:/\\.;!$%^&*[]{}|", "(a.b = '0a!@#456:/\\.;!$%^&*[]{}|')"),
    (#"a.b = "\b\f\n\r\t\\ \/ \" \x41\x7a""#, "(a.b = '\u{8}\u{c}\n\r\t\\ / \" Az')"),
    (#"a.b = 'it\'s "so"'"#, "(a.b = 'it's \"so\"')"),
    (#"a.b = "old \ rule""#, #"(a.b = 'old \rule')"#),
    (#"a.b = "closed \\"later""#, #"(a.b = 'closed \"later')"#),
    ("a.b = grüße and c", "(and (a.b = 'grüße') c)"),
  ]

  @Test(arguments: cases)
  func tree(_ text: String, _ tree: String) throws {
    #expect(treeText(try parseFilter(text)) == tree)
  }

  @Test("Escapes make bytes that are no UTF-8")
  func bytes() throws {
    guard case .check(let check) = try parseFilter(#"fd.name = "/p\xff\x00""#), case .literal(let value) = check.right
    else {
      Issue.record("no check")
      return
    }
    #expect(value.bytes == [0x2F, 0x70, 0xFF, 0x00])
    #expect(value.style == .quoted)
  }

  @Test("Every node knows its place")
  func ranges() throws {
    let text = "x or not (tolower(proc.name) startswith anyof (a, 'b c') and fd.name[1] exists)"
    func piece(_ range: SourceRange) -> String {
      String(decoding: Array(text.utf8)[range.offsets], as: UTF8.self)
    }
    var nodes: [String] = []
    var operands: [String] = []
    let filter = try parseFilter(text)
    filter.visit { nodes.append(piece($0.range)) }
    filter.visitOperands { operands.append(piece($0.range)) }
    #expect(
      nodes == [
        text, "x", "not (tolower(proc.name) startswith anyof (a, 'b c') and fd.name[1] exists)",
        "tolower(proc.name) startswith anyof (a, 'b c') and fd.name[1] exists",
        "tolower(proc.name) startswith anyof (a, 'b c')", "fd.name[1] exists",
      ])
    #expect(operands == ["tolower(proc.name)", "proc.name", "(a, 'b c')", "a", "'b c'", "fd.name[1]"])
    guard case .or(let terms, _) = filter, case .not(.and(let inner, _), _) = terms[1],
      case .check(let check) = inner[0]
    else {
      Issue.record("another tree")
      return
    }
    #expect(piece(check.comparisonRange) == "startswith anyof")
  }

  @Test("Equality is about what is said")
  func equality() throws {
    #expect(try parseFilter("a.b = 'x' and c") == parseFilter("  (a.b == x)and(c)"))
    #expect(try parseFilter("a.b = 'x'").hashValue == parseFilter("a.b == x").hashValue)
    #expect(try parseFilter("a.b = x") != parseFilter("a.b = y"))
    #expect(try parseFilter("a.b[''] = x") != parseFilter("a.b = x"))
  }

  @Test("Long filters parse")
  func longFilters() throws {
    let list = "a.b in (" + String(repeating: "x,", count: 200_000) + "x)"
    #expect(try parseFilter(list).description.utf8.count > 400_000)
    let terms = String(repeating: "a.b = 1 or ", count: 50_000) + "c"
    #expect(try parseFilter(terms).fields.count == 50_000)
    let nots = String(repeating: "not ", count: 100_001) + "c"
    #expect(treeText(try parseFilter(nots)) == "(not c)")
  }
}
