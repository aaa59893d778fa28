import CaptureFormat
import EventBatch
import EventSchema
import Query

/// What one call does to an open file, as far as its content and the position in it are concerned.
enum FileStep: Sendable {
  /// A descriptor for a file begins at its front.
  case opens(process: Int64, descriptor: Int64, thing: Int64, truncates: Bool, appends: Bool)
  /// A second descriptor shares the position of the first.
  case duplicates(process: Int64, from: Int64, to: Int64)
  case closes(process: Int64, descriptor: Int64)
  /// A new process has the descriptors of the one that made it.
  case forks(child: Int64, parent: Int64)
  /// `isEnd`: the position is the size of the file.
  case seeks(process: Int64, descriptor: Int64, position: Int64, thing: Int64, isEnd: Bool)
  /// The file has this size now.
  case resizes(thing: Int64, size: Int64)
  /// Bytes were moved; `isSelected` when they are asked for.
  case moves(process: Int64, thing: Int64, MovedBytes, time: Int64, isSelected: Bool)
  /// Bytes went from one descriptor to the other inside the kernel, and no event shows them.
  case copies(process: Int64, KernelCopy)
}

/// Bytes that the kernel copied.
struct KernelCopy: Sendable {
  var from: Int64
  var to: Int64
  var length: Int64
  /// Places that the call names itself; the positions of the descriptors are used, and move, where it does not.
  var source: Int64?
  var target: Int64?
}

/// Finds the steps in events.
struct FileSteps: Sendable {
  private enum Kind: Sendable {
    case opens, closes(ArgumentPlace), duplicates(ArgumentPlace)
    case controls(ArgumentPlace, command: ArgumentPlace), forks, resizes(ArgumentPlace), moves
    case seeks(ArgumentPlace, offset: ArgumentPlace?, whence: ArgumentPlace?)
    case copies(from: ArgumentPlace, to: ArgumentPlace, source: ArgumentPlace?, target: ArgumentPlace?)
  }

  private let kinds: [Kind?]
  let calls: DataCalls
  private let openFlags: EventValues
  let columns: ColumnSelection
  /// Selects the events in the filter language.
  let filter: String

  /// `SEEK_END`.
  private static let fromEnd: Int64 = 2

  init(_ schema: Schema) throws(QueryError) {
    calls = DataCalls(schema)
    var kinds = [Kind?](repeating: nil, count: Int(schema.types.last?.id.rawValue ?? 0) + 1)
    var keys: Set<ColumnSelection.ArgumentKey> = []
    var names: [String] = []
    for type in schema.types {
      guard let kind = FileSteps.kind(of: type, calls) else { continue }
      kinds[Int(type.id.rawValue)] = kind
      names.append(type.name)
      for place in FileSteps.places(of: kind) {
        keys.insert(ColumnSelection.ArgumentKey(type: type.id, parameter: place.parameter))
      }
    }
    self.kinds = kinds
    openFlags = try EventValues(["evt.arg.flags"], schema: schema)
    columns = ColumnSelection(
      core: [.exitTimes, .types, .flags, .lineages, .objects, .results, .ranks], arguments: .only(keys),
      dimensions: false
    ).union(calls.columns).union(openFlags.columns)
    filter = "evt.type in (\(names.joined(separator: ", ")))"
  }

  /// Calls that copy inside the kernel, with the parameters for where from and where to, and for places in these.
  private static let copies = [
    "sendfile": ("in_fd", "out_fd", "offset", ""), "copy_file_range": ("fdin", "fdout", "offin", "offout"),
    "splice": ("fd_in", "fd_out", "off_in", "off_out"),
  ]

  private static func kind(of type: EventType, _ calls: DataCalls) -> Kind? {
    if calls[type.id.rawValue] != nil { return .moves }
    func place(_ name: String) -> ArgumentPlace? { ArgumentPlace(name, of: type) }
    switch type.name {
    case "lseek", "llseek":
      return place("fd").map { .seeks($0, offset: place("offset"), whence: place("whence")) }
    case "ftruncate", "ftruncate64": return place("length").map { .resizes($0) }
    default: break
    }
    if let (from, to, source, target) = copies[type.name], let from = place(from), let to = place(to) {
      return .copies(from: from, to: to, source: place(source), target: place(target))
    }
    switch DescriptorEffect(type) {
    case .creates where type.traits.contains(.namesObject): return .opens
    case .closes(let place): return .closes(place)
    case .duplicates(let place, _): return .duplicates(place)
    case .controls(let place, let command, _): return .controls(place, command: command)
    case .forks: return .forks
    default: return nil
    }
  }

