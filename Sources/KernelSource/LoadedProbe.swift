import CLibBPF
import EventSchema
import Probe
import ProbeImage
import SystemPackage

#if canImport(Glibc)
import Glibc
#endif

/// The kernel program, loaded and attached, and the memory that it shares with this process.
///
/// Everything goes away with the value: links are closed first, so that no program runs while its maps disappear.
struct LoadedProbe: ~Copyable {
  let object: OpaquePointer
  /// What is attached beside system calls and the life of tasks.
  private let hooks: Set<ProbeHook>
  /// Whether moves between control groups are noticed.
  private let noticesMoves: Bool
  /// The attached programs, by name.
  private var links: [(name: String, link: OpaquePointer)] = []
  /// The iterators, by the name of their program. They are made before privileges are dropped.
  var iterators: [String: OpaquePointer] = [:]
  private var doorbell: OpaquePointer?
  private let ringMemory: UnsafeMutableRawPointer
  private let ringMemorySize: Int
  let controlMemory: UnsafeMutableRawPointer
  /// Bytes of each ring without its slack; a power of two.
  let ringSize: Int
  /// Bytes from one CPU's ring to the next.
  let ringStride: Int
  let cpuCount: Int

  /// Loads the program; nothing runs yet.
  init(schema: Schema, options: KernelSourceOptions) throws(KernelSourceError) {
    reel_keep_bpf_messages()
    let cpus = libbpf_num_possible_cpus()
    guard cpus > 0 else {
      throw KernelSourceError(.unsupportedKernel, "cannot count the CPUs: \(Errno(rawValue: -cpus))")
    }
    var size = 256 << 10
    while size < options.ringSize, size < 512 << 20 { size *= 2 }
    let stride = (Int(REEL_RING_HEADER) + size + Int(REEL_RING_SLACK) + 7) & ~7
    let wanted = ProbeHook.present().filter { $0.isWanted(by: options) }
    let noticesMoves = options.selection.isOfControlGroupsAlone && LoadedProbe.canNoticeMoves()
    let shared = try LoadedProbe.load(
      hooks: wanted, noticesMoves: noticesMoves, schema: schema, options: options, ringSize: size, stride: stride,
      cpus: cpus)
    hooks = wanted
    self.noticesMoves = noticesMoves
    cpuCount = Int(cpus)
    ringSize = size
    ringStride = stride
    object = shared.object
    ringMemory = shared.ringMemory
    ringMemorySize = shared.ringMemorySize
    controlMemory = shared.controlMemory
    for cpu in 0...cpuCount { ring(cpu).pointee.called_at = UInt64.max }
    // Generation 0 means "never": entries of the probe's maps that only carry a number have it.
    raiseGeneration()
    let control = controlMemory.assumingMemoryBound(to: reel_control.self)
    control.pointee.recorder = LoadedProbe.ownNumber(object)
    control.pointee.selection_epoch = 1
    control.pointee.task_epoch = 1
    noticeSleep()
  }

  /// The number of this process outside of all pid namespaces: what the kernel program compares with.
  private static func ownNumber(_ object: OpaquePointer) -> UInt32 {
    guard let program = bpf_object__find_program_by_name(object, "name_recorder") else { return UInt32(getpid()) }
    var options = bpf_test_run_opts()
    options.sz = MemoryLayout<bpf_test_run_opts>.size
    // A kernel that cannot run it has no namespaces in the way either, or the recorder sees itself: no harm beyond noise.
    guard bpf_prog_test_run_opts(bpf_program__fd(program), &options) == 0 else { return UInt32(getpid()) }
    return options.retval
  }

  /// What `load` hands over; owned by nobody until an initializer takes it.
  private struct Shared {
    var object: OpaquePointer
    var ringMemory: UnsafeMutableRawPointer
    var ringMemorySize: Int
    var controlMemory: UnsafeMutableRawPointer
  }

