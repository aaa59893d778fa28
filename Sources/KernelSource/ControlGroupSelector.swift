import CLibBPF
import Probe
import Synchronization
import SystemPackage

#if canImport(Glibc)
import Glibc
#endif

/// Selects further control groups from any thread while a source records: a container that starts must be selected before it
/// does anything, and the thread that drains may be busy then.
///
/// Holds what it needs by itself, so that it may outlive the source; then it selects nothing.
public final class ControlGroupSelector: Sendable {
  private let state: Mutex<State>

  private struct State: ~Copyable {
    let map: Int32
    /// The control block, mapped a second time.
    nonisolated(unsafe) let control: UnsafeMutableRawPointer
    let size: Int

    deinit {
      munmap(control, size)
      close(map)
    }
  }

  init(_ object: OpaquePointer) throws(KernelSourceError) {
    let map = fcntl(bpf_object__find_map_fd_by_name(object, "selected_cgroups"), F_DUPFD_CLOEXEC, 3)
    let block = bpf_object__find_map_fd_by_name(object, ".data.control")
    let size = Int(getpagesize())
    guard map >= 0, let control = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, block, 0), control != MAP_FAILED
    else {
      let error = Errno(rawValue: errno)
      if map >= 0 { close(map) }
      throw KernelSourceError(.refused, "the kernel program's selection cannot be reached: \(error)")
    }
    state = Mutex(State(map: map, control: control, size: size))
  }

  /// Selects control groups by their ids; whatever is below them is selected with them.
  /// - Returns: whether the kernel took them all.
  public func select(_ groups: some Sequence<UInt64>) -> Bool {
    state.withLock { state in
      var isTaken = true
      for group in groups {
        var key = group
        var value: UInt8 = 1
        if bpf_map_update_elem(state.map, &key, &value, 0) != 0 { isTaken = false }
      }
      LoadedProbe.raiseSelection(state.control)
      return isTaken
    }
  }
}

extension KernelSelection {
  /// A control group that nobody is in: selecting it alone selects nothing yet.
  public static let noControlGroup = UInt64.max
}
