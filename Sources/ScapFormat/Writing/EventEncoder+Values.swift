import BinaryCoding
import EventBatch
import EventSchema

// Values as `ScapParameterType` has them.
extension EventEncoder {
  func append(optional value: Int64?, _ parameter: ParameterPlan, to output: inout ByteBuffer) {
    if let value {
      append(number: value, parameter, to: &output)
    } else {
      appendMissing(parameter.type, to: &output)
    }
  }

  /// Nothing stands for what is missing, where readers look at lengths. Those of the classic dialect take numbers and texts
  /// to be there.
  func appendMissing(_ type: ScapParameterType, to output: inout ByteBuffer) {
    guard dialect == .classic else { return }
    if let size = type.size {
      for _ in 0..<size { output.append(UInt8(0)) }
    } else if type.endsWithNUL {
      output.append(bytes: "<NA>\0".utf8)
    }
  }

  func append(number value: Int64, _ parameter: ParameterPlan, to output: inout ByteBuffer) {
    var value = value
    if let table = parameter.table { value = portable(value, table, parameter.type) }
    switch parameter.type {
    case .fd, .pid, .errno, .fd32, .pid32:
      // Registers hold 32 bits of these, with or without their sign; results have their own.
      if case .integer = parameter.source { value = Int64(Int32(truncatingIfNeeded: value)) }
    default: break
    }
    switch parameter.type.size {
    case 1: output.append(UInt8(truncatingIfNeeded: value))
    case 2: output.append(UInt16(truncatingIfNeeded: value))
    case 4: output.append(UInt32(truncatingIfNeeded: value))
    case 8: output.append(value)
    default: break
    }
  }

  private func portable(_ value: Int64, _ table: FlagTable, _ type: ScapParameterType) -> Int64 {
    switch type {
    case .enumflags8, .enumflags16, .enumflags32:
      let bits = UInt64(UInt32(truncatingIfNeeded: value))
      return Int64(bitPattern: table.portableValue(for: bits, architecture: architecture) ?? 0)
    case .mode:
      // Bits that have no name are the kernel's in files as well.
      return value
    default:
      return Int64(bitPattern: table.portableFlags(for: UInt64(bitPattern: value), architecture: architecture))
    }
  }

  func append(text: ArraySlice<UInt8>?, _ type: ScapParameterType, to output: inout ByteBuffer) {
    guard let text else { return appendMissing(type, to: &output) }
    switch type {
    case .bytebuf:
      // Lists of texts; the last one may lack its NUL where it was cut.
      output.append(bytes: text.prefix(ScapLimits.words))
    case .sockaddr:
      // The same layout as Reel's, but for the end of a path; an abstract name has no NUL in front.
      if text.first.map(UInt16.init) == SocketAddress.unixFamily {
        let path = text.dropFirst()
        output.append(UInt8(SocketAddress.unixFamily))
        if path.first == 0 { output.append(UInt8(ascii: "@")) }
        output.append(bytes: (path.first == 0 ? path.dropFirst() : path).prefix(ScapLimits.path))
        output.append(UInt8(0))
      } else {
        output.append(bytes: text.prefix(ScapLimits.path))
      }
    default:
      output.append(bytes: text.prefix(ScapLimits.words))
      if type.endsWithNUL { output.append(UInt8(0)) }
    }
  }

  func append(bytes: ArraySlice<UInt8>?, _ parameter: ParameterPlan, to output: inout ByteBuffer) {
    guard let bytes else { return appendMissing(parameter.type, to: &output) }
    output.append(bytes: bytes.prefix(parameter.limit))
  }

  /// Descriptors and what was asked of them, or what came of it: of answers only those that have one.
  func appendPolled(_ array: ArraySlice<UInt8>?, isAnswer: Bool, table: FlagTable?, to output: inout ByteBuffer) {
    guard let array = array?.prefix(ScapLimits.words) else { return }
    let start = output.count
    output.append(UInt16(0))
    var count: UInt16 = 0
    var offset = array.startIndex
    while offset + 8 <= array.endIndex {
      let entry = array[offset..<(offset + 8)]
      offset += 8
      let descriptor = entry.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      let at = entry.startIndex + (isAnswer ? 6 : 4)
      let bits = UInt64(entry[at]) | UInt64(entry[at + 1]) << 8
      if isAnswer, bits == 0 { continue }
      output.append(Int64(Int32(bitPattern: descriptor)))
      output.append(UInt16(truncatingIfNeeded: table?.portableFlags(for: bits, architecture: architecture) ?? bits))
      count += 1
    }
    output.replace(at: start, with: count)
  }

  /// A socket option: times as nanoseconds, an error as an error, whatever fits four bytes as a number, else bytes.
  func appendOption(_ bytes: ArraySlice<UInt8>?, _ option: Int64?, to output: inout ByteBuffer) {
    guard let bytes = bytes?.prefix(ScapLimits.words) else { return }
    func word(_ offset: Int, _ size: Int) -> UInt64 {
      bytes[(bytes.startIndex + offset)...].prefix(size).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    switch (option, bytes.count) {
    case (4, 4):
      output.append(UInt8(1))
      output.append(-Int64(word(0, 4)))
    case (20, 16), (21, 16):
      output.append(UInt8(4))
      output.append(word(0, 8) &* 1_000_000_000 &+ word(8, 8) &* 1000)
    case (_, 4):
      output.append(UInt8(2))
      output.append(UInt32(truncatingIfNeeded: word(0, 4)))
    case (57, 8):
      output.append(UInt8(3))
      output.append(word(0, 8))
    default:
      output.append(UInt8(0))
      output.append(bytes: bytes)
    }
  }
}
