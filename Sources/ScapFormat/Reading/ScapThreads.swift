/// The threads that live, by id.
struct ScapThreads: ~Copyable {
  private var threads: [Int64: ScapThread] = [:]
  /// The one that was found last: events of a thread come in runs.
  private var last: ScapThread?
  /// More than these are not kept: no system has them.
  static let most = 4 << 20

  var count: Int { threads.count }

  subscript(tid: Int64) -> ScapThread? { threads[tid] }

  /// The same, remembered for the next time.
  mutating func find(_ tid: Int64) -> ScapThread? {
    if let last, last.tid == tid { return last }
    guard let found = threads[tid] else { return nil }
    last = found
    return found
  }

  mutating func add(_ thread: ScapThread) {
    guard threads.count < ScapThreads.most else { return }
    threads[thread.tid] = thread
    if last?.tid == thread.tid { last = thread }
  }

  mutating func remove(_ tid: Int64) {
    threads[tid] = nil
    if last?.tid == tid { last = nil }
  }

  mutating func removeAll() {
    threads = [:]
    last = nil
  }

  /// The main thread of a thread's process, if the thread is not that itself.
  func main(of thread: ScapThread) -> ScapThread? { thread.isMain ? nil : threads[thread.pid] }

  /// Those that live, by id.
  var all: [ScapThread] { threads.values.sorted { $0.tid < $1.tid } }
}
