import CaptureFormat
import EventBatch
import EventSchema
import Query

/// Bytes for the content of a file.
public struct ExtractedBytes: Sendable {
  /// The index of the file.
  public var file: Int
  /// Where they stand in it.
  public var position: Int64
  /// The bytes.
  public var bytes: ArraySlice<UInt8>
}

/// Something that happened to the content of a file.
public enum ExtractedChange: Sendable {
  /// Bytes were read or written.
  case bytes(ExtractedBytes)
  /// The file is this large now: what stood behind is gone.
  case resized(file: Int, size: Int64)
  /// Bytes that are known of one file are now in another one, too.
  case copied(from: Int, Range<Int64>, to: Int, position: Int64)
}

/// Rebuilds the contents of files from what was read and written.
///
///     let run = try ExtractRun(schema: source.schema, filter: "proc.name = wget")
///     let outcome = try await run.files(over: source) { change in … }
public struct ExtractRun: Sendable {
  private let steps: FileSteps
  private let asked: Question
  /// Files that are opened to be written; the kernel may copy into them.
  private let opened: Question
  private let all: Question
  private let schema: Schema
  private let limit: Int

  /// What is known of files in the end.
  public struct Outcome: Sendable {
    /// The files, in the order in which they were first asked for.
    public let files: [ExtractedFile]
    /// Whether there are more than the limit: what was not rebuilt.
    public let isCut: Bool
    /// How far the scan went.
    public let progress: ScanProgress
  }

  /// Prepares an answer.
  /// - Parameters:
  ///   - filter: which reads and writes count.
  ///   - limit: the most files, the first ones: each is kept in mind until the end.
  /// - Throws: what is wrong with the filter.
  public init(
    schema: Schema, filter: String? = nil, from: Int64? = nil, to: Int64? = nil, limit: Int = .max
  ) throws(QueryError) {
    self.schema = schema
    self.limit = limit
    steps = try FileSteps(schema)
    asked = try Question(filter: filter, schema: schema, from: from, to: to)
      .and(Question(filter: "fd.type = file and \(steps.calls.filter)", schema: schema))
    opened = try Question(filter: filter, schema: schema, from: from, to: to)
      .and(Question(filter: "fd.type = file and evt.is_open_write = true and evt.failed = false", schema: schema))
    // Positions follow from what happened before, whatever is asked.
    all = try Question(filter: steps.filter, schema: schema, to: to)
  }

  /// Scans a source twice: for the files that matter, and for what happened to them.
  ///
  /// - Parameters:
  ///   - state: what was open when the recording began.
  ///   - consume: takes each change, in the order of time.
  /// - Throws: what the source or `consume` throws.
  public nonisolated(nonsending) func files<Source: EventSource>(
    over source: Source, state: StateSource? = nil, parallelism: Int? = nil,
    progress: (ScanProgress) -> Void = { _ in }, consume: (ExtractedChange) throws -> Void
  ) async throws -> Outcome {
    var indices: [Int64: Int] = [:]
    var files: [ExtractedFile] = []
    var isCut = false
    for (question, isCandidate) in [(self.asked, false), (self.opened, true)] where !isCut {
      try await findThings(over: source, question, parallelism) { thing, values in
        if indices[thing] != nil { return true }
        if files.count == limit {
          isCut = true
          return false
        }
        indices[thing] = files.count
        files.append(ExtractedFile(name: values[0], container: values[1]))
        files[files.count - 1].isCandidate = isCandidate
        return true
      }
    }
    var contents = FileContents(files: files, indices: indices)
    if let state { try await take(state, into: &contents) }
    let (steps, asked, wanted) = (steps, asked, Set(indices.keys))
    let done = try await Scan(source, all, parallelism: parallelism).run(
      columns: steps.columns.union(asked.columns)
    ) { events in
      steps.steps(in: events, things: wanted, question: asked)
    } consume: { found, state in
      for step in found { try contents.apply(step, consume) }
      progress(state)
      return true
    }
    return Outcome(files: contents.files, isCut: isCut, progress: done)
  }