  private static func load(
    hooks: Set<ProbeHook>, noticesMoves: Bool, schema: Schema, options: KernelSourceOptions, ringSize: Int, stride: Int,
    cpus: Int32
  ) throws(KernelSourceError) -> Shared {
    let image = ProbeImage.bytes()
    let opened = image.withUnsafeBytes { bytes in
      "reel".withCString { name in
        var openOptions = bpf_object_open_opts()
        openOptions.sz = MemoryLayout<bpf_object_open_opts>.size
        openOptions.object_name = name
        return bpf_object__open_mem(bytes.baseAddress, bytes.count, &openOptions)
      }
    }
    guard let object = opened else {
      throw KernelSourceError(
        .unsupportedKernel, "the kernel program does not open: is /sys/kernel/btf/vmlinux there? See reel doctor",
        details: messages())
    }
    do throws(KernelSourceError) {
      // What is not attached is not loaded: the kernel may not have its tracepoint.
      for hook in ProbeHook.allCases where !hooks.contains(hook) {
        guard let program = bpf_object__find_program_by_name(object, hook.rawValue) else { continue }
        bpf_program__set_autoload(program, false)
      }
      if !noticesMoves, let program = bpf_object__find_program_by_name(object, "on_cgroup_move") {
        bpf_program__set_autoload(program, false)
      }
      try configure(
        object, schema: schema, options: options, noticesMoves: noticesMoves, ringSize: ringSize, stride: stride,
        cpus: cpus)
      let status = bpf_object__load(object)
      guard status == 0 else { throw loadError(Errno(rawValue: -status)) }
      // Of the snapshot's ring only what is used: the kernel counts what is mapped as this process's memory.
      let used = Int(REEL_RING_HEADER + REEL_SNAPSHOT_ROOM + REEL_RING_SLACK)
      let size = pageAligned(stride * Int(cpus) + min(stride, used))
      let ringMemory = try map(object, "rings", size)
      do throws(KernelSourceError) {
        let control = try map(object, ".data.control", pageAligned(MemoryLayout<reel_control>.size))
        return Shared(
          object: object, ringMemory: ringMemory, ringMemorySize: size, controlMemory: control)
      } catch {
        munmap(ringMemory, size)
        throw error
      }
    } catch {
      bpf_object__close(object)
      throw error
    }
  }

  deinit {
    for link in links { bpf_link__destroy(link.link) }
    for iterator in iterators.values { bpf_link__destroy(iterator) }
    if let doorbell { ring_buffer__free(doorbell) }
    munmap(ringMemory, ringMemorySize)
    munmap(controlMemory, LoadedProbe.pageAligned(MemoryLayout<reel_control>.size))
    bpf_object__close(object)
  }

  /// Starts the programs: returns before entries, so that a call seen at its beginning is also seen at its end.
  mutating func attach(latency: ProbeLatency) throws(KernelSourceError) {
    var names = ["on_fork", "on_task_exit", "on_execute", "on_system_call_exit"]
    if latency != .none { names.append("on_system_call_enter") }
    // Before the programs that rely on it.
    if noticesMoves { names.insert("on_cgroup_move", at: 0) }
    // Completions before submissions: a request that is seen is then seen to its end.
    names += ProbeHook.allCases.reversed().filter { hooks.contains($0) }.map(\.rawValue)
    for name in names {
      guard let program = bpf_object__find_program_by_name(object, name) else {
        throw KernelSourceError(.refused, "the kernel program has no part named \(name)")
      }
      guard let link = bpf_program__attach(program) else {
        throw KernelSourceError(
          .refused, "the kernel refuses to attach \(name): \(Errno(rawValue: errno)); see reel doctor",
          details: LoadedProbe.messages())
      }
      links.append((name, link))
    }
    let descriptor = bpf_object__find_map_fd_by_name(object, "doorbell")
    doorbell = ring_buffer__new(descriptor, { _, _, _ in 0 }, nil, nil)
    guard doorbell != nil else {
      throw KernelSourceError(.refused, "cannot wait for the kernel program: \(Errno(rawValue: errno))")
    }
  }

