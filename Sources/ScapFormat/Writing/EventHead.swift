import BinaryCoding

/// What stands in front of an event's parameters; see `ScapBlock.eventLayout`.
struct EventHead {
  var time: Int64
  var tid: Int64
  var code: UInt16
  var cpu: UInt16
  /// Readers take in what the event says, and do not show it.
  var isHidden: Bool

  /// Where the parts of a block stand.
  struct Start {
    var block: Int
    var event: Int
  }

  /// Begins the block: the head, and room for the sizes of parameters.
  func begin(parameters: Int, in output: inout ByteBuffer) -> Start {
    let block = output.beginBlock(isHidden ? .eventV2WithFlags : .eventV2)
    output.append(cpu)
    if isHidden { output.append(UInt32(1)) }
    let event = output.count
    output.append(time)
    output.append(tid)
    output.append(UInt32(0))
    output.append(code)
    output.append(UInt32(parameters))
    for _ in 0..<parameters { output.append(UInt16(0)) }
    return Start(block: block, event: event)
  }

  /// Says how many bytes a parameter took.
  func set(size: Int, of index: Int, _ start: Start, in output: inout ByteBuffer) {
    output.replace(at: start.event + 26 + 2 * index, with: UInt16(size))
  }

  /// Ends the block.
  func end(_ start: Start, parameters: Int, in output: inout ByteBuffer) {
    output.replace(at: start.event + 16, with: UInt32(output.count - start.event))
    output.endBlock(start.block)
  }
}
