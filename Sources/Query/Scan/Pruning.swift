import CaptureFormat
import EventBatch
import EventSchema
import Filter

/// Why a chunk need not be read.
public enum ChunkExclusion: Sendable, Hashable {
  /// Its page of the summary says that it is outside of the time window, or of the numbers asked for.
  case page
  /// It has no events.
  case empty
  /// It is outside of the time window.
  case time
  /// Its head says that no event fulfils a step of the question, by the step's position among those of the filter.
  case step(Int)
}

extension Question {
  /// Whether a chunk may hold an event that the question selects. False only when its head excludes that.
  /// - Parameter context: what is known of the capture's containers; without it names of containers exclude nothing.
  public func mayMatch(_ head: ChunkHead, context: ScanContext? = nil) -> Bool {
    if excludesByTime(head) != nil { return false }
    return ChunkPruner(head: head, schema: schema, context: context).mayHold(root, wanted: true)
  }

  /// Why a chunk holds no event that the question selects; `nil` when it may hold one.
  func exclusion(_ head: ChunkHead, context: ScanContext? = nil) -> ChunkExclusion? {
    if let reason = excludesByTime(head) { return reason }
    let pruner = ChunkPruner(head: head, schema: schema, context: context)
    if pruner.mayHold(root, wanted: true) { return nil }
    guard case .and(let terms) = root else { return .step(0) }
    return .step(terms.firstIndex { !pruner.mayHold($0, wanted: true) } ?? 0)
  }

  private func excludesByTime(_ head: ChunkHead) -> ChunkExclusion? {
    if head.count == 0 { return .empty }
    if let from, head.greatestExit < from { return .time }
    if let to, head.leastExit >= to { return .time }
    return nil
  }

  /// Whether all events of a chunk are within the time window.
  func isWithinWindow(_ head: ChunkHead) -> Bool {
    if let from, head.leastExit < from { return false }
    if let to, head.greatestExit >= to { return false }
    return true
  }

  /// Whether some chunks may hold an event that the question selects, by what their heads say together. Looks at times
  /// and numbers alone: what else is asked, each head answers.
  public func mayMatch(_ bounds: ChunkBounds) -> Bool {
    if bounds.events == 0 { return false }
    if let from, bounds.greatestExit < from { return false }
    if let to, bounds.leastExit >= to { return false }
    return root.mayHold(wanted: true) { predicate, wanted in
      predicate.mayHold(
        wanted, numbers: bounds.firstNumber, bounds.lastNumber, exits: bounds.leastExit, bounds.greatestExit) ?? true
    }
  }
}

/// Decides from a chunk's head whether a filter can hold, or fail, for any of its events.
struct ChunkPruner {
  let head: ChunkHead
  let schema: Schema
  let context: ScanContext?

  /// Whether the expression may have the wanted answer for some event.
  func mayHold(_ expression: BoundExpression, wanted: Bool) -> Bool {
    expression.mayHold(wanted: wanted) { predicate, wanted in
      if predicate.domain == .type {
        // The types of a chunk are known exactly, so both answers can be excluded.
        return predicate.mayHold(forTypes: head.typeCounts.map(\.type), of: schema, wanted: wanted)
      }
      let byRange = predicate.mayHold(
        wanted, numbers: head.firstNumber, head.lastNumber, exits: head.leastExit, head.greatestExit)
      if let byRange { return byRange }
      // Indexes say what is there. That something else is there too, they do not exclude.
      return wanted ? mayHold(predicate) : true
    }
  }

  private func mayHold(_ predicate: Predicate) -> Bool {
    guard case .field(let field) = predicate.operand else { return true }
    switch field.field.source {
    case .event(.startTime): return predicate.mayHoldBetween(head.leastStart, head.greatestExit)
    case .process(.pid, .itself):
      guard let pids = head.pids else { return true }
      return pids.contains { predicate.holds(.integer($0)) { _ in .missing } } || !predicate.hasConstants
    case .container(.fullID), .container(.shortID):
      guard let containers = head.containers, predicate.hasConstants else { return true }
      return containers.contains { id in
        let full = Array(id.utf8)
        let value: FieldValue =
          if full.isEmpty {
            field.field.source == .container(.shortID) ? .text("host") : .missing
          } else {
            .text(field.field.source == .container(.shortID) ? full.prefix(12) : full[...])
          }
        return predicate.holds(value) { _ in .missing }
      }
    case .container(let property): return mayHold(predicate, property, field.argument)
    case .process(.executablePath, let relation):
      return mayHoldForExecutables(predicate, relation)
    case .event(.result), .event(.hasFailed), .event(.rawResult):
      return mayHoldForErrors(predicate, field.field.source)
    case .object(let property): return mayHold(predicate, property)
    default: return true
    }
  }