  /// Stops the programs; what they wrote can still be drained.
  mutating func detach() {
    // Returns first: a call that began before is then known to have been running at the end. One that began after it and
    // returned unseen would pass for one that runs.
    for last in ["on_system_call_exit", "on_system_call_enter"] {
      for link in links where link.name == last { bpf_link__destroy(link.link) }
    }
    for link in links where !link.name.hasPrefix("on_system_call") { bpf_link__destroy(link.link) }
    links = []
  }

  /// Waits until a ring fills up, an urgent event comes, the time is over or a signal arrives.
  /// - Returns: whether the program called.
  @discardableResult
  func wait(milliseconds: Int32) -> Bool {
    guard let doorbell else { return false }
    // Interruptions and time-outs both mean: look now.
    return ring_buffer__poll(doorbell, milliseconds) > 0
  }

  /// Whether some ring is a quarter full.
  var isFilling: Bool {
    (0..<cpuCount).contains { cpu in
      let ring = ring(cpu)
      return reel_load_acquire(&ring.pointee.head) &- ring.pointee.tail >= UInt64(ringSize / 4)
    }
  }

  /// The head of a CPU's ring, shared with the kernel program; behind the last CPU's stands that of the snapshot.
  func ring(_ cpu: Int) -> UnsafeMutablePointer<reel_ring> {
    (ringMemory + cpu * ringStride).assumingMemoryBound(to: reel_ring.self)
  }

  /// The first data byte of a CPU's ring.
  func ringData(_ cpu: Int) -> UnsafeRawPointer {
    UnsafeRawPointer(ringMemory + cpu * ringStride + Int(REEL_RING_HEADER))
  }

  /// Makes the program define everything anew from now on.
  func raiseGeneration() {
    let control = controlMemory.assumingMemoryBound(to: reel_control.self)
    reel_store_release(&control.pointee.generation, control.pointee.generation + 1)
  }

  /// Tells the program how long the machine has slept: to be called often, since its clock leaves that out.
  func noticeSleep() {
    let control = controlMemory.assumingMemoryBound(to: reel_control.self)
    let slept = UInt64(Clock.noticeSleep())
    if control.pointee.slept != slept { reel_store_release(&control.pointee.slept, slept) }
  }

  private static func configure(
    _ object: OpaquePointer, schema: Schema, options: KernelSourceOptions, noticesMoves: Bool, ringSize: Int,
    stride: Int,
    cpus: Int32
  ) throws(KernelSourceError) {
    guard let settingsMap = bpf_object__find_map_by_name(object, "reel.rodata") ?? readOnlyData(object),
      let rings = bpf_object__find_map_by_name(object, "rings"),
      let tasks = bpf_object__find_map_by_name(object, "tasks")
    else { throw KernelSourceError(.refused, "the kernel program lacks one of its maps") }
    let taskSlots = taskTableSize()
    var settings = reel_settings()
    settings.ring_mask = UInt32(ringSize - 1)
    settings.task_mask = taskSlots - 1
    settings.snap_length = options.snapLength
    settings.cpu_count = UInt32(cpus)
    settings.latency = options.latency.abiValue
    settings.stage = options.stage.rawValue
    settings.alternatives = options.alternatives.rawValue
    settings.exit_type = options.selection.types?.contains(.procexit) == false ? 0 : EventTypeID.procexit.rawValue
    settings.signal_type = EventTypeID.signaldeliver.rawValue
    settings.switch_type = EventTypeID.`switch`.rawValue
    settings.page_fault_type = EventTypeID.pageFault.rawValue
    settings.io_uring_type = EventTypeID.ioUring.rawValue
    settings.page_kib = UInt32(getpagesize() / 1024)
    settings.environment = options.environment == .none ? 0 : 1
    settings.remembers_left_out = noticesMoves ? 1 : 0
    settings.casts_numbers = noticesMoves && reel_has_kernel_function("bpf_rdonly_cast") ? 1 : 0
    settings.select(options.selection)
    let size = bpf_map__value_size(settingsMap)
    var bytes = [UInt8](repeating: 0, count: Int(size))
    withUnsafeBytes(of: &settings) { source in
      for index in 0..<min(source.count, bytes.count) { bytes[index] = source[index] }
    }
    guard Int(size) >= MemoryLayout<reel_settings>.size,
      bpf_map__set_initial_value(settingsMap, bytes, bytes.count) == 0,
      bpf_map__set_value_size(rings, UInt32(stride)) == 0,
      bpf_map__set_max_entries(rings, UInt32(cpus) + 1) == 0,
      bpf_map__set_max_entries(tasks, taskSlots) == 0
    else { throw KernelSourceError(.refused, "the kernel program does not take its settings", details: messages()) }
  }

