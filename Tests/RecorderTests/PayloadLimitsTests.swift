import EventBatch
import EventSchema
import TestSupport
import Testing

@testable import Recorder

/// Payloads are cut to the limit of their event, and nothing else is.
@Suite struct PayloadLimitsTests {
  private static func batch() throws -> EventBatch {
    var source = Dimensions()
    source.strings = StringInterner().table
    var builder = EventBatchBuilder(schema: .builtIn)
    for (index, name) in ["read", "openat", "write", "read"].enumerated() {
      let type = try #require(Schema.builtIn.type(named: name))
      builder.appendEvent(
        exitTime: Int64(index), latency: 1, type: type.id, cpu: 0, flags: [], lineage: EventBatch.noRow,
        object: EventBatch.noRow, result: 10)
      for parameter in type.parameters where parameter.source.isStored {
        switch parameter.type.storage {
        case .integer: builder.appendInteger(3)
        case .string: Array("/etc/hosts".utf8).withUnsafeBytes { builder.appendText($0) }
        case .bytes: Array("0123456789".utf8).withUnsafeBytes { builder.appendBytes($0) }
        }
      }
    }
    return builder.finish(source)
  }

  @Test(
    arguments: [
      ([20, 20, 20, 20], [10, 10, 10]), ([4, 0, 10, 0], [4, 10, 0]), ([0, 0, 0, 0], [0, 0, 0]),
      ([10, 9, 9, 9], [10, 9, 9]),
    ] as [([UInt32], [Int])])
  func lengths(limits: [UInt32], kept: [Int]) throws {
    let whole = try Self.batch()
    let batch = whole.cuttingPayloads(to: limits)
    var found: [Int] = []
    for row in [0, 2, 3] {
      let entry = try #require(batch.arguments(of: EventTypeID(rawValue: batch.types[row])))
      let column = try #require(entry.columns.first { !$0.bytes.isEmpty || $0.values.allSatisfy { $0 == 0 } })
      let payload = column.bytes(at: Int(batch.ranks[row]))
      #expect(payload.elementsEqual("0123456789".utf8.prefix(payload.count)))
      found.append(payload.count)
      #expect(EventFlags(rawValue: batch.flags[row]).contains(.payloadTruncated) == (payload.count < 10))
    }
    #expect(found == kept)
    #expect(batch.flags[1] == whole.flags[1] && batch.results == whole.results && batch.types == whole.types)
  }
}
