import EventBatch
import EventSchema

/// Numbers object rows by what they say, as far as it matters to some predicates: rows with the same number have the same
/// answers, in whichever batch they are. The numbers begin with 1.
///
/// A file that is opened a thousand times has a thousand rows, which differ in what hardly any filter asks for; so has a server
/// with as many clients, whose ports differ and are none of those that filters name.
struct ObjectRowClasses {
  /// What matters of an object.
  private let asked: AskedOfObjects
  private var architecture: Architecture?
  private var texts = TextNumbers()
  private var classes: KeyNumbers
  private var key: [Int64]

  /// How many numbers a key has besides columns.
  private static let more = 5

  init(_ predicates: [Predicate]) {
    asked = AskedOfObjects(predicates)
    key = [Int64](repeating: 0, count: asked.columns.count + ObjectRowClasses.more)
    classes = KeyNumbers(width: key.count)
  }

  /// Whether what was numbered before counts for a batch, too; otherwise it must be forgotten.
  func goesOn(with view: BatchView) -> Bool {
    // Flags have other names on another architecture.
    texts.hasRoom && architecture == view.context.architecture
  }

  /// Another batch.
  mutating func begin(_ view: BatchView) {
    texts.begin(view)
    architecture = view.context.architecture
  }

  mutating func forget() {
    texts.forget()
    classes.forget()
  }

  /// The class of a row.
  mutating func number(ofRow row: Int, _ view: BatchView) -> Int {
    for (position, column) in asked.columns.enumerated() {
      let value = view.batch.dimensions.objects[row, column]
      key[position] = column.kind == .string ? texts.number(value, view) : value
    }
    addMore(row, view)
    return classes.number(of: key)
  }

  private mutating func addMore(_ row: Int, _ view: BatchView) {
    let kind = view.kind(ofObject: row)
    let more = asked.columns.count
    for index in more..<key.count { key[index] = EventBatch.missing }
    key[more] = kind.rawValue
    switch kind {
    case .ipv4Socket, .ipv6Socket:
      guard asked.hasEnds || asked.tellsConnectionsByName else { return }
      let objects = view.batch.dimensions.objects
      key[more] += view.isLocalServer(row) ? 1 << 32 : 0
      key[more + 1] = texts.number(objects[row, .localAddress], view)
      key[more + 2] = texts.number(objects[row, .remoteAddress], view)
      key[more + 3] = asked.port(objects[row, .localPort])
      key[more + 4] = asked.port(objects[row, .remotePort])
    case .unixSocket where asked.hasNames:
      let objects = view.batch.dimensions.objects
      key[more + 1] = texts.number(objects[row, .localAddress], view)
      key[more + 2] = texts.number(objects[row, .remoteAddress], view)
      key[more + 3] = objects[row, .role]
    case .pipe where asked.hasNames:
      key[more + 1] = view.batch.dimensions.objects[row, .inode]
    default: break
    }
  }
}
