import CaptureFormat
import EventBatch

/// Numbers lineage rows by what they say, as far as it matters to some predicates: rows with the same number have the same
/// answers, in whichever batch they are. The numbers begin with 1.
///
/// The processes of a machine have rows in every batch, and most of its many short-lived ones differ in little but their ids.
struct LineageRowClasses {
  private let asked: AskedOfLineages
  /// The columns of threads that matter, in the order of keys.
  private let columns: [ThreadColumn]
  private let imageColumns: [ImageColumn]
  private var texts = TextNumbers()
  private var images: KeyNumbers
  private var threads: KeyNumbers
  private var lineages = KeyNumbers(width: 4)
  private var containers: [Container: Int] = [:]
  private var users: [[Int64]: Int] = [:]

  // Of the batch.
  private var batch: Int64 = 0
  private var usersOfBatch: Int64 = 0
  /// By row; -1 for what is not known yet.
  private var imageNumbers: [Int64] = []
  private var threadNumbers: [Int64] = []
  private var lineageNumbers: [Int64] = []
  private var containerNumbers: [Int64] = []

  private var threadKey: [Int64]
  private var imageKey: [Int64]
  private var lineageKey = [Int64](repeating: 0, count: 4)

  /// What is known of a container.
  private struct Container: Hashable {
    var row: [Int64]
    var info: ContainerInfo?
  }

  init(_ predicates: [Predicate]) {
    asked = AskedOfLineages(predicates)
    columns = asked.columns.sorted { $0.rawValue < $1.rawValue }
    imageColumns = ImageColumn.allCases.filter { [asked] in $0 != .environment || asked.hasEnvironment }
    // Behind the columns: whether anything is known, the name, the image, the container, the users, the batch.
    threadKey = [Int64](repeating: 0, count: columns.count + 6)
    imageKey = [Int64](repeating: 0, count: imageColumns.count)
    threads = KeyNumbers(width: threadKey.count)
    images = KeyNumbers(width: imageKey.count)
  }

  /// Whether what was numbered before counts on; otherwise there is too much of it, and it must be forgotten.
  var goesOn: Bool {
    texts.hasRoom && threads.count < 1 << 16 && images.count < 1 << 16 && users.count < 1 << 10
  }

  /// Another batch.
  mutating func begin(_ view: BatchView) {
    let dimensions = view.batch.dimensions
    texts.begin(view)
    batch += 1
    LineageRowClasses.reset(&imageNumbers, dimensions.images.count)
    LineageRowClasses.reset(&threadNumbers, dimensions.threads.count)
    LineageRowClasses.reset(&lineageNumbers, dimensions.lineages.count)
    LineageRowClasses.reset(&containerNumbers, dimensions.containers.count)
    usersOfBatch = asked.hasUserNames ? numberOfUsers(view) : 0
  }

  mutating func forget() {
    texts.forget()
    images.forget()
    threads.forget()
    lineages.forget()
    containers.removeAll()
    users.removeAll()
  }

  private static func reset(_ numbers: inout [Int64], _ count: Int) {
    numbers.removeAll(keepingCapacity: true)
    numbers.append(contentsOf: repeatElement(-1, count: count))
  }

  /// The class of a row.
  mutating func number(ofRow row: Int, _ view: BatchView) -> Int {
    // Ancestors first; a parent stands before its children, so that this ends.
    var chain = [row]
    if asked.hasParents {
      while let parent = view.parent(ofLineage: chain[chain.count - 1]), lineageNumbers[parent] < 0 {
        chain.append(parent)
      }
    }
    while let row = chain.popLast() { lineageNumbers[row] = makeNumber(row, view) }
    return Int(lineageNumbers[row])
  }

