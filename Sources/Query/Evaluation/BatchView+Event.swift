import EventBatch
import EventSchema

extension BatchView {
  /// What an event field says about a row.
  func value(_ property: EventProperty, argument: FieldArgument, row: Int) -> FieldValue {
    switch property {
    case .number: return .unsigned(batch.numbers[row])
    case .timeOfDay, .timeOfDaySeconds, .iso8601, .dateTime, .dateTimeSeconds, .outputTime:
      return timeText(property, batch.exitTimes[row])
    case .time: return .integer(batch.exitTimes[row])
    case .timeSeconds: return .integer(floorDivide(batch.exitTimes[row], 1_000_000_000))
    case .timeFraction: return .integer(floorModulo(batch.exitTimes[row], 1_000_000_000))
    case .startTime:
      let latency = batch.latencies[row]
      return latency == EventBatch.missing ? .missing : .integer(batch.exitTimes[row] &- latency)
    case .relativeTime, .relativeSeconds, .relativeFraction:
      guard let start = context.start else { return .missing }
      return part(property, batch.exitTimes[row] &- start)
    case .latency, .latencySeconds, .latencyFraction: return part(property, batch.latency(of: row))
    case .latencyHuman:
      let latency = batch.latency(of: row)
      return latency == EventBatch.missing ? .missing : .text(humanDuration(latency))
    case .latencyQuantized: return quantized(batch.latency(of: row))
    case .waitLatency:
      guard let type = layout(ofType: batch.types[row])?.type, type.traits.contains(.waits) else { return .missing }
      return number(batch.latency(of: row))
    case .deltaTime, .deltaSeconds, .deltaFraction:
      guard let before = row > 0 ? batch.exitTimes[row - 1] : previousExit else { return part(property, 0) }
      return part(property, batch.exitTimes[row] &- before)
    case .cpu: return .integer(Int64(batch.cpus[row]))
    case .category: return category(row: row)
    case .arguments:
      var line: [UInt8] = []
      appendArguments(row: row, to: &line)
      return .text(line[...])
    case .argument: return self.argument(argument, row: row)
    case .rawArgument: return rawArgument(argument, row: row)
    case .buffer: return buffer(row: row)
    case .isSyslog: return .boolean(isSyslog(row: row))
    case .result:
      let result = batch.results[row]
      if result == EventBatch.missing { return .missing }
      return .text(isError(result) ? errorName(-result) : "SUCCESS")
    case .rawResult: return number(batch.results[row])
    case .hasFailed: return .boolean(isError(batch.results[row]))
    case .hasFlag(let flag): return .boolean(EventFlags(rawValue: batch.flags[row]).contains(flag))
    case .count, .exitCount: return .unsigned(1)
    case .errorCount(let target): return errorCount(target, row: row)
    case .length(let direction, let target): return length(direction, target, row: row)
    case .openRead, .openWrite, .openExecutable, .openCreate: return openKind(property, row: row)
    case .absolutePath:
      switch argument {
      case .name("src"): return path(.source, isRaw: false, row: row)
      case .name("dst"): return path(.target, isRaw: false, row: row)
      default:
        let single = path(.any, isRaw: false, row: row)
        return single == .missing ? path(.target, isRaw: false, row: row) : single
      }
    case .path: return path(.any, isRaw: false, row: row)
    case .sourcePath: return path(.source, isRaw: false, row: row)
    case .targetPath: return path(.target, isRaw: false, row: row)
    case .pathRaw: return path(.any, isRaw: true, row: row)
    case .sourcePathRaw: return path(.source, isRaw: true, row: row)
    case .targetPathRaw: return path(.target, isRaw: true, row: row)
    case .descriptor: return descriptor(row: row)
    case .descriptorIdentity, .containerObjectName, .containerDirectory, .threadNameAndID:
      return joinedIdentity(property, row: row)
    case .isAsynchronous: return .boolean(false)
    case .sampleCount: return layout(ofType: batch.types[row])?.type.name == "process_sample" ? .unsigned(1) : .missing
    case .distance:
      let time: Int64? =
        switch argument {
        case .index(let index): Int64(index)
        case .name(let name): Int64(name)
        case .none: nil
        }
      guard let time else { return .missing }
      let distance = Int128(batch.exitTimes[row]) - Int128(time)
      return .integer(Int64(clamping: (distance.magnitude + 999_999) / 1_000_000))
    case .shownTime(let style): return shownTime(style, row: row)
    case .usage(let property): return usage(property, row: row)
    case .descriptorTypes: return descriptorTypes(argument, row: row)
    case .descriptorNameRaw: return descriptorNameRaw(row: row)
    case .isNameChanged: return isNameChanged(row: row)
    case .polledDescriptors: return polledDescriptors(row: row)
    case .syslog(let part): return syslog(part, row: row)
    case .containerDuration: return sinceContainerStart(row: row)
    case .processDuration: return sinceStart(.itself, row: row)
    case .parentDuration: return sinceStart(.parent, row: row)
    case .hostname: return context.hostname.map { .text($0) } ?? .missing
    }
  }

