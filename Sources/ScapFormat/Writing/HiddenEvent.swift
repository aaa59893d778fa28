import BinaryCoding
import EventBatch
import EventSchema

/// An event that readers take in and do not show: by it they learn what no event of the file tells them.
struct HiddenEvent {
  /// A value as it stands in an event.
  enum Value {
    /// Eight bytes.
    case wide(Int64)
    /// Four bytes.
    case narrow(Int64)
    /// Two bytes.
    case short(Int64)
    /// One byte.
    case byte(Int64)
    /// A text, to which a NUL is added.
    case text(ArraySlice<UInt8>)
    case bytes(ArraySlice<UInt8>)
  }

  var tid: Int64
  var code: UInt16
  var values: [Value]

  /// Appends its block.
  func append(time: Int64, to output: inout ByteBuffer) {
    let head = EventHead(time: time, tid: tid, code: code, cpu: 0, isHidden: true)
    let start = head.begin(parameters: values.count, in: &output)
    for (index, value) in values.enumerated() {
      let before = output.count
      switch value {
      case .wide(let number): output.append(number)
      case .narrow(let number): output.append(UInt32(truncatingIfNeeded: number))
      case .short(let number): output.append(UInt16(truncatingIfNeeded: number))
      case .byte(let number): output.append(UInt8(truncatingIfNeeded: number))
      case .text(let text):
        output.append(bytes: text.prefix(ScapLimits.words))
        output.append(UInt8(0))
      case .bytes(let bytes): output.append(bytes: bytes.prefix(ScapLimits.words))
      }
      head.set(size: output.count - before, of: index, start, in: &output)
    }
    head.end(start, in: &output)
  }
}

// Threads.
extension HiddenEvent {
  /// A task comes into being: its return from `clone`.
  static func newTask(_ thread: Int, _ threads: ThreadReader, flags: UInt32) -> HiddenEvent {
    let isThread = threads.number(thread, .tid) != threads.number(thread, .pid)
    return HiddenEvent(
      tid: threads.number(thread, .tid) ?? 0, code: 223,
      values: common(thread, threads) + [
        .narrow(isThread ? Int64(flags) : 0), .narrow(threads.number(thread, .effectiveUid) ?? 0),
        .narrow(threads.number(thread, .effectiveGid) ?? 0), .wide(threads.number(thread, .virtualTid) ?? 0),
        .wide(threads.number(thread, .virtualPid) ?? 0),
      ])
  }

  /// A thread ends.
  static func end(_ tid: Int64) -> HiddenEvent {
    HiddenEvent(tid: tid, code: 186, values: [.wide(0), .wide(0), .byte(0), .byte(0)])
  }

  /// A task becomes another program, or another user's, somewhere else: calls of `execve`, `setuid` and `chdir`.
  static func program(_ thread: Int, _ threads: ThreadReader) -> [HiddenEvent] {
    let tid = threads.number(thread, .tid) ?? 0
    let directory = threads.text(thread, .workingDirectory)
    let events = [
      HiddenEvent(tid: tid, code: 292, values: [.text(threads.imageText(thread, .path))]),
      HiddenEvent(
        tid: tid, code: 293,
        values: common(thread, threads) + [
          .bytes(threads.imageText(thread, .environment)), .narrow(threads.number(thread, .tty) ?? 0),
          .wide(threads.number(thread, .virtualProcessGroup) ?? 0), .narrow(threads.number(thread, .loginUid) ?? -1),
          .narrow(Int64(threads.executableFlags(thread))),
        ]),
      // The program's start says nothing of the user.
      HiddenEvent(tid: tid, code: 198, values: [.narrow(threads.number(thread, .effectiveUid) ?? 0)]),
      HiddenEvent(tid: tid, code: 199, values: [.wide(0)]),
    ]
    // Nor do readers take the directory from it, though it is there.
    guard directory.first == UInt8(ascii: "/") else { return events }
    return events + [
      HiddenEvent(tid: tid, code: 94, values: []),
      HiddenEvent(tid: tid, code: 95, values: [.wide(0), .text(directory)]),
    ]
  }