  /// The read-only data map: its name is cut to what the kernel allows, so that it is found by its end.
  private static func readOnlyData(_ object: OpaquePointer) -> OpaquePointer? {
    var map = bpf_object__next_map(object, nil)
    while let current = map {
      if let name = bpf_map__name(current), String(cString: name).hasSuffix(".rodata") { return current }
      map = bpf_object__next_map(object, current)
    }
    return nil
  }

  /// As many task slots as there can be ids, up to 65,536: beyond that, living tasks that meet are rare and have a
  /// place of their own.
  private static func taskTableSize() -> UInt32 {
    let limit = ProcFile.integer("/proc/sys/kernel/pid_max") ?? 32768
    var size: UInt32 = 1024
    while size < 65_536, size < limit { size *= 2 }
    return size
  }

  /// Puts the operations in place: before attaching, and when other types are recorded.
  func install(_ table: OperationTable) throws(KernelSourceError) {
    let count = Int(REEL_OPERATIONS)
    precondition(table.operations.count <= count, "there are more operations than system call numbers")
    let size = LoadedProbe.pageAligned(count * MemoryLayout<reel_operation>.stride)
    let memory = try LoadedProbe.map(object, ".data.operations", size)
    defer { munmap(memory, size) }
    table.operations.withUnsafeBytes { operations in
      UnsafeMutableRawBufferPointer(start: memory, count: size).copyMemory(from: operations)
    }
    let control = controlMemory.assumingMemoryBound(to: reel_control.self)
    withUnsafeMutableBytes(of: &control.pointee.skipped) { $0.copyBytes(from: table.skipped) }
  }

  private static func map(_ object: OpaquePointer, _ name: String, _ size: Int) throws(KernelSourceError)
    -> UnsafeMutableRawPointer
  {
    let descriptor = bpf_object__find_map_fd_by_name(object, name)
    guard let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), memory != MAP_FAILED else {
      throw KernelSourceError(.refused, "cannot map the kernel program's \(name): \(Errno(rawValue: errno))")
    }
    return memory
  }

  private static func loadError(_ error: Errno) -> KernelSourceError {
    let details = messages()
    switch error {
    case .notPermitted where getuid() != 0, .permissionDenied where getuid() != 0:
      return KernelSourceError(
        .notPermitted, "recording needs root (or CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE)",
        details: details)
    case .noMemory:
      return KernelSourceError(
        .refused, "the kernel has no memory for the rings: try a smaller --buffer", details: details)
    default:
      return KernelSourceError(
        .unsupportedKernel, "the kernel refuses the recorder's program (\(error)): see reel doctor", details: details)
    }
  }

  private static func messages() -> String { String(cString: reel_take_bpf_messages()) }

  private static func pageAligned(_ size: Int) -> Int {
    let page = Int(getpagesize())
    return (size + page - 1) / page * page
  }
}
