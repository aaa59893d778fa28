import BinaryCoding
import EventBatch
import EventSchema

/// Reads a `.scap` file from front to back into batches, in bounded memory.
///
/// A call whose beginning and return stand in the file becomes one event with its latency; what happened to threads and
/// descriptors is followed, so that each event names who did it and to what. An event keeps the number that it has in the
/// file, of a call that of its return.
///
///     var input = try ScapImport(descriptor: file)
///     while let batch = try input.nextBatch() { … }
///     if let damage = input.damage { … }
public struct ScapImport: ~Copyable {
  /// How large batches grow.
  public struct Limits: Sendable {
    /// Events.
    public var events = 65_536
    /// Bytes of texts and payloads.
    public var heapBytes = 8 << 20

    /// The limits of an import.
    public init() {}
  }

  private var stream: ScapStream
  private var replay: ScapReplay
  private let limits: Limits
  private let event = ScapEventBytes()
  /// The number of the last block with an event, and how it is laid out: most blocks are of one kind.
  private var eventBlock: UInt32?
  private var eventLayout = ScapEventLayout(hasFlags: false, hasCount: true, isLarge: false)
  private var isAtEnd = false
  private var hasEvents = false
  private static let statePartRows = 65_536

  /// What the numbers of types in the batches mean.
  public let schema: Schema
  /// The machine, as the first section tells; `nil` until then.
  public private(set) var machine: ScapMachine?
  /// Why the rest of the file cannot be read, once `nextBatch` has given everything in front of it.
  public private(set) var damage: ScapError?
  /// How many sections the file has so far.
  public private(set) var sections = 0

  /// Opens a file and reads what stands in front of its events.
  ///
  /// - Parameter descriptor: an open file or pipe, at its beginning; the caller closes it when it is done.
  /// - Throws: `ScapError` of kind `refused` when this is no such file.
  public init(descriptor: Int32, limits: Limits = Limits()) throws(ScapError) {
    try self.init(try ScapStream(descriptor: descriptor), limits)
  }

  /// The same for bytes in memory.
  public init(bytes: [UInt8], limits: Limits = Limits()) throws(ScapError) {
    try self.init(try ScapStream(bytes: bytes), limits)
  }

  private init(_ stream: consuming ScapStream, _ limits: Limits) throws(ScapError) {
    self.stream = stream
    self.limits = limits
    schema = ScapSchema.builtIn.schema
    replay = ScapReplay(.builtIn)
    try readFront()
  }

  /// Events so far, those of beginnings counted.
  public var eventsRead: UInt64 { replay.number }

  /// The bytes of the file that were read so far.
  public var fileBytes: UInt64 { stream.fileBytes }

  /// What was there when the recording began: processes, descriptors, users. Empty when the file has no event.
  public private(set) var initialState: [MachineState] = []

  /// The next batch; `nil` at the end of the file, or of what of it can be read.
  ///
  /// - Throws: `ScapError` of kind `failed` when the system does not read on.
  public mutating func nextBatch() throws(ScapError) -> EventBatch? {
    while !isAtEnd {
      do throws(ScapError) {
        guard let block = try stream.next() else {
          isAtEnd = true
          break
        }
        try take(block)
      } catch {
        if error.kind == .failed { throw error }
        damage = error
        isAtEnd = true
      }
      if replay.count >= limits.events || replay.heapBytes >= limits.heapBytes { return replay.finish() }
    }
    replay.endCalls()
    return replay.count > 0 ? replay.finish() : nil
  }

  /// Reads up to the first event, so that machine and state are known before events are asked for.
  private mutating func readFront() throws(ScapError) {
    guard let first = try firstBlock() else { throw ScapError(.refused, "the file is empty", offset: 0) }
    guard first else { throw ScapError(.refused, "this is not a scap file", offset: 0) }
    while !hasEvents, !isAtEnd {
      do throws(ScapError) {
        guard let block = try stream.next() else {
          isAtEnd = true
          return
        }
        try take(block)
      } catch {
        if error.kind == .failed { throw error }
        damage = error
        isAtEnd = true
      }
    }
  }

  /// Reads the head of the first section; false when it is something else, `nil` when there is nothing.
  private mutating func firstBlock() throws(ScapError) -> Bool? {
    let block: ScapStream.Block?
    do throws(ScapError) {
      block = try stream.next()
    } catch {
      if error.kind == .failed { throw error }
      return false
    }
    guard let block else { return nil }
    guard block.number == ScapBlock.section.rawValue else { return false }
    try beginSection(block)
    return true
  }

  private mutating func beginSection(_ block: ScapStream.Block) throws(ScapError) {
    let kind: ScapError.Kind = sections == 0 ? .refused : .damaged
    guard block.body.count >= 16 else {
      throw ScapError(kind, "the first block is too short", offset: block.offset)
    }
    let magic = block.body.loadUnaligned(as: UInt32.self)
    guard magic == ScapBlock.byteOrderMagic else {
      let problem =
        magic == ScapBlock.byteOrderMagic.byteSwapped
        ? "the file was written on a machine with the other order of bytes" : "this is not a scap file"
      throw ScapError(kind, problem, offset: block.offset)
    }
    let major = block.body.loadUnaligned(fromByteOffset: 4, as: UInt16.self)
    guard major == 1 else {
      throw ScapError(kind, "the file has version \(major) of the format, this program reads 1", offset: block.offset)
    }
    sections += 1
    if sections > 1 { replay.beginSection() }
  }

  private mutating func takeEvent(_ block: ScapStream.Block) throws(ScapError) {
    if let problem = event.read(block.body, eventLayout, replay.plans) {
      throw ScapError(.damaged, problem, offset: block.offset)
    }
    if !hasEvents {
      let time = event.time > UInt64(Int64.max) ? replay.bootTime : Int64(event.time)
      initialState = replay.initialState(time: time, partRows: ScapImport.statePartRows)
      hasEvents = true
    }
    replay.take(event, replay.plans[event.code])
  }

  private mutating func take(_ block: ScapStream.Block) throws(ScapError) {
    if block.number == eventBlock { return try takeEvent(block) }
    // Blocks of kinds that this program does not know are skipped, as in the formats that it comes from.
    guard let kind = ScapBlock(number: block.number) else { return }
    if let layout = kind.eventLayout {
      eventBlock = block.number
      eventLayout = layout
      return try takeEvent(block)
    }
    do {
      switch kind {
      case .section: try beginSection(block)
      case .machine:
        let read = try ScapMachine(reading: block.body)
        if machine == nil { machine = read }
        replay.bootTime = read.bootTime
      case .users, .usersV2:
        for user in try ScapUser.list(block.body, hasLengths: kind == .usersV2) { replay.note(user) }
      case .descriptors, .descriptorsV2: try replay.takeDescriptors(block.body, hasLengths: kind == .descriptorsV2)
      case .interfaces, .interfacesV2: break
      default:
        if kind.processListVersion > 0 {
          replay.take(try ScapThread.list(block.body, version: kind.processListVersion))
        }
      }
    } catch let error as MalformedBytes {
      throw ScapError(.damaged, "a list in front of the events: \(error.reason)", offset: block.offset)
    } catch let error as ScapError {
      throw error
    } catch {
      throw ScapError(.damaged, "\(error)", offset: block.offset)
    }
  }
}
