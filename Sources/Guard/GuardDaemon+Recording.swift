import EventBatch
import KernelSource
import Recorder

// What is recorded, and when open batches are closed: for captures, and for states of the machine.
extension GuardDaemon {
  /// Has what captures wait for written, and ends those whose time is over.
  mutating func closeForCaptures(now: Int64) {
    guard keeper.isCapturing else { return }
    if now - closed >= GuardDaemon.captureDelay { closeBatch(now: now) }
    guard now - looked.captures > 20_000_000 else { return }
    looked.captures = now
    let due = keeper.due(at: now)
    if due.isEmpty { return }
    closeBatch(now: now)
    keeper.finish(due)
    updateRecording()
  }

  mutating func closeBatch(now: Int64) {
    closed = now
    take(source.flush())
  }

  /// Tells states of the machine, part by part, so that no alert waits for one.
  mutating func tellState(now: Int64) {
    if isTellingState {
      guard let part = source.nextStatePart() else {
        isTellingState = false
        return
      }
      if !part.isEmpty { pipeline.append(part) }
      return
    }
    guard recordsEverything else { return }
    if wantsState, now - stateOfTrigger > GuardDaemon.triggerStatePeriod {
      wantsState = false
      stateOfTrigger = now
      source.beginState(.trigger)
      isTellingState = true
      return
    }
    let bytes = pipeline.bytes
    guard let reason = states.due(at: Clock.sinceBoot(), bytes: bytes.all, stateBytes: bytes.states) else { return }
    source.beginState(reason)
    isTellingState = true
  }

  /// Records all calls while somebody captures or the past is kept, else those that rules name.
  mutating func updateRecording() {
    let everything = GuardDaemon.keepsPast(setup.configuration, watcher.compiled) || keeper.isCapturing
    guard everything != recordsEverything else { return }
    do throws(KernelSourceError) {
      try source.record(types: everything ? nil : watcher.compiled.engine.types)
      recordsEverything = everything
      if everything { wantsState = true }
    } catch {
      outlets.warn("the kernel cannot be told what to record: \(error.description)")
    }
  }
}