  /// How many bytes a call moved, missing when it is not of the wanted kind. Any other call about a descriptor moved none.
  func length(_ direction: IODirection?, _ target: IOTarget?, row: Int) -> FieldValue {
    let result = batch.results[row]
    guard result >= 0, let type = layout(ofType: batch.types[row])?.type else { return .missing }
    let reads = type.traits.contains(.readsFromDescriptor)
    let writes = type.traits.contains(.writesToDescriptor)
    if !reads, !writes { return type.movesNothing && direction == nil && target == nil ? .unsigned(0) : .missing }
    guard direction != .read || reads, direction != .write || writes else { return .missing }
    if let target {
      let kind = kind(ofObject: Int(batch.objects[row]))
      guard target == .file ? kind.isFile || kind == .directory : kind.isInternetSocket else { return .missing }
    }
    return .unsigned(UInt64(result))
  }

  private func errorCount(_ target: ErrorTarget?, row: Int) -> FieldValue {
    guard isError(batch.results[row]) else { return .missing }
    guard let target else { return .unsigned(1) }
    return errorTarget(row: row) == target ? .unsigned(1) : .missing
  }

  /// What a failed call was about: its object says, else its category.
  private func errorTarget(row: Int) -> ErrorTarget {
    let kind = kind(ofObject: Int(batch.objects[row]))
    if kind.isFile || kind == .directory { return .file }
    if kind.socketFamily != nil { return .network }
    switch layout(ofType: batch.types[row])?.type.category {
    case .file: return .file
    case .net: return .network
    case .memory: return .memory
    default: return .other
    }
  }

  private func timeText(_ property: EventProperty, _ time: Int64) -> FieldValue {
    var text: [UInt8] = []
    switch property {
    case .timeOfDaySeconds: clock.appendTime(time, fraction: false, to: &text)
    case .iso8601: ClockText.appendISO8601(time, to: &text)
    case .dateTime: clock.appendDateTime(time, fraction: true, to: &text)
    case .dateTimeSeconds: clock.appendDateTime(time, fraction: false, to: &text)
    default: clock.appendTime(time, fraction: true, to: &text)
    }
    return .text(text[...])
  }

  /// A duration, its whole seconds, or its fraction.
  private func part(_ property: EventProperty, _ duration: Int64) -> FieldValue {
    if duration == EventBatch.missing { return .missing }
    switch property {
    case .relativeSeconds, .latencySeconds, .deltaSeconds: return .integer(duration / 1_000_000_000)
    case .relativeFraction, .latencyFraction, .deltaFraction: return .integer(duration % 1_000_000_000)
    default: return .integer(duration)
    }
  }

  /// The row of a spectrogram: ten for each power of ten.
  private func quantized(_ latency: Int64) -> FieldValue {
    if latency == EventBatch.missing { return .missing }
    var power: UInt64 = 0
    var bound: Int64 = 1
    while bound <= latency / 10 {
      bound *= 10
      power += 1
    }
    // Between two powers of ten the tenth roots of ten, times a thousand.
    let fraction = latency <= 0 ? 0 : Int64(Double(latency) / Double(bound) * 1000)
    let roots: [Int64] = [1258, 1584, 1995, 2511, 3162, 3981, 5011, 6309, 7943]
    return .unsigned(latency <= 0 ? 0 : power * 10 + UInt64(roots.count { $0 < fraction }))
  }