  /// What is known of the containers of a chunk binds through their ids, which the head lists.
  private func mayHold(_ predicate: Predicate, _ property: ContainerProperty, _ argument: FieldArgument) -> Bool {
    guard let ids = head.containers, let context, predicate.hasConstants else { return true }
    return ids.contains { id in
      guard let value = property.value(ofContainer: id, argument, in: context) else { return true }
      return predicate.holds(value) { _ in .missing }
    }
  }

  /// Which errors events returned is listed; that others succeeded is not, so that it is always possible.
  private func mayHoldForErrors(_ predicate: Predicate, _ source: FieldSource) -> Bool {
    guard let errors = head.errors, predicate.hasConstants else { return true }
    func holds(_ value: FieldValue) -> Bool { predicate.holds(value) { _ in .missing } }
    switch source {
    case .event(.result):
      return holds(.text("SUCCESS")) || errors.contains { holds(.text(errorName($0))) }
    case .event(.hasFailed): return holds(.boolean(false)) || !errors.isEmpty && holds(.boolean(true))
    default:
      // Any other result is possible: only a question for errors and nothing else can be answered.
      guard case .compare(.equal, .one(.number(let number))) = predicate.test, let result = Int64(exactly: number),
        isError(result)
      else { return true }
      return errors.contains(-result)
    }
  }

  /// The ports of both ends of all objects are listed together.
  private func mayHoldForPorts(_ predicate: Predicate) -> Bool {
    // `allof` may hold for two ends together and for neither alone.
    if case .quantified = predicate.test { return true }
    guard let ports = head.ports, predicate.hasConstants else { return true }
    return ports.contains { port in predicate.holds(.unsigned(UInt64(port & 0xFFFF))) { _ in .missing } }
  }

  /// Executables of the events and of their ancestors are listed together.
  private func mayHoldForExecutables(_ predicate: Predicate, _ relation: ProcessRelation) -> Bool {
    guard let executables = head.executables, predicate.hasConstants, relation != .sessionLeader,
      relation != .groupLeader, relation != .virtualGroupLeader
    else { return true }
    return executables.contains { path in predicate.holds(.text(path)) { _ in .missing } }
  }

  private func mayHold(_ predicate: Predicate, _ property: ObjectProperty) -> Bool {
    switch property {
    case .bothPorts, .clientPort, .serverPort, .localPort, .remotePort: return mayHoldForPorts(predicate)
    default: break
    }
    if property == .name || property == .realName, let directory = predicate.startingDirectory, let paths = head.paths {
      return paths.mayContain(directory)
    }
    guard let wanted = predicate.equalTexts else { return mayHoldForAddresses(predicate, property) }
    switch property {
    case .name, .realName:
      // Names of connections are made from addresses and are not in the index; paths are.
      guard let paths = head.paths, wanted.allSatisfy({ $0.first == UInt8(ascii: "/") }) else { return true }
      return wanted.contains { paths.mayContain($0) }
    case .directory:
      guard let paths = head.paths, wanted.allSatisfy({ $0.first == UInt8(ascii: "/") }) else { return true }
      return wanted.contains { paths.mayContain($0) }
    case .filename:
      guard let paths = head.paths else { return true }
      return wanted.contains { paths.mayContain($0) }
    default: return true
    }
  }

  private func mayHoldForAddresses(_ predicate: Predicate, _ property: ObjectProperty) -> Bool {
    switch property {
    case .bothAddresses, .clientAddress, .serverAddress, .localAddress, .remoteAddress: break
    default: return true
    }
    guard let addresses = head.addresses, let wanted = predicate.equalAddresses else { return true }
    return wanted.contains { addresses.mayContain($0[...]) }
  }
}

extension BoundExpression {
  /// Whether the expression may have the wanted answer, given the answers that each of its predicates may have.
  func mayHold(wanted: Bool, _ predicateMayHold: (Predicate, _ wanted: Bool) -> Bool) -> Bool {
    switch self {
    case .constant(let value): return value == wanted
    case .not(let term): return term.mayHold(wanted: !wanted, predicateMayHold)
    // For all terms to hold, each must be possible; for one to fail, one must be.
    case .and(let terms):
      return wanted
        ? terms.allSatisfy { $0.mayHold(wanted: true, predicateMayHold) }
        : terms.contains { $0.mayHold(wanted: false, predicateMayHold) }
    case .or(let terms):
      return wanted
        ? terms.contains { $0.mayHold(wanted: true, predicateMayHold) }
        : terms.allSatisfy { $0.mayHold(wanted: false, predicateMayHold) }
    case .predicate(let predicate): return predicateMayHold(predicate, wanted)
    }
  }
}