  /// What the events of new tasks and of new programs have in common.
  private static func common(_ thread: Int, _ threads: ThreadReader) -> [Value] {
    func number(_ column: ThreadColumn) -> Value { .wide(threads.number(thread, column) ?? 0) }
    return [
      .wide(0), .text(threads.exe(thread)), .bytes(threads.imageText(thread, .arguments)), number(.tid), number(.pid),
      number(.parentPid), .text(threads.text(thread, .workingDirectory)), number(.descriptorLimit), .wide(0), .wide(0),
      .narrow(0), .narrow(0), .narrow(0), .text(threads.name(thread)), .bytes(threads.controlGroups(thread)[...]),
    ]
  }
}

// Descriptors.
extension HiddenEvent {
  /// The calls by which a thread could have got a descriptor; none where readers have no such call.
  static func descriptor(
    _ descriptor: Int64, _ object: Int, _ objects: ObjectReader, tid: Int64, flags: UInt32
  ) -> [HiddenEvent] {
    func event(_ code: UInt16, _ values: Value...) -> HiddenEvent { HiddenEvent(tid: tid, code: code, values: values) }
    let kind = objects.kind(object)
    switch kind {
    case .file, .characterDevice, .blockDevice, .directory, .symbolicLink:
      let name = objects.name(object)
      guard name.first == UInt8(ascii: "/") else { return [] }
      let device = objects.number(object, .device) ?? 0
      return [
        event(306, .wide(atCurrentDirectory), .text(name[...]), .narrow(Int64(flags)), .narrow(0)),
        event(
          307, .wide(descriptor), .wide(atCurrentDirectory), .text(name[...]), .narrow(Int64(flags)), .narrow(0),
          .narrow(device)),
      ]
    case .ipv4Socket, .ipv6Socket, .unixSocket: return socket(descriptor, object, kind, objects, event)
    case .pipe:
      return [
        event(60),
        event(61, .wide(0), .wide(descriptor), .wide(descriptor), .wide(objects.number(object, .inode) ?? 0)),
      ]
    case .eventfd: return [event(62, .wide(0), .narrow(0)), event(63, .wide(descriptor))]
    case .timerfd: return [event(136, .byte(0), .byte(0)), event(137, .wide(descriptor))]
    case .signalfd: return [event(126, .wide(-1), .narrow(0), .byte(0)), event(127, .wide(descriptor))]
    case .inotify: return [event(138, .byte(0)), event(139, .wide(descriptor))]
    default: return []
    }
  }

  /// `AT_FDCWD`.
  private static let atCurrentDirectory: Int64 = -100

  private static func socket(
    _ descriptor: Int64, _ object: Int, _ kind: ObjectKind, _ objects: ObjectReader,
    _ event: (UInt16, Value...) -> HiddenEvent
  ) -> [HiddenEvent] {
    let family = kind == .unixSocket ? SocketAddress.unixFamily : kind == .ipv4Socket ? 2 : SocketAddress.ipv6Family
    let isInternet = kind != .unixSocket
    let (local, remote) =
      isInternet ? (objects.end(object, isLocal: true), objects.end(object, isLocal: false)) : (nil, nil)
    func tuple(isInbound: Bool) -> ArraySlice<UInt8> {
      var bytes = ByteBuffer()
      return objects.appendTuple(object, isInbound: isInbound, to: &bytes) ? bytes.array()[...] : []
    }
    if isInternet, remote != nil, objects.isServer(object) {
      return [
        event(246),
        event(247, .wide(descriptor), .bytes(tuple(isInbound: true)), .byte(0), .narrow(0), .narrow(0)),
      ]
    }
    let transport = objects.transport(object)
    let type = objects.number(object, .socketType) ?? (transport == 3 ? 2 : 1)
    var events = [
      event(18, .narrow(Int64(family)), .narrow(type), .narrow(objects.number(object, .networkProtocol) ?? 0)),
      event(19, .wide(descriptor)),
    ]
    if remote != nil || (!isInternet && !objects.name(object).isEmpty) {
      events.append(event(22, .wide(descriptor), .bytes([])))
      events.append(event(23, .wide(0), .bytes(tuple(isInbound: false))))
    } else if let local {
      var address = ByteBuffer()
      address.append(UInt8(family))
      address.append(bytes: local.address)
      address.append(local.port)
      events.append(event(20, .wide(descriptor)))
      events.append(event(21, .wide(0), .bytes(address.array()[...])))
    }
    return events
  }
}
