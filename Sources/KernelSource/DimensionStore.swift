import Containers
import EventBatch

/// The growing dimensions of a live source, with what finds their rows again.
struct DimensionStore {
  var dimensions = Dimensions()
  var strings = StringInterner()

  /// Rows of threads and objects by the probe's identity.
  private(set) var threadRows = IdentityTable()
  private(set) var objectRows = IdentityTable()
  private var imageRows: [[Int64]: UInt32] = [:]
  private var imagesByIdentity = IdentityTable()
  private var containerRows: [[UInt8]: UInt32] = [:]
  /// The container of each cgroup's path, by the row of its text; `nil` for paths of the host.
  private var containersOfCgroups: [Int64: UInt32?] = [:]
  /// Containers whose row was made here, and nobody has asked for yet.
  private var newContainers: [CgroupContainer] = []
  /// Objects that were made here from the arguments of calls, by their values.
  private var argumentObjects: [[Int64]: UInt32] = [:]
  private var derivedObjects: [[Int64]: UInt32] = [:]
  private var nextArgumentIdentity: Int64 = -1

  mutating func text(_ bytes: [UInt8]) -> Int64 {
    Int64(bytes.withUnsafeBytes { strings.intern($0) })
  }

  mutating func text(_ bytes: UnsafeRawBufferPointer) -> Int64 { Int64(strings.intern(bytes)) }

  /// The row of an image with these values; equal images share one.
  mutating func image(_ values: [Int64], identity: UInt64?) -> UInt32 {
    let row: UInt32
    if let known = imageRows[values] {
      row = known
    } else {
      row = dimensions.images.appendRow(values)
      imageRows[values] = row
    }
    if let identity { imagesByIdentity.set(identity, row) }
    return row
  }

  func imageRow(_ identity: UInt64) -> UInt32? { imagesByIdentity[identity] }

  /// A new thread row.
  mutating func thread(_ values: [Int64], identity: UInt64?) -> UInt32 {
    let row = dimensions.threads.appendRow(values)
    if let identity { threadRows.set(identity, row) }
    return row
  }

  /// A new object row; a definition that arrives twice gives the same row.
  mutating func object(_ values: [Int64], identity: UInt64?) -> UInt32 {
    let row = dimensions.objects.appendRow(values)
    if let identity { objectRows.set(identity, row) }
    return row
  }

  /// The row of an object that was made from the arguments of a failed call.
  mutating func argumentObject(_ values: [Int64]) -> UInt32 {
    if let known = argumentObjects[values] { return known }
    var identified = values
    // Its own number space: it never had one in the kernel.
    identified[ObjectColumn.identity.rawValue] = nextArgumentIdentity
    nextArgumentIdentity -= 1
    let row = dimensions.objects.appendRow(identified)
    argumentObjects[values] = row
    return row
  }

  /// The row of another view of an object that the kernel has: it keeps the object's identity.
  mutating func derivedObject(_ values: [Int64]) -> UInt32 {
    if let known = derivedObjects[values] { return known }
    let row = dimensions.objects.appendRow(values)
    derivedObjects[values] = row
    return row
  }

  /// How far the tables have grown.
  struct Mark {
    fileprivate(set) var threads: Int
    fileprivate(set) var lineages: Int
    fileprivate var objects: Int
    fileprivate var containers: Int
    fileprivate var texts: Int
  }

  /// Where the tables end now.
  var mark: Mark {
    Mark(
      threads: dimensions.threads.count, lineages: dimensions.lineages.count, objects: dimensions.objects.count,
      containers: dimensions.containers.count, texts: strings.table.count)
  }

  /// Forgets what was added since a mark, which must be rows without an identity, and no images.
  mutating func truncate(to mark: Mark) {
    dimensions.threads.truncate(to: mark.threads)
    dimensions.lineages.truncate(to: mark.lineages)
    dimensions.objects.truncate(to: mark.objects)
    if dimensions.containers.count > mark.containers {
      dimensions.containers.truncate(to: mark.containers)
      containerRows = containerRows.filter { Int($0.value) < mark.containers }
    }
    containersOfCgroups = containersOfCgroups.filter { text, container in
      Int(text) < mark.texts && container.map { Int($0) < mark.containers } ?? true
    }
    strings.truncate(to: mark.texts)
  }