extension Predicate {
  /// Whether a predicate on the number or the time of events, which are never missing, has the wanted answer for some event
  /// of a range; `nil` for other predicates.
  fileprivate func mayHold(
    _ wanted: Bool, numbers first: UInt64, _ last: UInt64, exits least: Int64, _ greatest: Int64
  ) -> Bool? {
    guard case .field(let field) = operand else { return nil }
    switch field.field.source {
    case .event(.number):
      return wanted
        ? mayHoldBetween(Int64(clamping: first), Int64(clamping: last))
        : mayFailBetween(Int64(clamping: first), Int64(clamping: last))
    case .event(.time): return wanted ? mayHoldBetween(least, greatest) : mayFailBetween(least, greatest)
    default: return nil
    }
  }

  /// Whether a comparison of numbers may hold for a value of a range.
  fileprivate func mayHoldBetween(_ least: Int64, _ greatest: Int64) -> Bool {
    guard case .compare(let comparison, .one(.number(let number))) = test else { return true }
    switch comparison {
    case .equal: return number >= Int128(least) && number <= Int128(greatest)
    case .less: return Int128(least) < number
    case .lessOrEqual: return Int128(least) <= number
    case .greater: return Int128(greatest) > number
    case .greaterOrEqual: return Int128(greatest) >= number
    default: return true
    }
  }

  /// Whether a comparison of numbers may fail for a value of a range.
  private func mayFailBetween(_ least: Int64, _ greatest: Int64) -> Bool {
    guard case .compare(let comparison, .one(.number(let number))) = test else { return true }
    switch comparison {
    case .less: return Int128(greatest) >= number
    case .lessOrEqual: return Int128(greatest) > number
    case .greater: return Int128(least) <= number
    case .greaterOrEqual: return Int128(least) < number
    default: return true
    }
  }

  /// The directory that the value must be below, when the predicate asks for a beginning that names one.
  fileprivate var startingDirectory: ArraySlice<UInt8>? {
    guard operand.type == .text, case .compare(.startsWith, .one(.bytes(let bytes))) = test,
      bytes.first == UInt8(ascii: "/"), let slash = bytes.lastIndex(of: UInt8(ascii: "/")), slash > 0
    else { return nil }
    return bytes[..<slash]
  }

  /// Whether a predicate on the event's type has the wanted answer for one of some types.
  func mayHold(forTypes types: [EventTypeID], of schema: Schema, wanted: Bool) -> Bool {
    var empty = EventBatch(schema: schema)
    empty.arguments = types.map { TypeArguments(type: $0, count: 0, columns: []) }
    let view = BatchView(empty, context: ScanContext(), previousExit: nil)
    return types.contains { type in
      let position = Position.type(type.rawValue)
      return holds(view.value(operand, at: position)) { view.value($0, at: position) } == wanted
    }
  }

  /// Whether the answer depends on nothing but the left side.
  var hasConstants: Bool {
    if case .compare(_, .operand) = test { return false }
    return true
  }

  /// The texts of which the value must be one; `nil` when the predicate asks something else.
  fileprivate var equalTexts: [ArraySlice<UInt8>]? {
    guard operand.type == .text else { return nil }
    switch test {
    case .compare(.equal, .one(.bytes(let bytes))), .compare(.in, .one(.bytes(let bytes))): return [bytes[...]]
    case .compare(.in, .texts(let texts)), .compare(.intersects, .texts(let texts)):
      return texts.compactMap(\.bytesValue)
    default: return nil
    }
  }

  /// The addresses of which the value must be one, as in packets; `nil` when the predicate asks something else.
  fileprivate var equalAddresses: [[UInt8]]? {
    let literals: [Literal]
    switch test {
    case .compare(.equal, .one(let literal)): literals = [literal]
    case .compare(.in, .any(let several)), .compare(.intersects, .any(let several)): literals = several
    default: return nil
    }
    var addresses: [[UInt8]] = []
    for literal in literals {
      guard case .network(let network) = literal, network.prefixLength == network.address.bitWidth else { return nil }
      addresses.append(network.address.packetBytes)
    }
    return addresses
  }
}

extension IPAddress {
  /// The address as in packets: 4 or 16 bytes.
  fileprivate var packetBytes: [UInt8] {
    func bytes(_ word: UInt64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) } }
    return family == .ipv4 ? Array(bytes(low).suffix(4)) : bytes(high) + bytes(low)
  }
}
