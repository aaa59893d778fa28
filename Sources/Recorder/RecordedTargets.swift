import CLinux

#if canImport(Glibc)
import Glibc
#endif

/// What a recording is about, and may end with.
public enum RecordedTarget: Sendable, Hashable {
  /// A control group, by its directory.
  case controlGroup(String)
  /// A process.
  case process(UInt32)
}

/// Watches whether anything is left of what a recording is about.
struct RecordedTargets: ~Copyable {
  private var groups: [Group] = []
  /// Descriptors of processes: they never come to mean another process that got the same id.
  private var processes: [Int32] = []

  private struct Group {
    let path: String
    /// A group that was just made has no process yet.
    var wasPopulated = false
  }

  init(_ targets: [RecordedTarget]) {
    for target in targets {
      switch target {
      case .controlGroup(let path): groups.append(Group(path: path))
      case .process(let pid):
        let descriptor = reel_open_process(Int32(bitPattern: pid))
        // One that cannot be opened has ended already.
        if descriptor >= 0 { processes.append(descriptor) }
      }
    }
  }

  /// Takes in a control group that came later.
  mutating func add(controlGroup path: String) {
    if !groups.contains(where: { $0.path == path }) { groups.append(Group(path: path)) }
  }

  /// Whether there is nothing to wait for.
  var isEmpty: Bool { groups.isEmpty && processes.isEmpty }

  deinit {
    for descriptor in processes { close(descriptor) }
  }

  /// Whether all groups are empty or gone, and all processes have ended.
  mutating func areGone() -> Bool {
    for index in groups.indices.reversed() {
      switch ControlGroups.isPopulated(groups[index].path) {
      case true?: groups[index].wasPopulated = true
      case false?: if groups[index].wasPopulated { groups.remove(at: index) }
      case nil: groups.remove(at: index)
      }
    }
    processes.removeAll { descriptor in
      var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard Glibc.poll(&poll, 1, 0) > 0 else { return false }
      close(descriptor)
      return true
    }
    return groups.isEmpty && processes.isEmpty
  }
}
