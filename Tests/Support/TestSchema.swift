import EventSchema

/// A small schema with every storage and every kind of source.
public enum TestSchema {
  /// `open` (fd, name, flags), `read` (res, data, fd, size), `write` (likewise), `rename` (res, old, new), `exec`
  /// (res, args), `tick` (nothing stored).
  public static let schema = Schema(
    types: [
      type(
        1, "open", .file,
        [("fd", .fd, .result), ("name", .path, .capture(0)), ("flags", .flags32, .argument(1))]),
      type(
        2, "read", .ioRead,
        [
          ("res", .errno, .result), ("data", .bytes, .capture(0)), ("fd", .fd, .argument(0)),
          ("size", .uint32, .argument(2)),
        ]
      ),
      type(
        3, "write", .ioWrite,
        [
          ("res", .errno, .result), ("data", .bytes, .capture(0)), ("fd", .fd, .argument(0)),
          ("size", .uint32, .argument(2)),
        ]
      ),
      type(
        7, "rename", .file,
        [("res", .errno, .result), ("oldpath", .path, .capture(0)), ("newpath", .path, .capture(1))]),
      type(
        300, "exec", .process,
        [("res", .errno, .result), ("args", .strings, .capture(0)), ("cookie", .uint64, .argument(0))]),
      type(40_000, "tick", .time, [("res", .errno, .result), ("comm", .string, .thread("comm"))]),
    ],
    flagTables: [])

  private static func type(
    _ id: UInt16, _ name: String, _ category: EventCategory, _ parameters: [(String, ParameterType, ParameterSource)]
  ) -> EventType {
    EventType(
      id: EventTypeID(rawValue: id), name: name, systemCall: name, numberX86: nil, numberARM: nil, category: category,
      traits: [], object: .none, argumentCount: 3,
      captures: [
        Capture(kind: .string, pointer: 0, lengthArgument: 0xFF, size: 0, onSuccess: false),
        Capture(kind: .string, pointer: 1, lengthArgument: 0xFF, size: 0, onSuccess: false),
      ],
      parameters: parameters.map { Parameter(name: $0.0, type: $0.1, flagTable: nil, source: $0.2) })
  }
}
