import EventSchema
import TestSupport
import Testing

// Names of test cases: a whole schema as text is a megabyte.

extension EventType: CustomTestStringConvertible {
  /// The name alone.
  public var testDescription: String { name }
}

extension Schema: CustomTestStringConvertible {
  /// How large it is.
  public var testDescription: String { "\(types.count) event types" }
}

/// A schema of one event type with everything that the encoding can hold.
private let sample = Schema(
  types: [
    EventType(
      id: EventTypeID(rawValue: 300), name: "naïve", systemCall: "naive64", numberX86: 0, numberARM: nil,
      category: .ioRead, traits: [.systemCall, .waits], object: .argument(5), argumentCount: 6,
      captures: [
        Capture(kind: .structure, pointer: 1, lengthArgument: 0xFF, size: 24, onSuccess: true),
        Capture(kind: .buffer, pointer: 0, lengthArgument: 2, size: 0, onSuccess: false),
      ],
      parameters: [
        Parameter(name: "res", type: .errno, flagTable: nil, source: .result),
        Parameter(name: "flags", type: .flags64, flagTable: 0, source: .argument(5)),
        Parameter(name: "data", type: .bytes, flagTable: nil, source: .capture(1)),
        Parameter(
          name: "when", type: .absoluteTime, flagTable: nil, source: .field(capture: 0, offset: 8, size: 16),
          nameCondition: NameCondition(parameter: 1, value: .max)),
        Parameter(name: "cwd", type: .string, flagTable: nil, source: .thread("cwd")),
        Parameter(name: "dev", type: .raw, flagTable: nil, source: .object("dev")),
        Parameter(name: "later", type: .int8, flagTable: nil, source: .assembled),
      ])
  ],
  flagTables: [
    FlagTable(
      name: "t",
      entries: [
        FlagTable.Entry(name: "A", value: 1 << 63, mask: 1 << 63, aarch64: 4, portable: 0),
        FlagTable.Entry(name: "B", value: 0, mask: 3),
      ], ignored: 0xFF)
  ])

@Suite("The encoding of a schema")
struct SchemaEncodingTests {
  @Test(
    "A schema reads back as what was written", arguments: [sample, Schema.builtIn, Schema(types: [], flagTables: [])])
  func roundTrip(_ schema: Schema) throws {
    let bytes = schema.encoded()
    let again = try Schema(decoding: bytes)
    #expect(again.types == schema.types)
    #expect(again.flagTables == schema.flagTables)
    #expect(again.encoded() == bytes)
    #expect(try Schema(decoding: ([0xAA] + bytes)[1...]).types == schema.types)
  }

  @Test("Every prefix is refused as truncated, none crashes")
  func prefixes() {
    let bytes = sample.encoded()
    for length in 0..<bytes.count {
      #expect(throws: SchemaDecodingError.self) { try Schema(decoding: Array(bytes[..<length])) }
    }
  }

  @Test("Bytes that were changed at random give a schema or an error", arguments: [1, 2, 3, 4] as [UInt64])
  func mutations(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let original = sample.encoded()
    var refused = 0
    for _ in 0..<20_000 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 2: bytes.remove(at: place)
        default: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: place)
        }
      }
      do {
        let schema = try Schema(decoding: bytes)
        // Whatever was accepted holds the rules that everyone relies on.
        for type in schema.types {
          #expect(type.captures.count <= 4 && type.parameters.count <= 64 && type.argumentCount <= 6)
          #expect(schema.type(type.id) == type)
          for parameter in type.parameters {
            _ = schema.flagTable(of: parameter)?.text(for: 5)
            switch parameter.source {
            case .capture(let index), .field(let index, _, _): #expect(Int(index) < type.captures.count)
            case .argument(let index): #expect(index < 6)
            default: break
            }
            if let condition = parameter.nameCondition { #expect(Int(condition.parameter) < type.parameters.count) }
          }
        }
        #expect(try Schema(decoding: schema.encoded()).types == schema.types)
      } catch {
        refused += 1
      }
    }
    #expect(refused > 1_000)
  }

  static let refusedCases: [(bytes: [UInt8], problem: SchemaDecodingError.Problem)] = [
    ([], .truncated),
    ([2], .unsupportedVersion(2)),
    ([1, 0], .truncated),
    ([1, 5, 0], .truncated),
    ([1, 0xFF, 0xFF, 0xFF, 0x7F], .tooMany("flag tables")),
    ([1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], .tooMany("event types")),
    ([1, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02], .outOfRange("a number")),
    // A record that is longer than what is left.
    ([1, 1, 9, 1, 0x61], .truncated),
    // A name that is not UTF-8.
    ([1, 1, 4, 1, 0xFF, 0, 0], .invalidText),
  ]

  @Test("What is wrong is said", arguments: refusedCases)
  func problems(_ bytes: [UInt8], problem: SchemaDecodingError.Problem) {
    #expect {
      try Schema(decoding: bytes)
    } throws: { error in
      (error as? SchemaDecodingError)?.problem == problem
    }
  }

  @Test("Types out of order and references to nothing are refused")
  func rules() {
    func schema(_ ids: [UInt16]) -> [UInt8] {
      // version, no tables, count, then: length 10, id, "a", presence 0, category, traits, object, arguments,
      // captures, parameters
      [1, 0, UInt8(ids.count)] + ids.flatMap { [10, UInt8($0), 1, 0x61, 0, 0, 0, 0, 0, 0, 0] }
    }
    #expect(throws: Never.self) { try Schema(decoding: schema([1, 2])) }
    for ids: [UInt16] in [[2, 1], [1, 1]] {
      #expect {
        try Schema(decoding: schema(ids))
      } throws: { ($0 as? SchemaDecodingError)?.problem == .idsNotAscending }
    }
    func withParameter(_ parameter: [UInt8]) -> [UInt8] {
      [1, 0, 1, UInt8(11 + parameter.count), 1, 1, 0x61, 0, 0, 0, 0, 0, 0, 1, UInt8(parameter.count)] + parameter
    }
    // name "b", type, storage, table + 1, source …
    let dangling: [[UInt8]] = [
      [1, 0x62, 1, 0, 1, 4], [1, 0x62, 1, 0, 0, 2, 0], [1, 0x62, 1, 0, 0, 3, 0, 0, 8], [1, 0x62, 1, 0, 0, 4, 2, 0],
    ]
    for parameter in dangling {
      #expect {
        try Schema(decoding: withParameter(parameter))
      } throws: { error in
        if case .danglingReference = (error as? SchemaDecodingError)?.problem { true } else { false }
      }
    }
  }

  @Test("What a later version adds is skipped or shown plainly")
  func laterVersions() throws {
    // One type: category 200, a parameter of type 250 stored as text from source 77, one of type 250 from source 200
    // that is not stored, and a field behind everything in every record.
    let text: [UInt8] = [1, 0x62, 250, 1, 1, 0, 77, 9, 9, 9]
    let plain: [UInt8] = [1, 0x63, 250, 1, 0, 0, 200, 1, 9, 9]
    let body: [UInt8] =
      [1, 1, 0x61, 0, 200, 1, 0x80, 0x80, 0x04, 0, 0, 0, 2, UInt8(text.count)] + text + [UInt8(plain.count)] + plain
      + [42, 42]
    let schema = try Schema(decoding: [1, 0, 1, UInt8(body.count)] + body)
    let type = try #require(schema.types.first)
    #expect(type.category == .other)
    #expect(type.parameters.map(\.name) == ["b", "c"])
    #expect(type.parameters.map(\.type) == [.string, .raw])
    #expect(type.parameters.map(\.source.isStored) == [true, false])
  }
}
