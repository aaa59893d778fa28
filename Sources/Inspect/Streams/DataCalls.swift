import CaptureFormat
import EventBatch
import EventSchema
import Query

/// Which way bytes went: seen from the process.
public enum StreamDirection: String, Sendable, Hashable, CaseIterable {
  /// It read or received them.
  case input = "in"
  /// It wrote or sent them.
  case output = "out"
}

/// The calls that move bytes through descriptors, and where their events have them.
struct DataCalls: Sendable {
  /// Where one type has its values; indices are those of columns.
  struct Places: Sendable {
    var direction: StreamDirection?
    /// `nil` for calls that move bytes which nobody sees, as `copy_file_range` does.
    var data: Int?
    /// How much was moved, where that is not the result.
    var size: Int?
    var flags: Int?
    var operation: Int?
    /// Where in the file; `nil` where that is the descriptor's own position.
    var position: Int?
    var descriptor: Int?
  }

  private let places: [Places?]
  /// What is needed of events.
  let columns: ColumnSelection
  /// Selects the events in the filter language.
  let filter: String

  init(_ schema: Schema) {
    var places = [Places?](repeating: nil, count: Int(schema.types.last?.id.rawValue ?? 0) + 1)
    var keys: Set<ColumnSelection.ArgumentKey> = []
    var names: [String] = []
    for type in schema.types {
      let moves = type.traits.intersection([.readsFromDescriptor, .writesToDescriptor])
      let isRing = type.name == "io_uring"
      guard isRing || moves == .readsFromDescriptor || moves == .writesToDescriptor else { continue }
      func column(_ name: String, _ storage: ParameterStorage) -> Int? {
        guard let index = type.parameters.firstIndex(where: { $0.name == name && $0.type.storage == storage }),
          type.parameters[index].source.isStored
        else { return nil }
        keys.insert(ColumnSelection.ArgumentKey(type: type.id, parameter: index))
        return type.parameters[..<index].count { $0.source.isStored }
      }
      // Calls that take several messages return how many.
      let countsMessages = type.name == "sendmmsg" || type.name == "recvmmsg"
      guard let data = column("data", .bytes) else { continue }
      places[Int(type.id.rawValue)] = Places(
        direction: isRing ? nil : moves == .readsFromDescriptor ? .input : .output, data: data,
        size: countsMessages ? column("size", .integer) : nil,
        flags: moves == .readsFromDescriptor ? column("flags", .integer) : nil,
        operation: isRing ? column("opcode", .integer) : nil,
        position: column(isRing ? "offset" : "pos", .integer), descriptor: column("fd", .integer))
      names.append(type.name)
    }
    self.places = places
    columns = ColumnSelection(
      core: [.numbers, .exitTimes, .types, .flags, .lineages, .objects, .results, .ranks], arguments: .only(keys),
      payloads: true, dimensions: false)
    filter = names.isEmpty ? "evt.num = 0" : "evt.type in (\(names.joined(separator: ", ")))"
  }

  subscript(type: UInt16) -> Places? { Int(type) < places.count ? places[Int(type)] : nil }

  /// What a call moved; `nil` when it moved nothing, failed, or only looked at what is waiting.
  func moved(_ row: Int, _ batch: EventBatch) -> MovedBytes? {
    guard let places = self[batch.types[row]], let columns = batch.arguments(of: type(row, batch))?.columns else {
      return nil
    }
    let rank = Int(batch.ranks[row])
    func value(_ index: Int?) -> Int64? {
      guard let index, index < columns.count, columns[index].isPresent, rank < columns[index].values.count,
        !columns[index].isMissing(rank)
      else { return nil }
      return columns[index].values[rank]
    }
    guard batch.results[row] > 0 || (batch.results[row] == 0 && places.direction == .input),
      let direction = places.direction ?? value(places.operation).flatMap(DataCalls.direction)
    else { return nil }
    // What is only looked at stays where it is, and is read again.
    if let flags = value(places.flags), flags & DataCalls.peek != 0 { return nil }
    var bytes: ArraySlice<UInt8> = []
    if let index = places.data, index < columns.count, columns[index].isPresent, rank < columns[index].values.count,
      !columns[index].isMissing(rank)
    {
      bytes = columns[index].bytes(at: rank)
    }
    let length =
      places.size != nil ? max(value(places.size) ?? 0, Int64(bytes.count)) : batch.results[row]
    return MovedBytes(
      direction: direction, length: length, bytes: bytes.prefix(Int(clamping: length)),
      position: value(places.position).flatMap { $0 >= 0 ? $0 : nil }, descriptor: value(places.descriptor))
  }

  private func type(_ row: Int, _ batch: EventBatch) -> EventTypeID { EventTypeID(rawValue: batch.types[row]) }

  /// `MSG_PEEK`, the same everywhere.
  private static let peek: Int64 = 2

  /// By the number of an operation of io_uring.
  private static func direction(_ operation: Int64) -> StreamDirection? {
    switch operation {
    // READV, READ_FIXED, RECVMSG, READ, RECV, READ_MULTISHOT
    case 1, 4, 10, 22, 27, 49: .input
    // WRITEV, WRITE_FIXED, SENDMSG, WRITE, SEND, SEND_ZC, SENDMSG_ZC
    case 2, 5, 9, 23, 26, 47, 48: .output
    default: nil
    }
  }
}

/// What one call moved.
struct MovedBytes: Sendable {
  var direction: StreamDirection
  /// How many bytes.
  var length: Int64
  /// Those of them that are recorded: the first ones.
  var bytes: ArraySlice<UInt8>
  /// Where in the file, if the call says so.
  var position: Int64?
  /// The number of the descriptor.
  var descriptor: Int64?
}