  /// Tells the files that a question is about, with name and container, in the order in which they are seen; some come again.
  /// - Parameter take: returns whether it wants more.
  private nonisolated(nonsending) func findThings<Source: EventSource>(
    over source: Source, _ question: Question, _ parallelism: Int?, take: (Int64, [FieldValue]) -> Bool
  ) async throws {
    let values = try EventValues(["fd.name", "container.id"], schema: schema)
    try await Scan(source, question, parallelism: parallelism).run(
      columns: ColumnSelection(core: [.objects, .lineages], dimensions: false).union(values.columns)
    ) { events -> [(Int64, [FieldValue])] in
      var seen: Set<Int64> = []
      var found: [(Int64, [FieldValue])] = []
      for row in events.rows {
        let object = events.batch.objects[Int(row)]
        guard object != EventBatch.noRow,
          let thing = events.batch.dimensions.objects.value(Int(object), .identity), seen.insert(thing).inserted
        else { continue }
        found.append((thing, values.rows(of: events.narrowed(to: [row]))[0]))
      }
      return found
    } consume: { found, _ in
      found.allSatisfy(take)
    }
  }

  /// Where descriptors stood when the recording began.
  private nonisolated(nonsending) func take(_ state: StateSource, into contents: inout FileContents) async throws {
    let values = try EventValues(["proc.pid", "fd.num", "evt.rawarg.position"], schema: state.schema)
    let question = try Question(filter: "evt.type = state_descriptor and fd.type = file", schema: state.schema)
    var found: [(Int64, [FieldValue])] = []
    try await Scan(state, question).run(
      columns: ColumnSelection(core: [.objects], dimensions: false).union(values.columns)
    ) { events -> [(Int64, [FieldValue])] in
      zip(events.rows, values.rows(of: events)).compactMap { row, values in
        let object = events.batch.objects[Int(row)]
        guard object != EventBatch.noRow else { return nil }
        return events.batch.dimensions.objects.value(Int(object), .identity).map { ($0, values) }
      }
    } consume: { some, _ in
      found += some
      return true
    }
    for (thing, values) in found {
      guard let process = values[0].integerValue, let descriptor = values[1].integerValue else { continue }
      contents.note(process, descriptor, thing, position: values[2].integerValue)
    }
  }
}

/// Files while they are rebuilt.
struct FileContents {
  private(set) var files: [ExtractedFile]
  private let indices: [Int64: Int]
  private var open = OpenFiles()

  init(files: [ExtractedFile], indices: [Int64: Int]) {
    self.files = files
    self.indices = indices
  }

  mutating func note(_ process: Int64, _ descriptor: Int64, _ thing: Int64, position: Int64?) {
    guard indices[thing] != nil else { return }
    open.open(process, descriptor, OpenFiles.Opening(thing: thing, position: position, appends: false))
  }

  mutating func apply(_ step: FileStep, _ consume: (ExtractedChange) throws -> Void) throws {
    switch step {
    case .opens(let process, let descriptor, let thing, let truncates, let appends):
      open.open(process, descriptor, OpenFiles.Opening(thing: thing, position: 0, appends: appends))
      if truncates, let file = indices[thing] { try resize(file, to: 0, consume) }
    case .duplicates(let process, let from, let to): open.duplicate(process, from, to)
    case .closes(let process, let descriptor): open.close(process, descriptor)
    case .forks(let child, let parent): open.fork(child, of: parent)
    case .seeks(let process, let descriptor, let position, let thing, let isEnd):
      open.seek(process, descriptor, position)
      if isEnd, let file = indices[thing] { noteSize(of: file, position) }
    case .resizes(let thing, let size): if let file = indices[thing] { try resize(file, to: size, consume) }
    case .copies(let process, let copy): try apply(copy, process, consume)
    case .moves(let process, let thing, let moved, _, let isSelected):
      guard let file = indices[thing] else { return }
      try move(process, thing, file, moved, isSelected, consume)
    }
  }

