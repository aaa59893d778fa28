import Query
import Testing

/// Every field that others have can be named here, and is answered or says why not.
struct ReferenceFieldTests {
  /// Fields that have another kind of values here, and why.
  private static let otherTypes: [String: FieldType] = [
    // Moments, which the reference calls durations.
    "proc.pid.ts": .absoluteTime, "proc.ppid.ts": .absoluteTime,
    // A duration, which the reference calls a moment.
    "proc.exe_ino.ctime_duration_proc_start": .relativeTime,
    // Ports are numbers here, not their texts.
    "fd.cproto": .port, "fd.sproto": .port, "fd.lproto": .port, "fd.rproto": .port,
  ]

  private static func words(_ list: String) -> [String] { list.split(whereSeparator: \.isWhitespace).map(String.init) }

  /// The field of a name, and whether it takes an argument when the name says so.
  private func expectField(_ written: String) -> Field? {
    let takesArgument = written.hasSuffix("[]")
    let name = takesArgument ? String(written.dropLast(2)) : written
    guard let field = FieldTable.field(named: name) else {
      Issue.record("there is no field \(name)")
      return nil
    }
    if takesArgument { #expect(field.argument != .none, "\(name) takes no argument") }
    if let reason = field.unanswered { #expect(reason.count > 10, "\(name) has no reason") }
    return field
  }

  @Test func fieldsOfTheEngine() {
    var count = 0
    var unanswered: [String] = []
    for (type, list) in ReferenceFields.typed {
      for name in Self.words(list) {
        count += 1
        guard let field = expectField(name) else { continue }
        if field.unanswered != nil { unanswered.append(field.name) }
        // The type of `evt.rawarg` is that of its argument.
        guard let type = Self.otherTypes[field.name] ?? type else { continue }
        #expect(field.type == type, "\(name)")
      }
    }
    #expect(count == 232)
    #expect(
      unanswered.sorted() == [
        "evt.asynctype", "evt.infra.docker.container.id", "evt.infra.docker.container.image",
        "evt.infra.docker.container.name", "evt.infra.docker.name", "evt.plugininfo", "evt.pluginname",
        "fd.cip.name", "fd.lip.name", "fd.rip.name", "fd.sip.name", "fdlist.cips", "fdlist.cports", "fdlist.names",
        "fdlist.sips", "fdlist.sports", "proc.nchilds", "proc.stderr.name", "proc.stderr.type", "proc.stdin.name",
        "proc.stdin.type", "proc.stdout.name", "proc.stdout.type", "thread.cpu.system", "thread.cpu.user",
        "thread.totexectime", "util.cnt",
      ])
  }

  @Test func fieldsOfPlugins() {
    for name in Self.words(ReferenceFields.plugins) { _ = expectField(name) }
    #expect(Self.words(ReferenceFields.plugins).count == 86)
  }

  @Test func fieldsThatAreGone() {
    for name in Self.words(ReferenceFields.gone) { _ = expectField(name) }
    #expect(Self.words(ReferenceFields.gone).count == 58)
  }

  /// A filter may name a field that nothing answers; it holds for no event.
  @Test(arguments: FieldTable.all.filter { $0.unanswered != nil })
  func unansweredFieldsAreMissing(field: Field) throws {
    let name = field.argument == .required ? field.name + "[x]" : field.name
    let question = try Question(filter: "\(name) exists", schema: .builtIn)
    #expect(question.select(from: FieldTextTests.batch).isEmpty)
    #expect(try Question(filter: "not \(name) exists", schema: .builtIn).select(from: FieldTextTests.batch).count == 9)
  }
}
