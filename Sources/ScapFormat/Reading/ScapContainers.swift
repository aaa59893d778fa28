/// What an engine says of a container.
struct ScapContainer: Hashable {
  var id: [UInt8]
  var name: [UInt8] = []
  var image: [UInt8] = []
  var engine: [UInt8] = []
  var pod: [UInt8] = []
  var podNamespace: [UInt8] = []
}

/// What the file tells of containers and users, for the rows of all batches to come.
struct ScapDirectory {
  private var containers: [[UInt8]: ScapContainer] = [:]
  private var ids: Set<[UInt8]> = []
  private var places: [UserKey: Int] = [:]
  /// Users and groups, in the order in which the file names them.
  private(set) var users: [(container: [UInt8], user: ScapUser)] = []

  /// More than these are not kept of each: no machine has them, but a file that was made to exhaust memory.
  private static let most = 1 << 17

  private struct UserKey: Hashable {
    var container: [UInt8]
    var isGroup: Bool
    var number: UInt32
  }

  /// Notes a user or group, of the host or of a container.
  mutating func note(_ user: ScapUser, container: [UInt8]) {
    let key = UserKey(container: container, isGroup: user.isGroup, number: user.number)
    if let place = places[key] {
      users[place].user = user
    } else if users.count < ScapDirectory.most {
      places[key] = users.count
      users.append((container, user))
    }
  }

  mutating func note(_ container: ScapContainer) {
    if containers.count < ScapDirectory.most || containers[container.id] != nil { containers[container.id] = container }
  }

  /// Notes the full id of a container that a thread is in.
  mutating func note(id: [UInt8]) { if ids.count < ScapDirectory.most { ids.insert(id) } }

  /// What is known of a container. Older events tell the first part of an id only.
  func container(_ id: [UInt8]) -> ScapContainer? {
    containers[id] ?? containers.first { id.starts(with: $0.key) }?.value
  }

  /// The full id of a container of which an event told the short one.
  func fullID(ofContainer short: [UInt8]) -> [UInt8] {
    containers.keys.first { $0.starts(with: short) } ?? ids.first { $0.starts(with: short) } ?? short
  }
}
