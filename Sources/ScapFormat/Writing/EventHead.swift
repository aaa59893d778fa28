import BinaryCoding

/// What stands in front of an event's parameters; see `ScapBlock.eventLayout`.
struct EventHead {
  var time: Int64
  var tid: Int64
  var code: UInt16
  var cpu: UInt16
  /// Readers take in what the event says, and do not show it.
  var isHidden: Bool

  /// Whether sizes take four bytes: readers know by the event's code, and take no other block for it.
  private var isLarge: Bool { EventHead.largeCodes.contains(code) }
  private var sizeOfSize: Int { isLarge ? 4 : 2 }
  private var kind: ScapBlock {
    switch (isLarge, isHidden) {
    case (false, false): .eventV2
    case (false, true): .eventV2WithFlags
    case (true, false): .eventV2Large
    case (true, true): .eventV2LargeWithFlags
    }
  }

  private static let largeCodes = Set(
    ScapCatalogue.builtIn.events.compactMap { $0 }.filter { $0.flags.contains(.largePayload) }.map(\.code))

  /// Where the parts of a block stand.
  struct Start {
    var block: Int
    var event: Int
  }

  /// Begins the block: the head, and room for the sizes of parameters.
  func begin(parameters: Int, in output: inout ByteBuffer) -> Start {
    let block = output.beginBlock(kind)
    output.append(cpu)
    if isHidden { output.append(UInt32(1)) }
    let event = output.count
    output.append(time)
    output.append(tid)
    output.append(UInt32(0))
    output.append(code)
    output.append(UInt32(parameters))
    for _ in 0..<(parameters * sizeOfSize) { output.append(UInt8(0)) }
    return Start(block: block, event: event)
  }

  /// Says how many bytes a parameter took.
  func set(size: Int, of index: Int, _ start: Start, in output: inout ByteBuffer) {
    if isLarge {
      output.replace(at: start.event + 26 + 4 * index, with: UInt32(size))
    } else {
      output.replace(at: start.event + 26 + 2 * index, with: UInt16(size))
    }
  }

  /// Ends the block.
  func end(_ start: Start, in output: inout ByteBuffer) {
    output.replace(at: start.event + 16, with: UInt32(output.count - start.event))
    output.endBlock(start.block)
  }
}