  /// The row of the container that a cgroup belongs to; `nil` for those of the host.
  /// - Parameter text: the row of the path's text.
  mutating func container(ofCgroup path: [UInt8], in text: Int64) -> UInt32? {
    if let known = containersOfCgroups[text] { return known }
    let found = CgroupContainer(path: path).map { container in
      let row = self.container(Array(container.id.utf8), engine: container.engine)
      newContainers.append(container)
      return row
    }
    containersOfCgroups[text] = .some(found)
    return found
  }

  /// Containers that came up since the last call; one may come several times.
  mutating func takeNewContainers() -> [CgroupContainer] {
    defer { newContainers.removeAll() }
    return newContainers
  }

  /// The row of a container by its full id.
  mutating func container(_ id: [UInt8], engine: String) -> UInt32 {
    if let known = containerRows[id] { return known }
    var values = [Int64](repeating: EventBatch.missing, count: ContainerColumn.allCases.count)
    values[ContainerColumn.id.rawValue] = text(id)
    values[ContainerColumn.engine.rawValue] = text(Array(engine.utf8))
    let row = dimensions.containers.appendRow(values)
    containerRows[id] = row
    return row
  }

  /// How many rows there are that only ever grow.
  var rowCount: Int { dimensions.threads.count + dimensions.objects.count + dimensions.lineages.count }

  /// A copy of another store's thread row, with its image and container.
  mutating func adoptThread(_ row: UInt32, from other: borrowing DimensionStore, identity: UInt64?) -> UInt32 {
    thread(adopted(other.dimensions.threads.row(Int(row)), ThreadColumn.self, from: other), identity: identity)
  }

  /// A copy of another store's image row.
  mutating func adoptImage(_ row: UInt32, from other: borrowing DimensionStore, identity: UInt64) -> UInt32 {
    image(adopted(other.dimensions.images.row(Int(row)), ImageColumn.self, from: other), identity: identity)
  }

  /// A copy of another store's object row.
  mutating func adoptObject(_ row: UInt32, from other: borrowing DimensionStore, identity: UInt64) -> UInt32 {
    object(adopted(other.dimensions.objects.row(Int(row)), ObjectColumn.self, from: other), identity: identity)
  }

  /// Takes over all users of another store.
  mutating func adoptUsers(from other: borrowing DimensionStore) {
    for row in 0..<other.dimensions.users.count {
      _ = dimensions.users.appendRow(adopted(other.dimensions.users.row(row), UserColumn.self, from: other))
    }
  }

  private mutating func adopted<Column: DimensionColumn>(
    _ values: [Int64], _ columns: Column.Type, from other: borrowing DimensionStore
  ) -> [Int64] {
    var values = values
    for column in columns.allCases where values[column.rawValue] != EventBatch.missing {
      let reference = Int(values[column.rawValue])
      switch column.kind {
      case .string:
        values[column.rawValue] = Int64(strings.intern(other.strings.table[reference]))
      case .image:
        let image = adopted(other.dimensions.images.row(reference), ImageColumn.self, from: other)
        values[column.rawValue] = Int64(self.image(image, identity: nil))
      case .container:
        let id = other.dimensions.containers.value(reference, .id).map { Array(other.strings.table[Int($0)]) }
        let engine = other.dimensions.containers.value(reference, .engine).map { other.strings.table.text(Int($0)) }
        values[column.rawValue] = Int64(container(id ?? [], engine: engine ?? ""))
      case .integer, .thread, .lineage:
        break
      }
    }
    return values
  }

  /// Lends the dimensions, with their texts, to a reader.
  mutating func withDimensions<Result>(_ body: (borrowing Dimensions) -> Result) -> Result {
    // The table is lent for the call only: a lasting second owner would make the next text copy the whole heap.
    dimensions.strings = strings.table
    defer { dimensions.strings = StringTable() }
    return body(dimensions)
  }
}
