import EventSchema
import Query
import Testing

struct BindingTests {
  @Test(arguments: [
    ("proc.nme = x", 1, "there is no field 'proc.nme'; did you mean 'proc.name'"),
    ("evt.type = a and fd.prot = 1", 18, "there is no field 'fd.prot'; did you mean"),
    ("fd.port contains x", 9, "'contains' does not go with 'fd.port', which is a port"),
    ("evt.cpu = many", 11, "'many' is no number"),
    ("evt.latency = 5ms", 15, "'5ms' is no number (times are nanoseconds, without a unit: 5000000)"),
    ("evt.failed = 1", 14, "'1' is neither 'true' nor 'false'"),
    ("fd.ip = localhost", 9, "'localhost' is neither an IP address nor a network"),
    ("evt.arg = 1", 1, "'evt.arg' needs an argument"),
    ("evt.arg.pth = 1", 1, "no event has an argument 'pth'; did you mean"),
    ("proc.name[1] = 1", 1, "'proc.name' takes no argument in brackets"),
    ("proc.aname[x] = 1", 1, "'proc.aname' takes a number in brackets, not 'x'"),
    ("evt.type.is.opn = 1", 1, "there is no event type 'opn'; did you mean 'open'"),
    ("toupper(fd.name)[x] = a", 1, "'toupper' takes no argument in brackets"),
    ("join(fd.name) = a", 1, "'join' takes 2 arguments, not 1"),
    ("fd.types = file", 10, "a list takes 'in', 'intersects' or 'exists'"),
    ("is_nginx", 1, "'is_nginx' is neither a comparison nor a known macro"),
    ("proc.name in (known_shells) or proc.name in known_shells", 45, "'known_shells' is no known list"),
    ("fd.name regex 'a(b'", 15, "this is no regular expression"),
    ("evt.buffer bcontains 123", 22, "takes an even number of hexadecimal digits"),
    ("evt.cpu = val(proc.name)", 11, "an integer cannot be compared with a text"),
    ("proc.name = 'x", 13, ""),
    ("thread.cpu = 1.5", 14, "a measured value hardly ever is a fraction exactly"),
    ("evt.around[noon] = 5", 1, "'evt.around' takes a time in nanoseconds of the epoch, not 'noon'"),
    ("evt.around[5] = soon", 17, "'soon' is no number"),
    ("container.mount.dest = x", 1, "'container.mount.dest' needs an argument"),
  ])
  func errorsCarryTheirPlace(filter: String, column: Int, message: String) throws {
    let error = #expect(throws: QueryError.self) { try Question(filter: filter, schema: .builtIn) }
    #expect(error?.excerpt?.column == column, "\(String(describing: error?.rendering))")
    #expect(message.isEmpty || error?.message.contains(message) == true, "\(String(describing: error?.message))")
  }

  /// Before a capture is opened: all mistakes but names of arguments and event types, which its schema may know.
  @Test(arguments: [
    ("proc.nme = x", false), ("fd.port contains x", false), ("proc.name = 'x", false), ("evt.cpu = many", false),
    ("evt.arg.from_tomorrow = 1", true), ("evt.rawarg.from_tomorrow > 1", true), ("evt.type.is.tomorrow = 1", true),
    ("proc.name = cat", true), ("", true),
  ])
  func earlyCheck(filter: String, isAccepted: Bool) {
    if isAccepted {
      #expect(throws: Never.self) { try Question.check(filter: filter) }
    } else {
      #expect(throws: QueryError.self) { try Question.check(filter: filter) }
    }
  }

  @Test(arguments: [
    ("%proc.nme", 2, "there is no field 'proc.nme'"), ("%evt.num %", 11, "a field's name belongs behind '%'"),
    ("%(tolower(proc.name)", 2, "a parenthesis is not closed"),
  ])
  func formatErrorsCarryTheirPlace(format: String, column: Int, message: String) throws {
    let error = #expect(throws: QueryError.self) { try LineFormat(format, schema: .builtIn) }
    #expect(error?.excerpt?.column == column)
    #expect(error?.message.contains(message) == true)
  }

  /// The table itself: names are unique, examples are valid filters, and every field is described.
  @Test func everyFieldIsDocumented() throws {
    var names: Set<String> = []
    for field in FieldTable.all {
      #expect(names.insert(field.name).inserted, "\(field.name) is there twice")
      #expect(field.description.hasSuffix("."), "\(field.name)")
      #expect(throws: Never.self, "\(field.example)") { try Question(filter: field.example, schema: .builtIn) }
      #expect(field.example.contains(field.name))
    }
    #expect(FieldTable.all.count > 200)
    #expect(FieldTable.field(named: "proc.name")?.fieldClass == "proc")
    #expect(FieldTable.suggestions(for: "proc.cmdlin").first == "proc.cmdline")
  }

  @Test func aggregatesAreChecked() {
    for text in ["median(evt.latency)", "sum(proc.name)", "sum", "p99(evt.latency", "sum(evt.latncy)"] {
      #expect(throws: QueryError.self, "\(text)") { try Aggregate(text, schema: .builtIn) }
    }
    for text in ["count", "count()", "sum(evt.buflen)", "p999(evt.latency)", "distinct(fd.name)", "last(evt.type)"] {
      #expect(throws: Never.self, "\(text)") { try Aggregate(text, schema: .builtIn) }
    }
  }
}
