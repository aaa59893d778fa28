import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema
import Query
import ScapFormat

/// What was there when the events that are exported begin: the last state of the capture in front of them.
struct StartingState {
  /// Users and groups of the machine itself.
  private(set) var users: [ScapUser] = []
  /// Addresses that sockets of the machine had.
  private(set) var interfaces: [ScapInterface] = []
  private let reader: CaptureReader
  private let parts: [StateEntry]
  private let selection: EventSelection

  init(_ reader: CaptureReader, _ question: Question, context: ScanContext) throws {
    self.reader = reader
    selection = EventSelection(question, context: context)
    // A recording takes its first state when it begins, which takes a moment: what happened meanwhile is in the rows.
    let moment = question.from.flatMap { reader.state(at: $0) } ?? reader.states.first
    parts = moment?.parts ?? []
    var known = Set<ScapUser>()
    var addresses = Set<[UInt8]>()
    for part in parts {
      let rows = try reader.readState(part).rows
      for user in StartingState.users(rows) where known.insert(user).inserted { users.append(user) }
      StartingState.addresses(rows, &addresses)
    }
    users.sort { ($0.isGroup ? 1 : 0, $0.number) < ($1.isGroup ? 1 : 0, $1.number) }
    interfaces = StartingState.interfaces(addresses)
  }

  /// Appends processes, then descriptors. A part of the state is in memory at a time.
  func append(to writer: inout ScapWriter) throws {
    for part in parts {
      let rows = try reader.readState(part).rows
      writer.append(processesOf: rows, rows: self.rows(of: rows))
    }
    for part in parts {
      let rows = try reader.readState(part).rows
      writer.append(descriptorsOf: rows, rows: self.rows(of: rows))
    }
  }

  private func rows(of state: EventBatch) -> [UInt32] {
    selection.stateRows?(state) ?? (0..<UInt32(state.count)).map { $0 }
  }

  private static func users(_ state: EventBatch) -> [ScapUser] {
    var users: [ScapUser] = []
    for (name, isGroup) in [("state_user", false), ("state_group", true)] {
      guard let type = state.schema.type(named: name), let arguments = state.arguments(of: type.id) else { continue }
      let stored = type.parameters.filter { $0.source.isStored }
      func column(_ name: String) -> ArgumentColumn? {
        stored.firstIndex { $0.name == name }.map { arguments.columns[$0] }
      }
      func text(_ name: String, _ rank: Int) -> [UInt8] {
        guard let column = column(name), column.isPresent, !column.isMissing(rank) else { return [] }
        return Array(state.dimensions.strings[Int(column.values[rank])])
      }
      for row in 0..<state.count where state.types[row] == type.id.rawValue && isOfHost(state, row) {
        let rank = Int(state.ranks[row])
        guard let number = number(column(isGroup ? "gid" : "uid"), rank) else { continue }
        let group = isGroup ? nil : self.number(column("gid"), rank)
        users.append(
          ScapUser(
            isGroup: isGroup, number: number, group: group ?? UInt32.max, name: text("name", rank),
            home: text("home", rank), shell: text("shell", rank)))
      }
    }
    return users
  }

  private static func number(_ column: ArgumentColumn?, _ rank: Int) -> UInt32? {
    guard let column, column.isPresent, !column.isMissing(rank) else { return nil }
    return UInt32(truncatingIfNeeded: column.values[rank])
  }

  /// Whether a row is named by no thread of a container.
  private static func isOfHost(_ state: EventBatch, _ row: Int) -> Bool {
    let lineages = state.dimensions.lineages
    let lineage = Int(state.lineages[row])
    guard lineage < lineages.count, let thread = lineages.value(lineage, .thread) else { return true }
    return state.dimensions.threads.value(Int(thread), .container) == nil
  }

  private static func addresses(_ state: EventBatch, _ addresses: inout Set<[UInt8]>) {
    let objects = state.dimensions.objects
    for row in 0..<objects.count {
      guard let kind = ObjectKind(rawValue: objects[row, .objectKind]), kind == .ipv4Socket || kind == .ipv6Socket,
        let local = objects.value(row, .localAddress)
      else { continue }
      let address = Array(state.dimensions.strings[Int(local)])
      if (address.count == 4 || address.count == 16), address.contains(where: { $0 != 0 }) { addresses.insert(address) }
    }
  }

  private static func interfaces(_ addresses: Set<[UInt8]>) -> [ScapInterface] {
    var interfaces = [
      ScapInterface(name: "lo", address: [127, 0, 0, 1], mask: [255, 0, 0, 0]),
      ScapInterface(
        name: "lo", address: [UInt8](repeating: 0, count: 15) + [1], mask: [UInt8](repeating: 255, count: 16)),
    ]
    let known = Set(interfaces.map(\.address))
    let others = addresses.subtracting(known).filter { !($0.count == 4 && $0[0] == 127) }
    for (index, address) in others.sorted(by: { $0.lexicographicallyPrecedes($1) }).enumerated() {
      // Nobody knows the network's size from a socket: the address alone is certain.
      interfaces.append(
        ScapInterface(
          name: "address\(index)", address: address, mask: [UInt8](repeating: 255, count: address.count)))
    }
    return interfaces
  }
}
