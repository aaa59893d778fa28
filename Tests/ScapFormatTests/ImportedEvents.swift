import EventBatch
import EventSchema
import ScapFormat
import TestSupport
import Testing

/// A parameter as bytes: numbers of 8, 4 and 1 bytes, and texts.
func i64(_ value: Int64) -> [UInt8] { ScapFileBuilder.bytes(of: value) }
func u32(_ value: UInt32) -> [UInt8] { ScapFileBuilder.bytes(of: value) }
func text(_ text: String) -> [UInt8] { ScapFileBuilder.parameter(text) }

/// A shell with a file open as descriptor 5.
func shell() -> ScapFileBuilder {
  var file = ScapFileBuilder()
  file.process(tid: 10, pid: 10, parent: 1, comm: "sh", arguments: ["-c", "x"], directory: "/home/me")
  file.files(tid: 10, [(5, "/etc/hosts")])
  return file
}

func batches(_ file: ScapFileBuilder) throws -> (batches: [EventBatch], damage: ScapError?) {
  try batches(file.bytes)
}

func batches(_ bytes: [UInt8]) throws -> (batches: [EventBatch], damage: ScapError?) {
  var input = try ScapImport(bytes: bytes)
  var batches: [EventBatch] = []
  while let batch = try input.nextBatch() {
    try batch.checkInvariants()
    batches.append(batch)
  }
  return (batches, input.damage)
}

/// An event in words: what, by whom, to what, with which result and latency.
func words(_ batch: EventBatch) -> [String] {
  (0..<batch.count).map { row in
    let name = batch.schema.type(EventTypeID(rawValue: batch.types[row]))?.name ?? "?"
    let lineage = Int(batch.lineages[row])
    let thread = lineage < batch.dimensions.lineages.count ? Int(batch.dimensions.lineages[lineage, .thread]) : nil
    func text(_ reference: Int64?) -> String { reference.map { batch.dimensions.strings.text(Int($0)) } ?? "-" }
    let comm = text(thread.flatMap { batch.dimensions.threads.value($0, .comm) })
    let object = batch.objects[row] == EventBatch.noRow ? nil : Int(batch.objects[row])
    let label = text(object.flatMap { batch.dimensions.objects.value($0, .label) })
    let result = batch.results[row] == EventBatch.missing ? "-" : "\(batch.results[row])"
    let latency = batch.latencies[row] == EventBatch.missing ? "-" : "\(batch.latencies[row])"
    return "\(batch.numbers[row]) \(name) \(comm) \(label) \(result) \(latency)"
  }
}
