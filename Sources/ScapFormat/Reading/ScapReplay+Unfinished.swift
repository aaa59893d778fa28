import EventBatch
import EventSchema

// Calls without a return.

extension ScapReplay {
  /// Writes down the call that a thread was in: its return is not in the file.
  mutating func endCall(of thread: ScapThread, time: Int64, isKept: Bool = true) {
    guard thread.enter.code != ScapEnter.none else { return }
    let code = thread.enter.code
    thread.enter.code = ScapEnter.none
    if thread.enter.isHidden { return }
    // An event needs a number of its own, and the one of the beginning is past: that of the event that shows that there is
    // no return is free unless it is an event by itself.
    let free = isKept ? number : number - 1
    guard free > lastNumber else { return }
    let present = number
    number = free
    defer { number = present }
    appendUnfinished(thread, code, time)
  }

  mutating func appendUnfinished(_ thread: ScapThread, _ code: UInt16, _ time: Int64) {
    let latency = time >= thread.enter.time ? time - thread.enter.time : EventBatch.missing
    let enter = thread.enter.parameters
    let cpu = thread.enter.cpu
    let lineage = star.lineage(of: thread, threads)
    if code == 0 {
      let call = enter[0].map { scapInteger($0, isSigned: false) } ?? 0
      appendHead(
        schema.genericType(ofCall: call), time: time, latency: latency, cpu: cpu, flags: .unfinished,
        lineage: lineage, object: EventBatch.noRow, result: EventBatch.missing)
      for index in 0..<2 { appendValue(enter[index], .integer, isSigned: false, false) }
      return
    }
    let plan = plans[code]
    var object = EventBatch.noRow
    if thread.lastDescriptor >= 0, let found = self.object(thread.lastDescriptor, of: thread) {
      object = star.row(of: found)
    }
    appendHead(
      plan.pointee.type, time: time, latency: latency, cpu: cpu, flags: .unfinished, lineage: lineage, object: object,
      result: EventBatch.missing)
    for parameter in plan.pointee.parameters {
      appendValue(enter[Int(parameter.exit)], parameter.form, isSigned: parameter.exitIsSigned, parameter.exitHasNUL)
    }
  }

  /// Writes down the calls that are still running at the end of a section, behind its events.
  mutating func endCalls() {
    for thread in threads.all where thread.enter.code != ScapEnter.none {
      let code = thread.enter.code
      thread.enter.code = ScapEnter.none
      if thread.enter.isHidden { continue }
      number += 1
      appendUnfinished(thread, code, previousTime)
    }
  }
}