  /// Somebody asked how large the file is.
  private mutating func noteSize(of file: Int, _ size: Int64) {
    files[file].size = max(files[file].size, size)
    if files[file].size == size { files[file].isEndKnown = true }
  }

  /// Both positions move. What is known of the source is known of the target; the rest are holes in it.
  private mutating func apply(
    _ copy: KernelCopy, _ process: Int64, _ consume: (ExtractedChange) throws -> Void
  ) throws {
    var source: (file: Int, start: Int64)?
    if let thing = open.thing(process, copy.from), let file = indices[thing] {
      let start =
        copy.source
        ?? open.advance(process, copy.from, thing: thing, by: copy.length, writes: false, end: nil)
      files[file].read &+= copy.length
      if let start, start >= 0, start <= Int64.max - copy.length { source = (file, start) }
    }
    guard let thing = open.thing(process, copy.to), let file = indices[thing] else { return }
    let end = files[file].isEndKnown ? files[file].size : nil
    let start =
      copy.target ?? open.advance(process, copy.to, thing: thing, by: copy.length, writes: true, end: end)
    files[file].written &+= copy.length
    guard let start, start >= 0, start <= Int64.max - copy.length else {
      files[file].misplaced &+= copy.length
      return
    }
    if files[file].isEndKnown, start > files[file].size { files[file].covered.insert(files[file].size..<start) }
    files[file].size = max(files[file].size, start + copy.length)
    files[file].covered.remove(start..<(start + copy.length))
    guard let source else { return }
    let place = source.start..<(source.start + copy.length)
    for known in files[source.file].covered.ranges where known.overlaps(place) {
      let part = known.clamped(to: place)
      let position = start + (part.lowerBound - source.start)
      files[file].covered.insert(position..<(position + Int64(part.count)))
      try consume(.copied(from: source.file, part, to: file, position: position))
    }
  }

  private mutating func resize(_ file: Int, to size: Int64, _ consume: (ExtractedChange) throws -> Void) throws {
    files[file].covered.truncate(to: size)
    // What a file grows by are zeros.
    if size > files[file].size, files[file].isEndKnown { files[file].covered.insert(files[file].size..<size) }
    files[file].size = size
    files[file].isEndKnown = true
    try consume(.resized(file: file, size: size))
  }

  private mutating func move(
    _ process: Int64, _ thing: Int64, _ file: Int, _ moved: MovedBytes, _ isSelected: Bool,
    _ consume: (ExtractedChange) throws -> Void
  ) throws {
    let writes = moved.direction == .output
    let end = files[file].isEndKnown ? files[file].size : nil
    let start =
      moved.position
      ?? moved.descriptor.flatMap {
        open.advance(process, $0, thing: thing, by: moved.length, writes: writes, end: end)
      }
    if writes { files[file].written &+= moved.length } else { files[file].read &+= moved.length }
    guard let start, start >= 0, moved.length <= Int64.max - start else {
      if isSelected { files[file].misplaced &+= moved.length }
      return
    }
    if !writes, moved.length == 0, start >= files[file].size {
      // Nothing came: this is the end. An earlier part that nobody read is a hole.
      if start == files[file].size || files[file].covered.ranges.isEmpty { files[file].isEndKnown = true }
      files[file].size = max(files[file].size, start)
      return
    }
    let place = start..<(start + moved.length)
    // A gap between the end and what is written behind it is zeros.
    if writes, files[file].isEndKnown, place.lowerBound > files[file].size {
      files[file].covered.insert(files[file].size..<place.lowerBound)
    }
    files[file].size = max(files[file].size, place.upperBound)
    guard isSelected, !moved.bytes.isEmpty else { return }
    files[file].covered.insert(start..<(start + Int64(moved.bytes.count)))
    try consume(.bytes(ExtractedBytes(file: file, position: start, bytes: moved.bytes)))
  }
}
