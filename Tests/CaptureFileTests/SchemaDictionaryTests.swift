import BinaryCoding
import CaptureFile
import CaptureFormat
import Compression
import EventSchema
import Foundation
import TestSupport
import Testing

/// The dictionary that schema frames are compressed with: `formats/schema-dictionary.zst`.
@Suite struct SchemaDictionaryTests {
  private static let dictionary: [UInt8] = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let path = root.path + "/formats/schema-dictionary.zst"
    guard let stored = FileManager.default.contents(atPath: path) else { return [] }
    return [UInt8](unsafeUninitializedCapacity: 150_404) { target, count in
      let room = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[..<150_404])
      count = stored.withUnsafeBytes { Decompressor().decompress(.zstd, $0, into: room) } ? 150_404 : 0
    }
  }()

  @Test func isTheOneThatTheDocumentNames() {
    #expect(CRC32C.checksum(SchemaDictionaryTests.dictionary) == 0xBB6C_52FD)
  }

  @Test("Three copies of the schema of this program take a few hundred bytes", arguments: [Codec.lz4, .zstd])
  func theSchemaIsSmall(codec: Codec) throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    let writer = try CaptureWriter(
      path: path, header: .test(), schema: .builtIn, options: WriterOptions(codec: codec))
    let bytes = try writer.finish().bytes
    #expect(bytes < 2048)
    let schema = try CaptureReader(path: path).schema
    #expect(schema.types == Schema.builtIn.types)
    #expect(schema.flagTables == Schema.builtIn.flagTables)
  }

  @Test("A later schema is whole in a file, too")
  func aLaterSchemaComesBack() throws {
    let last = try #require(Schema.builtIn.types.last)
    let later = EventType(
      id: EventTypeID(rawValue: last.id.rawValue + 1), name: "warp", systemCall: "warp", numberX86: 999, numberARM: nil,
      category: .other, traits: [.systemCall], object: .none, argumentCount: 1, captures: [],
      parameters: [Parameter(name: "factor", type: .int64, flagTable: nil, source: .argument(0))])
    let schema = Schema(types: Schema.builtIn.types + [later], flagTables: Schema.builtIn.flagTables)
    let path = temporaryPath()
    defer { removeFile(path) }
    let writer = try CaptureWriter(path: path, header: .test(), schema: schema)
    let bytes = try writer.finish().bytes
    #expect(bytes < 2048)
    #expect(try CaptureReader(path: path).schema.type(later.id) == later)
  }

  @Test("Only schema frames may need the dictionary")
  func otherFramesMayNot() {
    let compressor = Compressor(.zstd)
    let compression = BlockCompression(codec: SchemaFrame.dictionaryCodec) { source, target in
      SchemaDictionaryTests.dictionary.withUnsafeBytes { compressor.compress(source, with: $0, into: target) }
    }
    let containers = [ContainerInfo(id: "abc", time: 17, texts: ["name": String(repeating: "container", count: 50)])]
    let payload = ContainerInfo.encodedFrame(containers, compression)
    #expect(payload[0] == SchemaFrame.dictionaryCodec)
    #expect(throws: MalformedBytes.self) {
      try payload.withUnsafeBytes { try ContainerInfo.decodeFrame($0, .all()) }
    }
    let schema = SchemaFrame.encode(TestSchema.schema, compression)
    #expect(schema[0] == SchemaFrame.dictionaryCodec)
    #expect(throws: Never.self) { try schema.withUnsafeBytes { try SchemaFrame.decode($0, .all()) } }
  }
}
