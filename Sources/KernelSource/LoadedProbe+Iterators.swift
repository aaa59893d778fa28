import CLibBPF
import Probe
import SystemPackage

#if canImport(Glibc)
import Glibc
#endif

extension LoadedProbe {
  /// The programs that tell what is there.
  enum Iterator: String, CaseIterable {
    case threads = "snapshot_threads"
    case descriptors = "snapshot_descriptors"
    case calls = "snapshot_calls"
    case requests = "snapshot_requests"
    case samples = "sample_threads"
  }

  /// Makes the iterators. Where the kernel has none, `/proc` is read instead, which is no error.
  mutating func makeIterators() {
    for iterator in Iterator.allCases {
      guard let program = bpf_object__find_program_by_name(object, iterator.rawValue),
        let link = iterator == .requests ? overRequests(program) : bpf_program__attach_iter(program, nil)
      else { continue }
      iterators[iterator.rawValue] = link
    }
  }

  /// An iterator that goes through the map of requests that have not completed.
  private func overRequests(_ program: OpaquePointer) -> OpaquePointer? {
    let map = bpf_object__find_map_fd_by_name(object, "uring_requests")
    guard map >= 0 else { return nil }
    var info = bpf_iter_link_info()
    info.map.map_fd = UInt32(map)
    return withUnsafeMutablePointer(to: &info) { info in
      var options = bpf_iter_attach_opts()
      options.sz = MemoryLayout<bpf_iter_attach_opts>.size
      options.link_info = info
      options.link_info_len = UInt32(MemoryLayout<bpf_iter_link_info>.size)
      return bpf_program__attach_iter(program, &options)
    }
  }

  /// Starts to go through what is there; `nil` where the kernel refuses.
  func begin(_ iterator: Iterator) -> IteratorRun? {
    guard let link = iterators[iterator.rawValue] else { return nil }
    let descriptor = bpf_iter_create(bpf_link__fd(link))
    return descriptor < 0 ? nil : IteratorRun(descriptor)
  }

  /// Takes the records that iterators have written since the last call.
  func takeSnapshotRecords(_ take: (UnsafeRawPointer) -> Void) {
    let ring = ring(cpuCount)
    let head = reel_load_acquire(&ring.pointee.head)
    var position = ring.pointee.tail
    while position != head {
      let record = ringData(cpuCount) + Int(truncatingIfNeeded: position) & (ringSize - 1)
      take(record)
      position &+= UInt64(record.load(as: UInt32.self))
    }
    // Nothing runs between steps: starting over at the front keeps the memory that was touched small.
    reel_store_release(&ring.pointee.head, 0)
    reel_store_release(&ring.pointee.tail, 0)
  }
}

/// One way through all tasks or descriptors.
struct IteratorRun: ~Copyable {
  private let descriptor: Int32

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Goes on, as far as `count` things or the room in the ring allow. False when there is nothing more.
  func step(_ count: Int) -> Bool {
    // The programs write one byte for each thing that they have told.
    withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { marks in
      while true {
        let done = read(descriptor, marks.baseAddress, marks.count)
        if done > 0 { return true }
        if done < 0, errno == EINTR { continue }
        // EAGAIN: the ring was full; it is emptied between steps.
        return done < 0 && errno == EAGAIN
      }
    }
  }
}
