import Containers
import EventBatch
import EventSchema

/// What happened to a container that none of its own events tells.
public struct ContainerChange: Sendable, Hashable {
  /// What happened.
  public enum Kind: Sendable, Hashable {
    case paused
    case unpaused
  }

  /// To whom.
  public var container: CgroupContainer
  /// What.
  public var kind: Kind

  /// A change that was just noticed.
  public init(_ container: CgroupContainer, _ kind: Kind) {
    self.container = container
    self.kind = kind
  }
}

// The life of containers as events, each at the time of the event that shows it and as one of the same process.
extension EventAssembler {
  /// Takes note of containers of now. What is not known then is made later.
  mutating func findContainers() {
    for process in definitions.containerProcesses() {
      _ = lives.begin(row: process.row, id: process.id)
      if process.isFromOutside { lives.found(process.identity, in: process.id, isRuntime: process.isRuntime) }
    }
  }

  /// An event of a thread that the last one of its CPU was not of: it may be the first in a container.
  @inline(__always)
  mutating func noticeContainer(ofLineage lineage: UInt32, time: Int64) {
    let row = definitions.containerRow(ofLineage: lineage)
    if row != EventBatch.missing, !lives.knows(row: row) { beginContainer(lineage, time: time) }
  }

  private mutating func beginContainer(_ lineage: UInt32, time: Int64) {
    guard let process = definitions.containerProcess(ofLineage: lineage),
      lives.begin(row: process.row, id: process.id),
      // Of one that ran before nothing was seen so far, as it is where others are recorded.
      process.identity.startTime >= started
    else { return }
    append(.containerCreated, process.id, lineage, time)
  }

  /// A process has executed a program.
  mutating func noticeExecution(_ lineage: UInt32, time: Int64) {
    guard lineage != EventBatch.noRow, definitions.containerRow(ofLineage: lineage) != EventBatch.missing,
      let process = definitions.containerProcess(ofLineage: lineage), process.isFromOutside, !process.isRuntime
    else { return }
    let type: EventTypeID
    switch lives.executed(process.identity, in: process.id) {
    case .started: type = .containerStarted
    case .entered: type = .containerExec
    case .nothing: return
    }
    append(type, process.id, lineage, time)
    appendText(definitions.commandLine(ofLineage: lineage))
  }

  /// The last thread of a process has ended.
  /// - Parameters:
  ///   - status: as `wait` gives it.
  ///   - isVictim: whether the kernel chose it when there was no memory left.
  mutating func noticeEnd(_ lineage: UInt32, status: Int64, isVictim: Bool, time: Int64) {
    guard lineage != EventBatch.noRow, definitions.containerRow(ofLineage: lineage) != EventBatch.missing,
      let process = definitions.containerProcess(ofLineage: lineage)
    else { return }
    if isVictim {
      append(.containerOom, process.id, lineage, time)
      builder.appendInteger(process.identity.pid)
      appendText(definitions.processName(ofLineage: lineage))
    }
    if lives.ended(process.identity, in: process.id) {
      append(.containerDied, process.id, lineage, time)
      // As shells and engines count.
      builder.appendInteger(status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F))
    }
  }

  /// Takes what was seen from outside, at a time that no later event is before.
  mutating func take(_ change: ContainerChange, time: Int64) {
    let id = Array(change.container.id.utf8)
    let lineage =
      lives.first(of: id).flatMap { definitions.lineageRow(of: $0) }
      ?? definitions.lineageRow(ofContainer: id, engine: change.container.engine)
    append(change.kind == .paused ? .containerPaused : .containerUnpaused, id, lineage, time)
  }

  /// An event of a container with the arguments that all of them begin with.
  private mutating func append(_ type: EventTypeID, _ id: [UInt8], _ lineage: UInt32, _ time: Int64) {
    beginBatch(at: time)
    builder.appendEvent(
      exitTime: time, latency: EventBatch.missing, type: type, cpu: 0, flags: [], lineage: lineage,
      object: EventBatch.noRow, result: EventBatch.missing)
    let names = lives.names(of: id)
    appendText(id)
    appendText(names.name)
    appendText(names.image)
  }

  private mutating func appendText(_ text: [UInt8]?) {
    if let text { text.withUnsafeBytes { builder.appendText($0) } } else { builder.appendMissing() }
  }
}

extension Definitions {
  /// What a person would have typed to run the program of a lineage's thread.
  fileprivate func commandLine(ofLineage lineage: UInt32) -> [UInt8]? {
    let thread = Int(store.dimensions.lineages[Int(lineage), .thread])
    guard let image = store.dimensions.threads.value(thread, .image).map({ Int($0) }),
      let exe = store.dimensions.images.value(image, .exe)
    else { return nil }
    var line = Array(store.strings.table[Int(exe)])
    if let arguments = store.dimensions.images.value(image, .arguments) {
      for word in store.strings.table[Int(arguments)].split(separator: 0) { line += [UInt8(ascii: " ")] + word }
    }
    return line
  }

  fileprivate func processName(ofLineage lineage: UInt32) -> [UInt8]? {
    let thread = Int(store.dimensions.lineages[Int(lineage), .thread])
    return store.dimensions.threads.value(thread, .processName).map { Array(store.strings.table[Int($0)]) }
  }
}
