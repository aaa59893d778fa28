import BinaryCoding
import EventBatch

/// What is known of a container: texts by key. The set of keys is open; those that this program uses have names here.
///
/// Such knowledge may arrive after the events; it binds by the container's id.
public struct ContainerInfo: Hashable, Sendable {
  /// The full id.
  public var id: String
  /// From when on this holds, in nanoseconds of the epoch; `EventBatch.missing` for what dimension rows say.
  public var time: Int64
  /// What is known, by key: `name`, `image`, `engine`, `pod`, `pod_namespace`, `image.digest`, `label.X` and more.
  public var texts: [String: String]

  /// What is known of a container.
  public init(id: String, time: Int64 = EventBatch.missing, texts: [String: String] = [:]) {
    self.id = id
    self.time = time
    self.texts = texts
  }

  /// The engine's name for it.
  public var name: String? {
    get { texts["name"] }
    set { texts["name"] = newValue }
  }
  /// The image that it was made from.
  public var image: String? {
    get { texts["image"] }
    set { texts["image"] = newValue }
  }
  /// The engine: `docker`, `containerd`, `podman` …
  public var engine: String? {
    get { texts["engine"] }
    set { texts["engine"] = newValue }
  }
  /// The Kubernetes pod.
  public var pod: String? {
    get { texts["pod"] }
    set { texts["pod"] = newValue }
  }
  /// The Kubernetes namespace of the pod.
  public var podNamespace: String? {
    get { texts["pod_namespace"] }
    set { texts["pod_namespace"] = newValue }
  }

  init(row: Int, _ dimensions: Dimensions) {
    func text(_ column: ContainerColumn) -> String? {
      dimensions.containers.value(row, column).map { dimensions.strings.text(Int($0)) }
    }
    self.init(id: text(.id) ?? "")
    name = text(.label)
    image = text(.image)
    engine = text(.engine)
    pod = text(.pod)
    podNamespace = text(.podNamespace)
  }
}

// The content of a container frame, decompressed, and of section 3 of the summary:
//
//     number of containers
//     each: id | time (zigzag) | number of texts | each: key, text      ascending by key
extension ContainerInfo {
  /// The payload of a container frame.
  public static func encodedFrame(_ containers: [ContainerInfo], _ compression: BlockCompression) -> [UInt8] {
    var raw = ByteBuffer()
    write(containers, into: &raw)
    return CompressedPayload.encode(raw.bytes, compression)
  }

  /// The containers in the payload of a container frame.
  public static func decodeFrame(
    _ payload: UnsafeRawBufferPointer, _ decompression: BlockDecompression
  ) throws(MalformedBytes) -> [ContainerInfo] {
    let raw = try CompressedPayload.decode(payload, limit: CaptureLimits.chunkBytes, decompression)
    return try raw.decoded { (cursor) throws(MalformedBytes) in
      let containers = try read(&cursor)
      guard cursor.remaining == 0 else { throw MalformedBytes("a container frame has bytes behind its end") }
      return containers
    }
  }

  static func write(_ containers: [ContainerInfo], into output: inout ByteBuffer) {
    output.append(varint: UInt64(containers.count))
    for container in containers {
      output.append(counted: container.id)
      output.append(zigzag: container.time)
      output.append(varint: UInt64(container.texts.count))
      for (key, text) in container.texts.sorted(by: { $0.key.isBefore($1.key) }) {
        output.append(counted: key)
        output.append(counted: text)
      }
    }
  }

  static func read(_ cursor: inout ByteCursor) throws(MalformedBytes) -> [ContainerInfo] {
    let count = try cursor.count(upTo: cursor.remaining / 3, "the number of containers")
    var containers: [ContainerInfo] = []
    for _ in 0..<count {
      let id = try cursor.text(upTo: CaptureLimits.textBytes, "the length of a container's id")
      var container = ContainerInfo(id: id, time: try cursor.zigzag())
      let texts = try cursor.count(upTo: cursor.remaining / 2, "the number of a container's texts")
      for _ in 0..<texts {
        let key = try cursor.text(upTo: CaptureLimits.textBytes, "the length of a container's key")
        container.texts[key] = try cursor.text(upTo: CaptureLimits.chunkBytes, "the length of a container's text")
      }
      containers.append(container)
    }
    return containers
  }
}

/// What all rows and frames say of containers: of each id and key the newest text.
struct ContainerSum: Sendable {
  private var known: [String: [String: (time: Int64, text: String)]] = [:]
  private var times: [String: Int64] = [:]

  /// Takes something in. Of two texts of one time the later one counts.
  mutating func add(_ container: ContainerInfo) {
    times[container.id] = max(times[container.id] ?? EventBatch.missing, container.time)
    var texts = known[container.id] ?? [:]
    for (key, text) in container.texts where texts[key].map({ $0.time <= container.time }) ?? true {
      texts[key] = (container.time, text)
    }
    known[container.id] = texts
  }

  /// The sum of each container, by id in the order of the bytes.
  var containers: [ContainerInfo] {
    known.sorted { $0.key.isBefore($1.key) }
      .map { id, texts in
        ContainerInfo(id: id, time: times[id] ?? EventBatch.missing, texts: texts.mapValues(\.text))
      }
  }
}

extension String {
  /// The order of the bytes, whatever the language.
  func isBefore(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}
