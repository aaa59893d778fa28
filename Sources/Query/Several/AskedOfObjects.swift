import EventBatch
import Filter

/// What of an object matters to some predicates: rows that agree in it have the same answers.
struct AskedOfObjects {
  /// Columns of which the value matters, whatever kind of object it is.
  let columns: [ObjectColumn]
  /// Whether names matter: those of files are in `columns`, those of others are made from their addresses or their inode.
  let hasNames: Bool
  /// Whether addresses or ports of connections matter.
  let hasEnds: Bool
  /// Whether a predicate may tell one connection's name from another's. Most ask for paths, which no connection has.
  let tellsConnectionsByName: Bool
  /// Ascending ports between which no predicate makes a difference; `nil` when every port matters.
  private let ports: [Int64]?

  init(_ predicates: [Predicate]) {
    var columns: Set<ObjectColumn> = []
    var hasNames = false
    var hasEnds = false
    var tellsConnections = false
    var ports: [Int64]? = []
    for predicate in predicates {
      var operands = [predicate.operand]
      if case .compare(_, .operand(let right)) = predicate.test { operands.append(right) }
      for operand in operands {
        operand.forEachField { field in
          guard case .object(let property) = field.field.source else { return }
          columns.formUnion(property.columns)
          hasNames = hasNames || property.isName
          hasEnds = hasEnds || property.isEnd
          if property.isName {
            tellsConnections = tellsConnections || operand != .field(field) || predicate.tellsConnections
          }
          guard property.isPort, let known = ports else { return }
          let limits = operand == .field(field) ? predicate.numericLimits : nil
          ports = limits.map { known + $0 }
        }
      }
    }
    self.columns = columns.sorted { $0.rawValue < $1.rawValue }
    self.hasNames = hasNames
    self.hasEnds = hasEnds
    tellsConnectionsByName = tellsConnections
    self.ports = tellsConnections ? nil : ports.map { Set($0).sorted() }
  }

  /// A number that is equal for ports between which no predicate makes a difference.
  func port(_ value: Int64) -> Int64 {
    guard value != EventBatch.missing, let ports else { return value }
    let port = value & 0xFFFF
    var (low, high) = (0, ports.count)
    while low < high {
      let middle = (low + high) / 2
      if ports[middle] <= port { low = middle + 1 } else { high = middle }
    }
    return Int64(low)
  }
}

extension ObjectProperty {
  /// The columns from which the property is made of any kind of object, besides the kind; for connections and names of
  /// other things than files there is more.
  fileprivate var columns: Set<ObjectColumn> {
    switch self {
    case .name, .directory, .filename: [.label]
    case .realName: [.label, .realName]
    case .type, .typeCharacter, .family, .bothAddresses, .clientAddress, .serverAddress, .localAddress, .remoteAddress,
      .bothPorts, .clientPort, .serverPort, .localPort, .remotePort:
      []
    case .transport: [.networkProtocol, .socketType]
    case .isServer: [.role]
    case .isConnected, .isListening, .upperLayer, .lowerLayer, .isDeleted, .isNameTruncated: [.flags]
    case .device, .deviceMajor, .deviceMinor: [.device]
    case .inode: [.inode]
    case .mount: [.mountID]
    case .openFlags: [.openFlags]
    case .socketSource: [.socketSource]
    case .socketPeer: [.socketPeer]
    }
  }

  fileprivate var isName: Bool { self == .name || self == .realName }

  fileprivate var isPort: Bool {
    switch self {
    case .bothPorts, .clientPort, .serverPort, .localPort, .remotePort: true
    default: false
    }
  }

  fileprivate var isEnd: Bool {
    switch self {
    case .bothAddresses, .clientAddress, .serverAddress, .localAddress, .remoteAddress: true
    default: isPort
    }
  }
}

extension Predicate {
  /// Whether the names of two connections may have different answers.
  fileprivate var tellsConnections: Bool {
    switch test {
    case .exists: false
    case .compare(.less, _), .compare(.lessOrEqual, _), .compare(.greater, _), .compare(.greaterOrEqual, _): true
    case .compare(_, .one(let literal)): !literal.isOfNoConnection
    case .compare(_, .any(let literals)), .quantified(_, _, let literals): !literals.allSatisfy(\.isOfNoConnection)
    case .compare(_, .texts(let texts)):
      !texts.allSatisfy { $0.bytesValue.map { Literal.bytes(Array($0)).isOfNoConnection } ?? false }
    case .compare(_, .operand): true
    }
  }

  /// Numbers such that all values between two of them have the same answer; `nil` where there are none.
  fileprivate var numericLimits: [Int64]? {
    let literals: [Literal]
    switch test {
    case .exists: return []
    case .compare(_, .one(let literal)): literals = [literal]
    case .compare(_, .any(let several)), .quantified(_, _, let several): literals = several
    case .compare(_, .texts), .compare(_, .operand): return nil
    }
    var limits: [Int64] = []
    for literal in literals {
      guard case .number(let number) = literal else { return nil }
      let limit = Int64(clamping: number)
      // The number itself, and all that is greater.
      limits.append(limit)
      if limit < Int64.max { limits.append(limit + 1) }
    }
    return limits
  }

  /// Whether what is asked for stands in no name of a connection.
  var excludesConnections: Bool {
    guard case .compare(let comparison, .one(.bytes(let wanted))) = test else { return false }
    switch comparison {
    case .equal, .contains, .startsWith, .endsWith: return Literal.bytes(wanted).isOfNoConnection
    default: return false
    }
  }
}

extension Literal {
  /// Whether every text that has anything to do with the constant holds a byte that no name of a connection has,
  /// `10.0.0.1:40000->10.0.0.2:80`.
  fileprivate var isOfNoConnection: Bool {
    switch self {
    case .bytes(let bytes): bytes.contains(where: Literal.isOfNoConnection)
    case .glob(let pattern): pattern.needs(Literal.isOfNoConnection)
    // A name without a slash has one part.
    case .path(let patterns): patterns.count > 1 || patterns.contains { $0.needs(Literal.isOfNoConnection) }
    case .number, .real, .boolean, .network, .regex: false
    }
  }

  private static func isOfNoConnection(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
      UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "-"), UInt8(ascii: ">"):
      false
    default: true
    }
  }
}