  private static func places(of kind: Kind) -> [ArgumentPlace] {
    switch kind {
    case .closes(let place), .duplicates(let place), .resizes(let place): [place]
    case .seeks(let place, let offset, let whence): [place, offset, whence].compactMap(\.self)
    case .copies(let from, let to, let source, let target): [from, to, source, target].compactMap(\.self)
    case .controls(let place, let command): [place, command]
    case .opens, .forks, .moves: []
    }
  }

  /// The steps of some events of a chunk, in the order of time.
  ///
  /// - Parameters:
  ///   - things: the numbers of the files that matter; of the others nothing is told.
  ///   - question: which bytes are asked for.
  func steps(in events: SelectedEvents, things: Set<Int64>, question: Question) -> [FileStep] {
    let batch = events.batch
    let asked = Set(events.rows(selectedBy: question))
    let matters = (0..<batch.dimensions.objects.count).map { row in
      batch.dimensions.objects.value(row, .identity).map { things.contains($0) } ?? false
    }
    var steps: [FileStep] = []
    var event = AppliedEvent(batch)
    for row in events.rows {
      event.row = Int(row)
      guard let kind = kinds[Int(batch.types[Int(row)])],
        let thread = batch.dimensions.lineages.thread(of: batch.lineages[Int(row)]),
        let process = batch.dimensions.threads.value(thread, .pid)
      else { continue }
      if case .forks = kind {
        guard EventFlags(rawValue: batch.flags[Int(row)]).contains(.childReturn),
          let parent = batch.dimensions.threads.value(thread, .originalParentPid), parent != process
        else { continue }
        steps.append(.forks(child: process, parent: parent))
        continue
      }
      if case .copies(let from, let to, let source, let target) = kind {
        // Either end may be a file that matters, and the event names one.
        if batch.results[Int(row)] > 0, let from = event.value(from), let to = event.value(to) {
          let copy = KernelCopy(
            from: from, to: to, length: batch.results[Int(row)], source: source.flatMap(event.value),
            target: target.flatMap(event.value))
          steps.append(.copies(process: process, copy))
        }
        continue
      }
      let object = Int(batch.objects[Int(row)])
      guard object < matters.count, matters[object], let thing = batch.dimensions.objects.value(object, .identity)
      else { continue }
      if let step = step(kind, event, process, thing, events, isSelected: asked.contains(row)) { steps.append(step) }
    }
    return steps
  }

  private func step(
    _ kind: Kind, _ event: AppliedEvent, _ process: Int64, _ thing: Int64, _ events: SelectedEvents, isSelected: Bool
  ) -> FileStep? {
    let batch = event.batch
    let result = batch.results[event.row]
    switch kind {
    case .moves:
      guard let moved = calls.moved(event.row, batch) else { return nil }
      return .moves(process: process, thing: thing, moved, time: event.time, isSelected: isSelected)
    case .opens:
      guard result >= 0 else { return nil }
      let flags = openFlags.rows(of: events.narrowed(to: [UInt32(event.row)]))[0][0].text
      // A file that was made just now is empty as well.
      let truncates =
        flags.contains("O_TRUNC") || flags.contains("O_F_CREATED") || flags.contains("O_EXCL")
        || batch.schema.type(event.type)?.name == "creat"
      return .opens(
        process: process, descriptor: result, thing: thing, truncates: truncates,
        appends: flags.contains("O_APPEND"))
    case .closes(let place): return event.value(place).map { .closes(process: process, descriptor: $0) }
    case .duplicates(let place):
      guard result >= 0, let from = event.value(place), from != result else { return nil }
      return .duplicates(process: process, from: from, to: result)
    case .controls(let place, let command):
      guard result >= 0, let from = event.value(place), let command = event.value(command),
        command == 0 || command == 1030
      else { return nil }
      return .duplicates(process: process, from: from, to: result)
    case .seeks(let place, let offset, let whence):
      guard result >= 0, let descriptor = event.value(place) else { return nil }
      let isEnd = whence.flatMap(event.value) == FileSteps.fromEnd && offset.flatMap(event.value) == 0
      return .seeks(process: process, descriptor: descriptor, position: result, thing: thing, isEnd: isEnd)
    case .resizes(let place):
      guard result == 0, let size = event.value(place), size >= 0 else { return nil }
      return .resizes(thing: thing, size: size)
    case .forks, .copies: return nil
    }
  }
}
