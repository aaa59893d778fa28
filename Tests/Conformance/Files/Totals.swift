import CaptureFormat
import EventBatch
import EventSchema
import TestSupport

/// The totals of a capture, counted one row after the other.
struct Totals {
  private let started: Int64
  var ended: Int64
  private var events = 0
  private var chunks = 0
  private var threads: Set<[Int64]> = []
  private var processes: Set<[Int64]> = []
  private var objects: Set<Int64> = []
  private var containers: [[UInt8]: [String: (time: Int64, text: JSONValue)]] = [:]
  private var containerTimes: [[UInt8]: Int64] = [:]
  private(set) var types: [String: Int64] = [:]

  init(_ header: CaptureHeader) {
    started = header.started
    ended = header.started
  }

  mutating func add(_ batch: EventBatch) {
    events += batch.count
    chunks += 1
    ended = max(ended, batch.exitTimes.max() ?? ended)
    for type in batch.types {
      types[batch.schema.type(EventTypeID(rawValue: type))?.name ?? "\(type)", default: 0] += 1
    }
    let rows = batch.dimensions
    for row in 0..<rows.threads.count {
      threads.insert([rows.threads[row, .tid], rows.threads[row, .startTime]])
      processes.insert([rows.threads[row, .pid], rows.threads[row, .processStartTime]])
    }
    objects.formUnion(rows.objects[.identity].filter { $0 != EventBatch.missing })
    for row in 0..<rows.containers.count {
      let id = rows.containers.value(row, .id).map { Array(rows.strings[Int($0)]) } ?? []
      know(id, EventBatch.missing, [:])
      for (column, key) in Totals.keys {
        guard let text = rows.containers.value(row, column) else { continue }
        know(id, EventBatch.missing, [key: .text(rows.strings[Int(text)])])
      }
    }
  }

  /// The columns of the table of containers, and the keys that they stand for.
  private static let keys: [(ContainerColumn, String)] = [
    (.label, "name"), (.image, "image"), (.engine, "engine"), (.pod, "pod"), (.podNamespace, "pod_namespace"),
  ]

  mutating func add(_ container: ContainerInfo) {
    know(Array(container.id.utf8), container.time, container.texts.mapValues { .text($0) })
  }

  /// Of each key the text of the greatest time counts, of equal times the later one.
  private mutating func know(_ id: [UInt8], _ time: Int64, _ texts: [String: JSONValue]) {
    var known = containers[id] ?? [:]
    for (key, text) in texts where known[key].map({ $0.time <= time }) ?? true { known[key] = (time, text) }
    containers[id] = known
    containerTimes[id] = max(containerTimes[id] ?? time, time)
  }

  var rendered: [String: JSONValue] {
    [
      "started": .integer(started), "ended": .integer(ended), "events": .integer(Int64(events)),
      "chunks": .integer(Int64(chunks)), "threads": .integer(Int64(threads.count)),
      "processes": .integer(Int64(processes.count)), "objects": .integer(Int64(objects.count)),
    ]
  }

  var renderedContainers: [JSONValue] {
    containers.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { id, known in
      .object([
        "id": .text(id), "time": .number(containerTimes[id]?.present),
        "texts": .object(known.mapValues(\.text)),
      ])
    }
  }
}
