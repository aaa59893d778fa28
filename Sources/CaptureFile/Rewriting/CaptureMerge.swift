import CaptureFormat
import EventBatch
import EventSchema

/// Joins captures into one, in the order of exit times; of equal times that of the earlier input comes first. Events are
/// numbered anew from 1, as a recorder does.
///
/// Memory holds a few large chunks, and one chunk of each input whose times meet those of another: the files of one rotated
/// recording are never there at once.
public struct CaptureMerge {
  private let readers: [CaptureReader]
  /// The event types of all of them.
  public let schema: Schema
  private let types: [[EventTypeID: EventTypeID]]

  /// A merge of open captures.
  ///
  /// - Throws: `CaptureError` of kind `refused` when they cannot be one: they are of different processors.
  public init(_ readers: [CaptureReader]) throws(CaptureError) {
    guard let first = readers.first else { throw CaptureError(.refused, "there is nothing to merge", path: "") }
    for reader in readers where reader.header.architecture != first.header.architecture {
      throw CaptureError(
        .refused, "the capture is of \(reader.header.architecture), the first one of \(first.header.architecture)",
        path: reader.file.path, remedy: "merge captures of one processor: system calls have other numbers elsewhere")
    }
    self.readers = readers
    (schema, types) = Schema.union(readers.map(\.schema))
  }

  /// Writes the new file.
  ///
  /// - Parameter progress: is told the bytes of the inputs that were worked through.
  /// - Throws: when writing fails; what of the inputs is damaged is part of the report.
  public func write(
    to path: String, writerName: String, options: WriterOptions, progress: (UInt64) -> Void
  ) throws(CaptureError) -> RewriteReport {
    let header = CaptureHeader(merging: readers.map(\.header), writer: writerName)
    var writer = try CaptureWriter(path: path, header: header, schema: schema, options: options)
    var chunks = ChunkJoiner(schema, options, firstNumber: 1)
    var sources = readers.indices.map { MergeSource(readers[$0], schema, types[$0]) }
    while true {
      for index in sources.indices { try sources[index].findEvents(&writer, &chunks) }
      guard let next = MergeSource.next(sources) else { break }
      if try !sources[next.index].decode(&writer) { continue }
      let rows = sources[next.index].rows(before: next.limit, andAt: next.includesLimit)
      try sources[next.index].take(rows, &writer, &chunks)
      if chunks.isFull {
        for index in sources.indices { sources[index].endChunk(&chunks) }
        try chunks.close(to: &writer)
      }
      progress(sources.reduce(0) { $0 + $1.input.offset })
    }
    try chunks.finish(&writer)
    return RewriteReport(try writer.finish(), sources.map(\.input))
  }
}

/// One input of a merge, and how far it is.
private struct MergeSource {
  private(set) var input: RewriteInput
  private let schema: Schema
  private let types: [EventTypeID: EventTypeID]
  /// The chunk that comes next, before it is decoded: until its time has come it takes less memory.
  private var waiting: (item: RewriteItem, head: ChunkHead)?
  private var batch: EventBatch?
  /// The next event of the batch.
  private var row = 0
  private var copied = CopiedRows()
  private var hasEnded = false
  /// The parts of a state of which the last has not come yet: frames of another state may not stand between them.
  private var state: [(item: RewriteItem, prefix: StatePrefix, head: ChunkHead)] = []

  init(_ reader: CaptureReader, _ schema: Schema, _ types: [EventTypeID: EventTypeID]) {
    input = RewriteInput(reader)
    self.schema = schema
    self.types = types
  }

  /// The exit time of the next event, or something before it.
  private var nextExit: Int64? {
    if let batch { return batch.exitTimes[row] }
    return waiting?.head.leastExit
  }

  /// The input whose event comes next, and up to which time it goes on alone.
  static func next(_ sources: [MergeSource]) -> (index: Int, limit: Int64, includesLimit: Bool)? {
    var first: (index: Int, exit: Int64)?
    for (index, source) in sources.enumerated() {
      guard let exit = source.nextExit else { continue }
      if first.map({ exit < $0.exit }) ?? true { first = (index, exit) }
    }
    guard let first else { return nil }
    var limit = Int64.max
    var includesLimit = true
    for (index, source) in sources.enumerated() where index != first.index {
      guard let exit = source.nextExit, exit < limit || exit == limit && index < first.index else { continue }
      // Of equal times that of the earlier input comes first.
      (limit, includesLimit) = (exit, first.index < index)
    }
    return (first.index, limit, includesLimit)
  }

