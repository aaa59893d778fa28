/// How a call's arguments stand, and what they point to is laid out, where it is another way than on x86_64: on aarch64, or
/// at the 32-bit entry of x86.
///
/// The table belongs to the recorder, not to captures: these hold values.
public struct CallLayout: Hashable, Sendable {
  /// Whose layout it is.
  public enum Entry: UInt64, Sendable {
    case aarch64 = 0
    case i386 = 1
  }

  /// A `timespec` of the 32-bit entry, as the size of a field: seconds and nanoseconds of 4 bytes each.
  public static let narrowTimespec: UInt8 = 12

  /// Where the layout is in force.
  public let entry: Entry
  /// What events of the call are.
  public let type: EventTypeID
  /// Where parameters have their values from, by their index.
  public private(set) var sources: [Int: ParameterSource] = [:]
  /// Bytes of structures, by the index of the capture.
  public private(set) var sizes: [Int: UInt16] = [:]

  /// All layouts. Made anew each time.
  public static var all: [CallLayout] {
    var layouts: [CallLayout] = []
    for word in RecorderTable.layouts {
      let entry = Entry(rawValue: word & 1) ?? .aarch64
      let type = EventTypeID(rawValue: UInt16(truncatingIfNeeded: word >> 1))
      if layouts.last?.type != type || layouts.last?.entry != entry {
        layouts.append(CallLayout(entry: entry, type: type))
      }
      layouts[layouts.count - 1].add(word)
    }
    return layouts
  }

  private init(entry: Entry, type: EventTypeID) {
    self.entry = entry
    self.type = type
  }

  /// A word of the table: entry 1 bit, type 16, form 2, then
  ///
  ///     0  argument: parameter 8, argument 8
  ///     1  field: parameter 8, capture 8, size 8, offset 16
  ///     2  capture: capture 8, bytes 16
  private mutating func add(_ word: UInt64) {
    let first = Int(word >> 19 & 0xFF)
    switch word >> 17 & 3 {
    case 0: sources[first] = .argument(UInt8(truncatingIfNeeded: word >> 27))
    case 1:
      sources[first] = .field(
        capture: UInt8(truncatingIfNeeded: word >> 27), offset: UInt16(truncatingIfNeeded: word >> 43),
        size: UInt8(truncatingIfNeeded: word >> 35))
    default: sizes[first] = UInt16(truncatingIfNeeded: word >> 27)
    }
  }

  /// The same call, as this layout has it. Of the 32-bit entry, nothing is read of structures that the layout does not
  /// name; on aarch64 these are as everywhere.
  public func applied(to type: EventType) -> EventType {
    var captures = type.captures
    for index in captures.indices {
      let capture = captures[index]
      guard capture.kind == .structure || capture.kind == .structureArray else { continue }
      let size = sizes[index] ?? (entry == .i386 ? 0 : capture.size)
      captures[index] = Capture(
        kind: capture.kind, pointer: capture.pointer, lengthArgument: capture.lengthArgument, size: size,
        onSuccess: capture.onSuccess)
    }
    let parameters = type.parameters.enumerated().map { index, parameter in
      var source = sources[index] ?? parameter.source
      if entry == .i386, sources[index] == nil, case .field(let capture, _, let size) = source {
        // Behind all that is read: missing.
        source = .field(capture: capture, offset: .max, size: size)
      }
      return Parameter(
        name: parameter.name, type: parameter.type, flagTable: parameter.flagTable, source: source,
        nameCondition: parameter.nameCondition)
    }
    return EventType(
      id: type.id, name: type.name, systemCall: type.systemCall, numberX86: type.numberX86, numberARM: type.numberARM,
      category: type.category, traits: type.traits, object: type.object, argumentCount: type.argumentCount,
      captures: captures, parameters: parameters)
  }
}

/// When a capture is made, beyond that it is there to be made: `futex` has a timeout for some operations only, `wait4` a status
/// when it found somebody.
///
/// The table belongs to the recorder, not to captures.
public struct CaptureCondition: Hashable, Sendable {
  /// What must hold.
  public enum Test: Hashable, Sendable {
    /// The call's result is greater than 0.
    case positiveResult
    /// The low seven bits of an argument are one of these values below 64, a bit each.
    case argument(UInt8, isIn: UInt64)
  }

  /// The type of the events that the capture belongs to.
  public let type: EventTypeID
  /// The capture's index.
  public let capture: UInt8
  /// What must hold for it to be made.
  public let test: Test

  /// All conditions. Made anew each time.
  public static var all: [CaptureCondition] {
    stride(from: 0, to: RecorderTable.conditions.count, by: 2).map { index in
      let (word, set) = (RecorderTable.conditions[index], RecorderTable.conditions[index + 1])
      return CaptureCondition(
        type: EventTypeID(rawValue: UInt16(truncatingIfNeeded: word)), capture: UInt8(truncatingIfNeeded: word >> 16),
        test: set == 0 ? .positiveResult : .argument(UInt8(truncatingIfNeeded: word >> 24), isIn: set))
    }
  }

  /// One for this capture of that type.
  public init(type: EventTypeID, capture: UInt8, test: Test) {
    self.type = type
    self.capture = capture
    self.test = test
  }
}
