import CaptureFile
import CaptureFormat
import EventBatch
import TestSupport

/// Files that no reader of this version may read.
func refusedFiles() throws -> [ConformanceFile] {
  let batch = Shop().batch
  let whole = try FileSketch(recorded: [.chunk(batch)])
  var critical = FileSketch()
  critical.append(batch)
  critical.append(0x8123, [1, 2, 3])
  var later = CaptureHeader.test(seed: 5).encoded()
  later.put(UInt16(2), at: 32)
  var laterVersion = FileSketch(.test(seed: 5), headerPayload: later)
  laterVersion.append(batch)
  let schema = SchemaSketch(types: [2, 0, 0])
  return [
    ConformanceFile(
      refused: "refused-critical-frame", "A frame that must be understood and is not known.", critical.bytes),
    ConformanceFile(refused: "refused-version", "Version 2 of the format.", laterVersion.bytes),
    ConformanceFile(
      refused: "refused-schema-version", "Version 2 of the encoding of a schema.",
      FileSketch(schemaPayload: schema.payload).bytes),
    ConformanceFile(refused: "refused-nothing", "No bytes at all.", []),
    ConformanceFile(refused: "refused-other", "Something else.", Array("#!/bin/sh\necho this is no capture\n".utf8)),
    ConformanceFile(
      refused: "refused-cut", "Ends before the first schema is whole.",
      Array(whole.bytes[..<(whole.frames[1].range.upperBound - 1)])),
    ConformanceFile(
      refused: "refused-schemas", "Every schema is damaged.",
      whole.damaged([1, 3, 6].map { .flip(frame: $0, byte: 50, bit: 0) }).bytes),
    ConformanceFile(
      refused: "refused-headers", "Every header is damaged, but for its file id.",
      whole.damaged([0, 2, 5].map { .flip(frame: $0, byte: 70, bit: 0) }).bytes),
  ]
}