  /// Goes on to the next chunk, if the one before is done. Writes what stands between them.
  mutating func findEvents(_ writer: inout CaptureWriter, _ chunks: inout ChunkJoiner) throws(CaptureError) {
    while batch == nil, waiting == nil, !hasEnded {
      guard let item = try input.next() else {
        hasEnded = true
        try writeState(&writer)
        return
      }
      do throws(CaptureError) {
        switch item.content {
        case .chunk(let head): if head.count > 0 { waiting = (item, head) }
        case .loss(let loss):
          try chunks.drain(to: &writer)
          try writer.append(loss)
        case .state(let prefix, let head):
          if let before = state.last?.prefix, before.time != prefix.time || before.part >= prefix.part {
            try writeState(&writer)
          }
          state.append((item, prefix, head))
          if prefix.isLast { try writeState(&writer) }
        case .containers(let known): try writer.append(known)
        case .page: break
        case .other where item.type == .seal || item.type == .custody: break
        case .other where item.type == .annotation:
          // The numbers that it names are other events' now; its times stay.
          var annotation = try item.annotation(input.reader)
          (annotation.firstEvent, annotation.lastEvent) = (0, 0)
          try writer.append(annotation)
        case .other: try writer.append(item.type, payload: item.payload)
        }
      } catch {
        guard error.kind == .partlyReadable else { throw error }
        if let loss = input.drop(item, error) { try writer.append(loss) }
      }
    }
  }

  private mutating func writeState(_ writer: inout CaptureWriter) throws(CaptureError) {
    let parts = state
    state = []
    for (item, prefix, head) in parts {
      do throws(CaptureError) {
        var part = try item.state(prefix, head, input.reader)
        part.rows = part.rows.converted(to: schema, types: types)
        try writer.append(part)
      } catch {
        guard error.kind == .partlyReadable else { throw error }
        _ = input.drop(item, error)
      }
    }
  }

  /// Decodes the chunk that waits. False when that changed what comes next, or it cannot be decoded.
  mutating func decode(_ writer: inout CaptureWriter) throws(CaptureError) -> Bool {
    guard let (item, head) = waiting else { return batch != nil }
    waiting = nil
    do throws(CaptureError) {
      let decoded = try item.decode(head, input.reader).converted(to: schema, types: types)
      if decoded.count == 0 { return false }
      (batch, row, copied) = (decoded, 0, CopiedRows())
      return decoded.exitTimes[0] == head.leastExit
    } catch {
      guard error.kind == .partlyReadable else { throw error }
      if let loss = input.drop(item, error) { try writer.append(loss) }
      return false
    }
  }

  /// The rows from the next one on that return before a time, or at it.
  func rows(before limit: Int64, andAt includesLimit: Bool) -> Range<Int> {
    guard let batch else { return 0..<0 }
    var low = row
    var high = batch.count
    while low < high {
      let middle = (low + high) / 2
      if batch.exitTimes[middle] < limit || includesLimit && batch.exitTimes[middle] == limit {
        low = middle + 1
      } else {
        high = middle
      }
    }
    return row..<max(low, row + 1)
  }

  /// Hands rows over.
  mutating func take(
    _ rows: Range<Int>, _ writer: inout CaptureWriter, _ chunks: inout ChunkJoiner
  ) throws(CaptureError) {
    guard let batch else { return }
    let end = min(rows.upperBound, rows.lowerBound + max(chunks.room, 1))
    chunks.append(rows.lowerBound..<end, of: batch, &copied)
    row = end
    if row == batch.count {
      chunks.endSource(batch, &copied)
      self.batch = nil
    }
  }

  /// Says that the chunk in which events were gathered is closed.
  mutating func endChunk(_ chunks: inout ChunkJoiner) {
    guard let batch else { return }
    chunks.endSource(batch, &copied)
    copied = CopiedRows()
  }
}

extension CaptureHeader {
  /// The header of several captures together.
  init(merging headers: [CaptureHeader], writer: String) {
    self = headers[0]
    func common<Value: Hashable>(_ path: KeyPath<CaptureHeader, Value>) -> Value? {
      let values = Set(headers.map { $0[keyPath: path] })
      return values.count == 1 ? values.first : nil
    }
    func joined(_ texts: [String], _ separator: String) -> String {
      var seen: Set<String> = []
      return texts.filter { seen.insert($0).inserted }.joined(separator: separator)
    }
    fileID = CaptureHeader.randomID()
    sessionID = common(\.sessionID) ?? CaptureHeader.randomID()
    fileIndex = 0
    hostname = joined(headers.map(\.hostname), ", ")
    kernelRelease = joined(headers.map(\.kernelRelease), ", ")
    self.writer = writer
    let earliest = headers.min { $0.started < $1.started } ?? headers[0]
    (started, bootTime) = (earliest.started, earliest.bootTime)
    cpuCount = headers.map(\.cpuCount).max() ?? 0
    snapLength = headers.map(\.snapLength).max() ?? 0
    latencyMode = common(\.latencyMode) ?? .none
    // One that holds everything makes the others' filters say too little.
    let filters = headers.compactMap(\.filter)
    filter =
      filters.count < headers.count ? nil : common(\.filter) ?? joined(filters.map { "(\($0))" }, " or ")
    command = headers.allSatisfy { $0.command == nil } ? nil : joined(headers.compactMap(\.command), "; ")
  }
}
