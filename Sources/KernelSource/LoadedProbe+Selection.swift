import CLibBPF
import EventSchema
import Probe
import SystemPackage

#if canImport(Glibc)
import Glibc
#endif

extension reel_settings {
  /// Puts in what does not change while a recording runs.
  mutating func select(_ selection: KernelSelection) {
    let most = Int(REEL_SELECTED_VALUES)
    var wanted: Int32 = 0
    // What does not fit is decided in user space.
    if !selection.users.isEmpty, selection.users.count <= most {
      wanted |= REEL_SELECT_USERS
      selected_user_count = UInt32(selection.users.count)
      withUnsafeMutableBytes(of: &selected_users) { bytes in
        for (index, user) in selection.users.enumerated() {
          bytes.storeBytes(of: user, toByteOffset: index * 4, as: UInt32.self)
        }
      }
    }
    if !selection.names.isEmpty, selection.names.count <= most {
      wanted |= REEL_SELECT_NAMES
      selected_name_count = UInt32(selection.names.count)
      withUnsafeMutableBytes(of: &selected_names) { bytes in
        for (index, name) in selection.names.enumerated() {
          // The kernel keeps 15 bytes and fills up with zeros.
          for (offset, byte) in name.prefix(15).enumerated() { bytes[index * 16 + offset] = byte }
        }
      }
    }
    if !selection.cgroups.isEmpty { wanted |= REEL_SELECT_CGROUPS }
    if !selection.processTrees.isEmpty || !selection.processes.isEmpty { wanted |= REEL_SELECT_PROCESSES }
    self.selection = UInt32(wanted)
  }
}

extension KernelSelection {
  /// Whether control groups decide, and nothing else that a task may change by itself.
  var isOfControlGroupsAlone: Bool {
    !cgroups.isEmpty && users.isEmpty && names.isEmpty && processes.isEmpty && processTrees.isEmpty
  }
}

extension LoadedProbe {
  /// Whether the kernel tells when a task was moved to another control group.
  static func canNoticeMoves() -> Bool {
    let text = strdup("cgroup_attach_task")
    defer { free(text) }
    var name: UnsafePointer<CChar>? = UnsafePointer(text)
    var count: Int32 = -1
    reel_count_tracepoint_arguments(&name, &count, 1)
    return count >= 0
  }

  /// Selects further control groups; whatever is below them is selected with them.
  func select(cgroups: some Sequence<UInt64>) throws(KernelSourceError) {
    let map = bpf_object__find_map_fd_by_name(object, "selected_cgroups")
    for cgroup in cgroups {
      var key = cgroup
      var value: UInt8 = 1
      guard bpf_map_update_elem(map, &key, &value, 0) == 0 else { throw LoadedProbe.selectionError() }
    }
    LoadedProbe.raiseSelection(controlMemory)
  }

  /// Selects further processes, each by id and start (nanoseconds since boot; 0 for whoever has the id).
  func select(processes: some Sequence<(pid: UInt32, start: UInt64)>) throws(KernelSourceError) {
    let map = bpf_object__find_map_fd_by_name(object, "selected_processes")
    for process in processes {
      var key = process.pid
      var value = process.start
      guard bpf_map_update_elem(map, &key, &value, 0) == 0 else { throw LoadedProbe.selectionError() }
    }
    LoadedProbe.raiseSelection(controlMemory)
  }

  private static func selectionError() -> KernelSourceError {
    KernelSourceError(.refused, "the kernel program does not take what is selected: \(Errno(rawValue: errno))")
  }

  /// Makes the program look anew at all tasks.
  static func raiseSelection(_ memory: UnsafeMutableRawPointer) {
    let control = memory.assumingMemoryBound(to: reel_control.self)
    control.pointee.selection_epoch &+= 1
    if control.pointee.selection_epoch == 0 { control.pointee.selection_epoch = 1 }
  }
}
