import Containers
import Recorder

#if canImport(Glibc)
import Glibc
#endif

/// Stops, pauses and kills containers: the control group at once, so that nothing more happens in it, and the engine behind
/// that, so that it knows.
struct ContainerActions: Sendable {
  let groups: ControlGroups?
  let engines: EngineOrders

  /// Does it; waits for the engine, and for a grace. To be called on a thread that may wait.
  /// - Parameter acted: called as soon as the container is paused or killed, before the engine has answered.
  func perform(
    _ action: ContainerAction, on id: String, _ group: ControlGroups.ContainerGroup?, acted: () -> Void
  ) -> ActionOutcome {
    if id.isEmpty { return .refused("the event happened outside of containers") }
    if let group, let groups, groups.allProcesses(of: group).contains(getpid()) {
      return .refused("the guard itself runs in this container")
    }
    switch action {
    case .pause: return pause(id, group, acted)
    case .kill: return kill(id, group, acted)
    case .stop(let grace): return stop(id, group, grace: grace, acted)
    }
  }

  private func pause(_ id: String, _ group: ControlGroups.ContainerGroup?, _ acted: () -> Void) -> ActionOutcome {
    var failure = "its control group is not known"
    var isFrozen = false
    if let group, let groups {
      do throws(ControlGroups.Refused) {
        try groups.freeze(group)
        isFrozen = true
        acted()
      } catch {
        failure = error.description
      }
    }
    switch engines.give(.pause, to: id) {
    case .done:
      if !isFrozen { acted() }
      return .done
    case .unknown: return isFrozen ? .done : .failed(failure)
    case .failed(let reason): return isFrozen ? .done : .failed(reason)
    }
  }

  private func kill(_ id: String, _ group: ControlGroups.ContainerGroup?, _ acted: () -> Void) -> ActionOutcome {
    var isKilled = false
    if let group, let groups {
      isKilled = groups.killAll(group) || signal(SIGKILL, group, groups)
      if isKilled { acted() }
    }
    switch engines.give(.kill, to: id) {
    case .done:
      if !isKilled { acted() }
      return .done
    case .unknown: return isKilled ? .done : group == nil ? .failed("its control group is not known") : .gone
    case .failed(let reason): return isKilled ? .done : .failed(reason)
    }
  }

  private func stop(
    _ id: String, _ group: ControlGroups.ContainerGroup?, grace: Int64, _ acted: () -> Void
  ) -> ActionOutcome {
    acted()
    let seconds = Int(max(grace, 0) + 999_999_999) / 1_000_000_000
    let outcome = engines.give(.stop(seconds: seconds), to: id)
    if case .done = outcome { return .done }
    guard let group, let groups else {
      if case .failed(let reason) = outcome { return .failed(reason) }
      return .failed("its control group is not known")
    }
    guard signal(SIGTERM, group, groups) else { return .gone }
    var waited: Int64 = 0
    while waited < grace, !groups.allProcesses(of: group).isEmpty {
      usleep(20_000)
      waited += 20_000_000
    }
    if !groups.allProcesses(of: group).isEmpty, !groups.killAll(group) { _ = signal(SIGKILL, group, groups) }
    return .done
  }

  /// Sends a signal to all processes of a group, until no new one comes up.
  /// - Returns: whether there was one.
  private func signal(_ number: Int32, _ group: ControlGroups.ContainerGroup, _ groups: ControlGroups) -> Bool {
    var signalled: Set<Int32> = []
    for _ in 0..<16 {
      let new = groups.allProcesses(of: group).filter { !signalled.contains($0) && $0 > 1 && $0 != getpid() }
      if new.isEmpty { break }
      for pid in new {
        // Read from the group a moment ago: the start of this moment is that of the one that is meant.
        let start = ProcessKill.start(of: pid)
        _ = ProcessKill.kill(pid, number) { $0 == start }
        signalled.insert(pid)
      }
    }
    return !signalled.isEmpty
  }
}