  /// The category; calls that read and write belong to what they read from or write to.
  private func category(row: Int) -> FieldValue {
    guard let type = layout(ofType: batch.types[row])?.type else { return .missing }
    switch type.category {
    case .ioRead, .ioWrite, .ioOther:
      let kind = kind(ofObject: Int(batch.objects[row]))
      if kind.isFile || kind == .directory { return .text("file") }
      if kind.isInternetSocket { return .text("net") }
      return .text(kind == .unknown ? "unknown" : "ipc")
    // The ecosystem spells it so where it is the call that says it, not the object.
    case .ipc: return .text("IPC")
    default: return .text("\(type.category)")
    }
  }

  func isSyslog(row: Int) -> Bool {
    guard let type = layout(ofType: batch.types[row])?.type, type.traits.contains(.writesToDescriptor),
      Int(batch.objects[row]) < batch.dimensions.objects.count,
      let name = objectName(Int(batch.objects[row])).bytesValue
    else { return false }
    return BatchView.isSyslog(name)
  }

  /// Whether a socket of this name is the system log's.
  static func isSyslog(_ name: ArraySlice<UInt8>) -> Bool {
    name.elementsEqual("/dev/log".utf8) || name.elementsEqual("/run/systemd/journal/dev-log".utf8)
      || name.elementsEqual("/run/systemd/journal/syslog".utf8)
  }

  private func openKind(_ property: EventProperty, row: Int) -> FieldValue {
    guard let open = openKind(row: row) else { return .boolean(false) }
    // What a call opens is known without its result.
    var isMade: Bool { !isError(batch.results[row]) }
    switch property {
    case .openRead: return .boolean(open.reads)
    case .openWrite: return .boolean(open.writes)
    case .openCreate: return .boolean(open.creates && isMade)
    default: return .boolean((open.creates || open.isTemporary) && open.mode & 0o111 != 0 && isMade)
    }
  }

  private func joinedIdentity(_ property: EventProperty, row: Int) -> FieldValue {
    let lineage = Int(batch.lineages[row])
    func joined(_ first: FieldValue, _ separator: String, _ second: FieldValue) -> FieldValue {
      guard first != .missing, second != .missing else { return .missing }
      var text: [UInt8] = []
      first.append(to: &text)
      text.append(contentsOf: separator.utf8)
      second.append(to: &text)
      return .text(text[...])
    }
    // Not all of them have the column of objects read.
    var object: Int { Int(batch.objects[row]) }
    switch property {
    case .descriptorIdentity:
      return joined(value(.tid, of: .itself, argument: .none, lineage: lineage), "", descriptor(row: row))
    case .containerObjectName:
      return joined(value(.shortID, argument: .none, lineage: lineage), ":", value(.name, object: object))
    case .containerDirectory:
      return joined(value(.shortID, argument: .none, lineage: lineage), ":", value(.directory, object: object))
    default:
      return joined(
        value(.name, of: .itself, argument: .none, lineage: lineage), "",
        value(.tid, of: .itself, argument: .none, lineage: lineage))
    }
  }

  private func sinceStart(_ relation: ProcessRelation, row: Int) -> FieldValue {
    let start = value(.processStart, of: relation, argument: .none, lineage: Int(batch.lineages[row]))
    guard let start = start.integerValue else { return .missing }
    return .integer(batch.exitTimes[row] &- start)
  }
}

/// A duration with a unit and at most two digits behind the point, cut off: `184ns`, `1.53us`, `20us`.
func humanDuration(_ nanoseconds: Int64) -> String {
  let units: [(size: Int64, name: String)] = [(1_000_000_000, "s"), (1_000_000, "ms"), (1000, "us")]
  guard let unit = units.first(where: { nanoseconds >= $0.size }) else { return "\(nanoseconds)ns" }
  let hundredths = nanoseconds % unit.size * 100 / unit.size
  let whole = nanoseconds / unit.size
  // The ecosystem leaves the fraction out from ten thousand of the next smaller unit on.
  if hundredths == 0 || whole >= 10 { return "\(whole)\(unit.name)" }
  return "\(whole).\(hundredths < 10 ? "0" : "")\(hundredths)\(unit.name)"
}
