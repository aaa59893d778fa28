import EventBatch
import EventSchema

/// One event while it is applied: a batch and a place in it, which moves.
struct AppliedEvent {
  let batch: EventBatch
  var row = 0

  init(_ batch: EventBatch, row: Int = 0) {
    self.batch = batch
    self.row = row
  }

  /// A number among the parameters, `nil` when it is missing.
  func value(_ place: ArgumentPlace) -> Int64? {
    guard let index = place.column else { return result }
    guard let columns = batch.arguments(of: type)?.columns else { return nil }
    let rank = Int(batch.ranks[row])
    guard index < columns.count, columns[index].isPresent, rank < columns[index].values.count,
      !columns[index].isMissing(rank)
    else { return nil }
    return columns[index].values[rank]
  }

  /// What kind of event it is.
  var type: EventTypeID { EventTypeID(rawValue: batch.types[row]) }

  private var result: Int64? { batch.results[row] == EventBatch.missing ? nil : batch.results[row] }
  /// When the call returned.
  var time: Int64 { batch.exitTimes[row] }

  /// When the call began; as it ended where the latency is not known.
  private var start: Int64 { batch.latencies[row] == EventBatch.missing ? time : time &- batch.latencies[row] }

  /// The object; none when the call failed and there was only a name.
  private var object: UInt32 {
    let object = batch.objects[row]
    guard object != EventBatch.noRow,
      !ObjectFlags(rawValue: batch.dimensions.objects.value(Int(object), .flags) ?? 0).contains(.fromArguments)
    else { return EventBatch.noRow }
    return object
  }

  /// The process id inside the process's own pid namespace.
  var virtualPid: Int64? {
    batch.dimensions.lineages.value(Int(batch.lineages[row]), .thread)
      .flatMap { batch.dimensions.threads.value(Int($0), .virtualPid) }
  }

  private func closes(_ closing: DescriptorEffect.CloseOnExec) -> Bool? {
    switch closing {
    case .always: true
    case .never: false
    case .flag(let flag, let place): value(place).map { $0 & flag != 0 }
    }
  }

  private func opened(_ object: UInt32, _ closesOnExec: Bool?) -> DescriptorSlot {
    DescriptorSlot(object: object, isUnsettled: true, closesOnExec: closesOnExec, changed: time)
  }

  /// Changes a process's descriptors as a successful call does.
  func apply(_ effect: DescriptorEffect, to tables: inout DescriptorTables, of process: Int64) {
    switch effect {
    case .uses(let place): use(place, &tables, process)
    case .creates(let closing):
      guard let number = result, number >= 0 else { return }
      tables.set(process, number, opened(object, closes(closing)))
    case .createsPair(let first, let second, let closing):
      guard result == 0, let first = value(first), let second = value(second) else { return }
      for number in [first, second] { tables.set(process, number, opened(EventBatch.noRow, closes(closing))) }
    case .closes(let place):
      // The descriptor is gone whatever else is returned.
      guard let number = value(place), result != -DescriptorCommand.noDescriptor else { return }
      tables.close(process, number, time: time)
    case .duplicates(let place, let closing):
      use(place, &tables, process)
      guard let number = result, number >= 0, number != value(place) else { return }
      tables.set(process, number, opened(object, closes(closing)))
    case .controls(let place, let command, let argument):
      use(place, &tables, process)
      guard let result, result >= 0 else { return }
      switch value(command) {
      case DescriptorCommand.duplicate: tables.set(process, result, opened(object, false))
      case DescriptorCommand.duplicateClosing: tables.set(process, result, opened(object, true))
      case DescriptorCommand.setFlags:
        guard let number = value(place), let flags = value(argument) else { return }
        tables.setClosesOnExec(process, from: number, through: number, flags & 1 != 0)
      default: break
      }
    case .closesRange(let first, let last, let flags):
      guard result == 0, let first = value(first), let last = value(last) else { return }
      // Both are unsigned numbers of 32 bits.
      let range = (first & 0xFFFF_FFFF, last & 0xFFFF_FFFF)
      if (value(flags) ?? 0) & 4 != 0 {
        tables.setClosesOnExec(process, from: range.0, through: range.1, true)
      } else {
        tables.close(process, from: range.0, through: range.1, time: time)
      }
    case .forks, .executes, .endsThread: break
    }
  }

  private func use(_ place: ArgumentPlace, _ tables: inout DescriptorTables, _ process: Int64) {
    guard object != EventBatch.noRow, let number = value(place) else { return }
    tables.use(process, number, object: object, start: start, time: time)
  }
}

/// Numbers of the kernel's interface that are the same on all processors.
private enum DescriptorCommand {
  /// `EBADF`.
  static let noDescriptor: Int64 = 9
  /// `F_DUPFD`.
  static let duplicate: Int64 = 0
  /// `F_SETFD`.
  static let setFlags: Int64 = 2
  /// `F_DUPFD_CLOEXEC`.
  static let duplicateClosing: Int64 = 1030
}
