import EventBatch
import EventSchema

// The rows of batches.

extension ScapReplay {
  @inline(__always)
  mutating func appendHead(
    _ type: EventTypeID, time: Int64, latency: Int64, cpu: UInt16, flags: EventFlags, lineage: UInt32, object: UInt32,
    result: Int64
  ) {
    star.builder.appendEvent(
      exitTime: time, latency: latency, type: type, cpu: cpu, flags: flags, lineage: lineage, object: object,
      result: result)
    numbers.append(number)
    lastNumber = number
  }

  @inline(__always)
  mutating func append(
    _ values: ScapValues, _ plan: UnsafePointer<ScapPlan>, time: Int64, latency: Int64, cpu: UInt16,
    thread: ScapThread?, object: ScapObject?, flags: EventFlags, result: Int64?
  ) {
    let lineage = thread.map { star.lineage(of: $0, threads) } ?? EventBatch.noRow
    appendHead(
      plan.pointee.type, time: time, latency: latency, cpu: cpu, flags: flags, lineage: lineage,
      object: object.map { star.row(of: $0) } ?? EventBatch.noRow, result: result ?? EventBatch.missing)
    for parameter in plan.pointee.parameters {
      if let bytes = values.exitBytes(parameter.exit) {
        appendValue(bytes, parameter.form, isSigned: parameter.exitIsSigned, parameter.exitHasNUL)
      } else if let bytes = values.enterBytes(parameter.enter), !bytes.isEmpty {
        appendValue(bytes, parameter.form, isSigned: parameter.enterIsSigned, parameter.enterHasNUL)
      } else {
        appendValue(values.emptyExit(parameter.exit), parameter.form, isSigned: false, false)
      }
    }
  }

  @inline(__always)
  mutating func appendValue(
    _ bytes: UnsafeRawBufferPointer?, _ form: ScapParameterPlan.Form, isSigned: Bool, _ hasNUL: Bool
  ) {
    guard let bytes else {
      star.builder.appendMissing()
      return
    }
    if bytes.isEmpty {
      // Bytes and lists of which there are none are empty; of anything else there is no value without bytes.
      switch form {
      case .bytes: star.builder.appendBytes(bytes)
      case .strings: star.builder.appendText(bytes)
      default: star.builder.appendMissing()
      }
      return
    }
    switch form {
    case .integer: star.builder.appendInteger(scapInteger(bytes, isSigned: isSigned))
    case .bytes: star.builder.appendBytes(bytes)
    case .strings: star.builder.appendText(bytes)
    case .text:
      let end = hasNUL && bytes[bytes.count - 1] == 0 ? bytes.count - 1 : bytes.count
      star.builder.appendText(UnsafeRawBufferPointer(rebasing: bytes[..<end]))
    case .address:
      // The path of a unix socket ends with a NUL that is not part of it.
      let isPath = bytes[0] == 1 && bytes[bytes.count - 1] == 0
      star.builder.appendText(isPath ? UnsafeRawBufferPointer(rebasing: bytes.dropLast()) : bytes)
    }
  }

  /// The batch of all events since the last one.
  mutating func finish() -> EventBatch {
    var batch = star.finish()
    let isDense = numbers.last.map { $0 - numbers[0] + 1 == UInt64(numbers.count) } ?? true
    batch.numbers = isDense ? .consecutive(first: numbers.first ?? 1) : .listed(numbers)
    settleTimes(&batch)
    numbers.removeAll(keepingCapacity: true)
    metadataRows.removeAll(keepingCapacity: true)
    return batch
  }

  /// Brings times into order. What recorders note about containers and users may bear a later time than the calls behind it:
  /// it takes theirs. Calls that are out of order take the time of the call in front of them.
  private mutating func settleTimes(_ batch: inout EventBatch) {
    for row in metadataRows.reversed() where row + 1 < batch.count {
      let next = batch.exitTimes[row + 1]
      // What was noted before anything else was may bear no time at all.
      batch.exitTimes[row] = batch.exitTimes[row] == 0 ? next : min(batch.exitTimes[row], next)
    }
    for row in 0..<batch.count {
      if batch.exitTimes[row] < lastTime { batch.exitTimes[row] = lastTime } else { lastTime = batch.exitTimes[row] }
    }
  }
}
