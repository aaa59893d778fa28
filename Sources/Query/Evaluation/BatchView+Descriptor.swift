import EventBatch
import EventSchema

extension BatchView {
  /// The kinds of the descriptors that an event is about, or that of the one with a number.
  func descriptorTypes(_ argument: FieldArgument, row: Int) -> FieldValue {
    let kind = value(.type, object: Int(batch.objects[row]))
    if kind == .missing { return .missing }
    guard case .index(let index) = argument else { return .list([kind]) }
    return descriptor(row: row) == .integer(Int64(index)) ? kind : .missing
  }

  /// The name of the descriptor's file as its opening was given it; nothing else than that call knows it.
  func descriptorNameRaw(row: Int) -> FieldValue {
    let object = Int(batch.objects[row])
    guard object < batch.dimensions.objects.count else { return .missing }
    if layout(ofType: batch.types[row])?.type.object == .result {
      let written = path(.any, isRaw: true, row: row)
      if written != .missing { return written }
    }
    return value(.name, object: object)
  }

  /// Whether a call gave its socket the name.
  func isNameChanged(row: Int) -> FieldValue {
    let object = Int(batch.objects[row])
    guard object < batch.dimensions.objects.count, let type = layout(ofType: batch.types[row])?.type else {
      return .missing
    }
    let result = batch.results[row]
    if type.traits.contains(.connects) {
      // A connection in progress has its name already.
      return .boolean(result == 0 || result == -115)
    }
    guard type.traits.contains(.readsFromDescriptor) || type.traits.contains(.writesToDescriptor), !isError(result),
      value(.transport, object: object) == .text("udp")
    else { return .boolean(false) }
    // The object of such a call is the socket together with the address of its message.
    return .boolean(
      value(.isConnected, object: object) == .boolean(false) && value(.remoteAddress, object: object) != .missing)
  }

  /// The numbers of the descriptors that a call waits for, with commas between.
  func polledDescriptors(row: Int) -> FieldValue {
    guard let layout = layout(ofType: batch.types[row]),
      let index = layout.type.parameters.firstIndex(where: \.isPollList),
      case .bytes(let bytes) = raw(layout, index, row: row)
    else { return .missing }
    var text: [UInt8] = []
    for entry in PollEntry.all(in: bytes) {
      if !text.isEmpty { text.append(UInt8(ascii: ",")) }
      appendDecimal(Int64(entry.descriptor), to: &text)
    }
    return .text(text[...])
  }
}

/// One entry of the list that `poll` takes, in the kernel's layout:
///
///     bytes 0-3: descriptor | bytes 4-5: events asked for | bytes 6-7: events that came
struct PollEntry {
  var descriptor: Int32
  var asked: UInt16
  var came: UInt16

  /// The whole entries of a list.
  static func all(in bytes: ArraySlice<UInt8>) -> [PollEntry] {
    stride(from: bytes.startIndex, to: bytes.endIndex - bytes.count % 8, by: 8).map { start in
      func word(_ offset: Int) -> UInt16 { UInt16(bytes[start + offset]) | UInt16(bytes[start + offset + 1]) << 8 }
      return PollEntry(
        descriptor: Int32(bitPattern: UInt32(word(0)) | UInt32(word(2)) << 16), asked: word(4), came: word(6))
    }
  }
}
