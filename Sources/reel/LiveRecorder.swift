import Presentation

#if canImport(Glibc)
import Glibc
#endif

/// A recording in a process of its own, whose capture comes through standard input and is kept nowhere.
struct LiveRecorder: ~Copyable {
  private let process: pid_t

  /// Starts this program once more, its output being our input.
  /// - Parameters:
  ///   - filter: what is recorded.
  ///   - duration: how long, in nanoseconds; `nil` until it is ended.
  init(filter: String?, duration: Int64? = nil) throws(Failure) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw .refused("there can be no pipe: \(String(cString: strerror(errno)))") }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    posix_spawn_file_actions_addclose(&actions, ends[0])
    posix_spawn_file_actions_addclose(&actions, ends[1])
    var arguments = ["reel", "record", "--quiet", "-o", "-"]
    if let duration { arguments += ["--duration", "\(duration)ns"] }
    // What is recorded on request only is requested by naming it.
    if filter?.contains("page_fault") == true { arguments.append("--page-faults") }
    // Not what this process does: to show it would be an event again.
    let others = "not proc.pid = \(getpid())"
    arguments.append(filter.map { $0.allSatisfy(\.isWhitespace) ? others : "(\($0)) and \(others)" } ?? others)
    var texts = arguments.map { strdup($0) } + [nil]
    defer { for text in texts { free(text) } }
    var child: pid_t = 0
    let refusal = posix_spawn(&child, "/proc/self/exe", &actions, nil, &texts, environ)
    guard refusal == 0 else {
      throw .refused("the recorder cannot be started: \(String(cString: strerror(refusal)))")
    }
    close(ends[1])
    dup2(ends[0], STDIN_FILENO)
    close(ends[0])
    process = child
  }

  /// Asks it to end its capture: what it has seen still comes.
  func stop() { kill(process, SIGTERM) }

  /// Waits for its end, which it is asked for. It ends when nobody reads any more, too.
  /// - Throws: when it could not do its work; why, it has said itself.
  consuming func end() throws(Failure) {
    close(STDIN_FILENO)
    stop()
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    let code = status & 0x7F == 0 ? status >> 8 & 0xFF : ExitStatus.failed
    if code != ExitStatus.done { throw Failure(status: code, nil) }
  }
}