  private mutating func makeNumber(_ row: Int, _ view: BatchView) -> Int64 {
    lineageKey[0] = view.thread(ofLineage: row).map { number(ofThread: $0, view) } ?? 0
    lineageKey[1] = 0
    if asked.hasParents, let parent = view.parent(ofLineage: row) { lineageKey[1] = lineageNumbers[parent] }
    lineageKey[2] = asked.hasSessionLeader ? number(of: .sessionLeader, row, view) : 0
    lineageKey[3] = asked.hasGroupLeader ? number(of: .groupLeader, row, view) : 0
    return Int64(lineages.number(of: lineageKey))
  }

  /// A leader that the lineage does not name is looked for in the whole batch.
  private mutating func number(of leader: LineageColumn, _ row: Int, _ view: BatchView) -> Int64 {
    guard let thread = view.batch.dimensions.lineages.value(row, leader), thread >= 0,
      thread < Int64(threadNumbers.count)
    else { return -batch }
    return number(ofThread: Int(thread), view)
  }

  private mutating func number(ofThread row: Int, _ view: BatchView) -> Int64 {
    if threadNumbers[row] >= 0 { return threadNumbers[row] }
    let table = view.batch.dimensions.threads
    for (position, column) in columns.enumerated() {
      let value = table[row, column]
      threadKey[position] = column.kind == .string ? texts.number(value, view) : value
    }
    let more = columns.count
    var isOfBatch = asked.dependsOnBatch
    threadKey[more] = table[row, .pid] == EventBatch.missing ? 1 : 0
    threadKey[more + 1] = 0
    if asked.hasName {
      let noted = table[row, .processName]
      // Else the name may be that of another thread of the batch.
      if noted == EventBatch.missing, table[row, .tid] != table[row, .pid] { isOfBatch = true }
      threadKey[more + 1] = texts.number(noted == EventBatch.missing ? table[row, .comm] : noted, view)
    }
    threadKey[more + 2] = asked.hasImage ? number(ofImage: table[row, .image], view) : 0
    let hasContainer = asked.hasContainer || asked.hasUserNames
    threadKey[more + 3] = hasContainer ? number(ofContainer: table[row, .container], view) : 0
    threadKey[more + 4] = usersOfBatch
    threadKey[more + 5] = isOfBatch ? batch : 0
    let number = Int64(threads.number(of: threadKey))
    threadNumbers[row] = number
    return number
  }

  private mutating func number(ofImage reference: Int64, _ view: BatchView) -> Int64 {
    guard reference >= 0, reference < Int64(imageNumbers.count) else { return 0 }
    let row = Int(reference)
    if imageNumbers[row] >= 0 { return imageNumbers[row] }
    for (position, column) in imageColumns.enumerated() {
      let value = view.batch.dimensions.images[row, column]
      imageKey[position] = column.kind == .string ? texts.number(value, view) : value
    }
    imageNumbers[row] = Int64(images.number(of: imageKey))
    return imageNumbers[row]
  }

  private mutating func number(ofContainer reference: Int64, _ view: BatchView) -> Int64 {
    guard reference >= 0, reference < Int64(containerNumbers.count) else { return 0 }
    let row = Int(reference)
    if containerNumbers[row] >= 0 { return containerNumbers[row] }
    let values = view.batch.dimensions.containers.row(row).map { texts.number($0, view) }
    // What frames say of it may change from batch to batch.
    let container = Container(row: values, info: view.containers[row])
    let number = containers[container] ?? containers.count + 1
    containers[container] = number
    containerNumbers[row] = Int64(number)
    return Int64(number)
  }

  private mutating func numberOfUsers(_ view: BatchView) -> Int64 {
    let table = view.batch.dimensions.users
    var values: [Int64] = []
    for row in 0..<table.count {
      for column in UserColumn.allCases {
        let value = table[row, column]
        switch column.kind {
        case .string: values.append(texts.number(value, view))
        case .container: values.append(number(ofContainer: value, view))
        default: values.append(value)
        }
      }
    }
    let number = users[values] ?? users.count + 1
    users[values] = number
    return Int64(number)
  }
}
