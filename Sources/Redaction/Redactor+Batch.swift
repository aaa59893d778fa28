import EventBatch
import EventSchema

extension Redactor {
  /// Replaces the secrets in texts and payloads of events, or of rows of a state.
  /// - Complexity: O(bytes); texts that nobody has a secret in are not copied.
  public mutating func redact(_ batch: inout EventBatch) -> Bool {
    var isChanged = false
    let scopes = LazyScopes(batch)
    // The texts of all dimensions and arguments stand in one table, each once, whoever names them.
    let ends = batch.dimensions.strings.ends
    let areTextsChanged = batch.dimensions.strings.replaceInPlace { heap in
      redact(&heap, ends: ends) { scopes[$0] }
    }
    isChanged = areTextsChanged
    for type in batch.arguments.indices {
      for column in batch.arguments[type].columns.indices {
        let ends = batch.arguments[type].columns[column].values
        if batch.arguments[type].columns[column].bytes.isEmpty { continue }
        let hasSecrets = redact(&batch.arguments[type].columns[column].bytes, ends: ends) { _ in .payload }
        if hasSecrets { isChanged = true }
      }
    }
    return isChanged
  }
}

/// Of which parts of a capture each text of a batch is: gathered once something was found.
private final class LazyScopes {
  private let batch: EventBatch
  private var scopes: [RedactionScope]?

  init(_ batch: EventBatch) { self.batch = batch }

  subscript(row: Int) -> RedactionScope {
    if let scopes { return scopes[row] }
    let made = TextScopes(batch).scopes
    scopes = made
    return made[row]
  }
}

/// Of which parts of a capture the texts of a batch are. A text that is of several is looked at by the rules of all.
struct TextScopes {
  /// By row of the string table. Binary addresses are of none.
  private(set) var scopes: [RedactionScope]
  private var isNamed: [Bool]

  init(_ batch: EventBatch) {
    let dimensions = batch.dimensions
    scopes = [RedactionScope](repeating: [], count: dimensions.strings.count)
    isNamed = [Bool](repeating: false, count: dimensions.strings.count)
    mark(dimensions.images[.exe], .arguments)
    mark(dimensions.images[.arguments], .arguments)
    mark(dimensions.images[.environment], .environment)
    for column in [ImageColumn.path, .filename] { mark(dimensions.images[column], .paths) }
    for column in [ThreadColumn.comm, .processName] { mark(dimensions.threads[column], .text) }
    for column in [ThreadColumn.workingDirectory, .rootDirectory, .cgroup] { mark(dimensions.threads[column], .paths) }
    for column in [ObjectColumn.label, .realName] { mark(dimensions.objects[column], .paths) }
    markAddresses(dimensions)
    for column in ContainerColumn.allCases where column.kind == .string {
      mark(dimensions.containers[column], column == .id ? [] : .text)
    }
    for column in UserColumn.allCases where column.kind == .string {
      mark(dimensions.users[column], column == .label ? .text : .paths)
    }
    for type in batch.arguments {
      let stored = batch.schema.type(type.type)?.parameters.filter { $0.source.isStored } ?? []
      for (parameter, column) in zip(stored, type.columns) where parameter.type.storage == .string {
        if parameter.type == .socketAddress || parameter.type == .socketTuple {
          markSockets(column.values, dimensions.strings)
        } else {
          mark(column.values, TextScopes.scope(of: parameter))
        }
      }
    }
    // What nothing names that this program knows may be anything.
    for row in scopes.indices where !isNamed[row] { scopes[row] = .all }
  }

  private static func scope(of parameter: Parameter) -> RedactionScope {
    switch parameter.type {
    case .path, .relativePath: .paths
    case .strings where parameter.name == "env": .environment
    case .strings where parameter.name.hasPrefix("arg"): .arguments
    default: .text
    }
  }

  private mutating func mark(_ values: [Int64], _ scope: RedactionScope) {
    for value in values where value >= 0 && value < Int64(scopes.count) {
      scopes[Int(value)].formUnion(scope)
      isNamed[Int(value)] = true
    }
  }

  /// The addresses of sockets are numbers, but for those of unix sockets.
  private mutating func markAddresses(_ dimensions: Dimensions) {
    let family = dimensions.objects[.family]
    let numbers = [SocketAddress.ipv4Family, SocketAddress.ipv6Family].map(Int64.init)
    for column in [ObjectColumn.localAddress, .remoteAddress] {
      let values = dimensions.objects[column]
      for row in values.indices {
        let isNumber = numbers.contains(family[row])
        mark([values[row]], isNumber ? [] : .paths)
      }
    }
  }

  private mutating func markSockets(_ values: [Int64], _ strings: StringTable) {
    for value in values where value >= 0 && value < Int64(scopes.count) {
      let family = UInt16(strings[Int(value)].first ?? 0)
      mark([value], family == SocketAddress.unixFamily ? .paths : [])
    }
  }
}
