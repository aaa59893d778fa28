import EventBatch
import EventSchema
import Foundation
import Testing

@testable import ScapFormat

/// Needs the folder with captures of others in `REEL_TEST_DATA`; without it these tests are reported as skipped.
private let dataFolder = ProcessInfo.processInfo.environment["REEL_TEST_DATA"]

/// Plain files with the second version of events: what the naive reader knows.
private let files = [
  "sysflow-alpine-alpine", "sysflow-client-server-tcp-client-server", "sysflow-files-filesat",
  "sysflow-mpm-worker-cold_start_capture", "sysflow-mpm-event-full_capture", "sysflow-namespaces-setns",
  "sysflow-objectstore-ls", "sysflow-setuid-setuid", "sysflow-rename-rename", "modern-2024-enter-exit",
  "modern-2026-exit-only",
]

/// Where an event of a file stands in the batches.
private struct Place {
  var batch: EventBatch
  var row: Int

  /// The value of a parameter as bytes, of a number eight of them; `nil` when it is missing.
  func bytes(_ name: String) -> [UInt8]? {
    guard let type = batch.schema.type(EventTypeID(rawValue: batch.types[row])),
      let index = type.parameters.firstIndex(where: { $0.name == name })
    else { return nil }
    let parameter = type.parameters[index]
    if parameter.source == .result {
      return batch.results[row] == EventBatch.missing ? nil : number(batch.results[row])
    }
    let column = type.parameters[..<index].count { $0.source.isStored }
    guard let columns = batch.arguments(of: type.id)?.columns else { return nil }
    let rank = Int(batch.ranks[row])
    if columns[column].isMissing(rank) { return nil }
    switch parameter.type.storage {
    case .integer: return number(columns[column].values[rank])
    case .string: return Array(batch.dimensions.strings[Int(columns[column].values[rank])])
    case .bytes: return Array(columns[column].bytes(at: rank))
    }
  }

  private func number(_ value: Int64) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
}

@Suite(.enabled(if: dataFolder != nil, "REEL_TEST_DATA is not set: captures of others are not read"))
struct ScapBytesTests {
  @Test("Every byte of a parameter is in the batch", arguments: files)
  func everyByte(name: String) throws {
    let path = "\(try #require(dataFolder))/scap/\(name).scap"
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let file = try NaiveScapFile(bytes)
    let places = try places(bytes)
    var waiting: [Int64: (code: UInt16, values: [[UInt8]])] = [:]
    var compared = 0
    for (index, event) in file.events.enumerated() {
      let type = try #require(ScapCatalogue.builtIn[event.code])
      if let place = places[UInt64(index + 1)] {
        let begun = waiting[event.tid].flatMap { $0.code == event.code &- 1 && type.isExit ? $0.values : nil }
        compared += try compare(event, begun, type, place)
        if begun != nil { waiting[event.tid] = nil }
      } else {
        #expect(!type.isExit, "\(name): event \(index + 1), a \(type.name), is not there")
        waiting[event.tid] = (event.code, event.values)
      }
    }
    #expect(compared > file.events.count)
  }

  private func places(_ bytes: [UInt8]) throws -> [UInt64: Place] {
    var input = try ScapImport(bytes: bytes)
    var places: [UInt64: Place] = [:]
    while let batch = try input.nextBatch() {
      try batch.checkInvariants()
      for row in 0..<batch.count where !batch.isUnfinished(row) {
        places[batch.numbers[row]] = Place(batch: batch, row: row)
      }
    }
    #expect(input.damage == nil)
    return places
  }

  /// Compares the parameters of an event, and those of the beginning that its return does not have.
  private func compare(
    _ event: NaiveScapFile.Event, _ begun: [[UInt8]]?, _ type: ScapEventType, _ place: Place
  ) throws -> Int {
    let name = place.batch.schema.type(EventTypeID(rawValue: place.batch.types[place.row]))?.name ?? ""
    var told: Set<String> = []
    var compared = 0
    func check(_ value: [UInt8], _ parameter: ScapParameter, isExit: Bool) {
      let shown = ScapSchema.parameterName(parameter.name, of: name, isExit: isExit)
      // What the return says counts; a beginning that says something else was read before the call.
      if value.isEmpty || !told.insert(shown).inserted { return }
      compared += 1
      let kept = place.bytes(shown) ?? []
      let isSame =
        kept == value || kept + [0] == value || (kept.count == 8 && Array(kept.prefix(value.count)) == value)
      #expect(isSame, "\(name) \(event.time): \(shown) is \(kept), not \(value)")
    }
    for (value, parameter) in zip(event.values, type.parameters) { check(value, parameter, isExit: type.isExit) }
    if let begun, let enter = ScapCatalogue.builtIn[event.code - 1] {
      for (value, parameter) in zip(begun, enter.parameters) { check(value, parameter, isExit: false) }
    }
    return compared
  }
}
