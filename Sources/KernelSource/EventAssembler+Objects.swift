import EventBatch

// Objects that no definition of the probe gives: those of calls that failed, and those of single messages.
extension EventAssembler {
  /// The object of an open that failed, or whose file nobody can point to: its path, absolute.
  mutating func failedOpen(_ path: UnsafeRawBufferPointer, directory: UInt64, lineage: UInt32) -> UInt32 {
    var base: [UInt8] = []
    if path.first != UInt8(ascii: "/") {
      guard let known = directoryPath(directory, lineage: lineage) else { return EventBatch.noRow }
      base = known
    }
    let name = PathText.normal(Array(path)[...], in: base[...])
    var values = [Int64](repeating: EventBatch.missing, count: ObjectColumn.allCases.count)
    values[ObjectColumn.objectKind.rawValue] = ObjectKind.file.rawValue
    values[ObjectColumn.label.rawValue] = definitions.store.text(name)
    values[ObjectColumn.flags.rawValue] = ObjectFlags.fromArguments.rawValue
    return definitions.store.argumentObject(values)
  }

  /// What a relative path is relative to: the directory's descriptor, or the thread's working directory.
  private mutating func directoryPath(_ directory: UInt64, lineage: UInt32) -> [UInt8]? {
    if directory != 0 {
      guard let row = definitions.objectRow(directory),
        let name = definitions.store.dimensions.objects.value(Int(row), .label)
      else { return nil }
      return Array(definitions.store.strings.table[Int(name)])
    }
    guard lineage != EventBatch.noRow else { return nil }
    let thread = definitions.store.dimensions.lineages[Int(lineage), .thread]
    return definitions.store.dimensions.threads.value(Int(thread), .workingDirectory).map {
      Array(definitions.store.strings.table[Int($0)])
    }
  }

  /// The object of a message of a socket that is not connected: the socket, with the address of the message.
  mutating func datagram(_ socket: UInt32, address sockaddr: UnsafeRawBufferPointer) -> UInt32 {
    var values = definitions.store.dimensions.objects.row(Int(socket))
    guard values[ObjectColumn.remotePort.rawValue] == EventBatch.missing,
      values[ObjectColumn.remoteAddress.rawValue] == EventBatch.missing,
      let address = SocketAddress.encode(sockaddr: sockaddr), setRemote(address, &values)
    else { return socket }
    return definitions.store.derivedObject(values)
  }

  /// Sets the far end of a socket's row; false for addresses that say nothing.
  private mutating func setRemote(_ address: [UInt8], _ values: inout [Int64]) -> Bool {
    switch UInt16(address[0]) {
    case SocketAddress.ipv4Family, SocketAddress.ipv6Family:
      guard address.count == 7 || address.count == 19 else { return false }
      values[ObjectColumn.remoteAddress.rawValue] = definitions.store.text(Array(address[1..<(address.count - 2)]))
      values[ObjectColumn.remotePort.rawValue] =
        Int64(address[address.count - 2]) | Int64(address[address.count - 1]) << 8
      return true
    case SocketAddress.unixFamily:
      guard address.count > 1 else { return false }
      values[ObjectColumn.remoteAddress.rawValue] = definitions.store.text(Array(address[1...]))
      return true
    default:
      return false
    }
  }

  /// The object of a connection that failed: the socket, with the address that was asked for.
  mutating func failedConnection(_ socket: UInt32, to sockaddr: UnsafeRawBufferPointer) -> UInt32 {
    guard let address = SocketAddress.encode(sockaddr: sockaddr) else { return socket }
    var values = definitions.store.dimensions.objects.row(Int(socket))
    guard setRemote(address, &values) else { return socket }
    values[ObjectColumn.role.rawValue] = SocketRole.client.rawValue
    values[ObjectColumn.flags.rawValue] = ObjectFlags.fromArguments.rawValue
    return definitions.store.argumentObject(values)
  }

  /// The object of a request of io_uring that failed, or that the probe tells no object of: an open has the path that it asked
  /// for (also one whose file got no descriptor), a connection the address.
  mutating func requestedObject(
    _ plan: TypePlan, _ object: UInt32, words: UnsafeRawPointer, wordCount: Int, captures: CaptureList, result: Int64,
    lineage: UInt32
  ) -> UInt32 {
    switch words.load(as: UInt64.self) {
    case UringOperation.connect where object != EventBatch.noRow && result < 0 && result != inProgress:
      guard let address = plan.address, let bytes = captures[Int(address.index)] else { return object }
      return failedConnection(object, to: bytes)
    case UringOperation.open, UringOperation.openWithFlags:
      guard let path = plan.path, let bytes = captures[Int(path.index)], !bytes.isEmpty else { return object }
      // The directory's descriptor stands in a word; what it stood for, behind the words of the type.
      let descriptor = words.load(fromByteOffset: 32, as: Int64.self)
      let directory = wordCount > 12 ? words.load(fromByteOffset: 12 * 8, as: UInt64.self) : 0
      guard bytes.first == UInt8(ascii: "/") || descriptor == currentDirectory || directory != 0 else { return object }
      return failedOpen(bytes, directory: directory, lineage: lineage)
    default:
      return object
    }
  }
}

/// Numbers of operations of io_uring.
private enum UringOperation {
  static let connect: UInt64 = 16
  static let open: UInt64 = 18
  static let openWithFlags: UInt64 = 28
}

/// `AT_FDCWD`.
private let currentDirectory: Int64 = -100
