import Presentation
import Query

#if canImport(Glibc)
import Glibc
#endif

/// `events --live`: a recording in a process of its own, whose capture is shown as it comes and kept nowhere.
struct LiveEvents {
  private let command: EventsCommand

  init(_ command: EventsCommand) { self.command = command }

  func run() async throws {
    try command.shown.check()
    let filter = command.selection.first
    try checkFilter(filter)
    let window = command.selection.window
    if window.from != nil || window.to != nil {
      throw Failure.refused("--live shows what happens from now on: it takes neither --from nor --to")
    }
    let recorder = try start(["record", "--quiet", "-o", "-"] + (filter.map { [$0] } ?? []))
    let result: Result<Void, any Error>
    do {
      try await FollowedEvents.everything(command).run()
      result = .success(())
    } catch {
      result = .failure(error)
    }
    // It ends when nobody reads any more; and should it be waiting for events, it is asked to.
    close(STDIN_FILENO)
    kill(recorder, SIGTERM)
    var status: Int32 = 0
    while waitpid(recorder, &status, 0) < 0, errno == EINTR {}
    // What it could not do it has said itself.
    let code = status & 0x7F == 0 ? status >> 8 & 0xFF : ExitStatus.failed
    if code != ExitStatus.done { throw Failure(status: code, nil) }
    try result.get()
  }

  /// Starts this program once more, its output being our input.
  private func start(_ arguments: [String]) throws(Failure) -> pid_t {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw .refused("there can be no pipe: \(String(cString: strerror(errno)))") }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
    posix_spawn_file_actions_addclose(&actions, ends[0])
    posix_spawn_file_actions_addclose(&actions, ends[1])
    var texts = (["reel"] + arguments).map { strdup($0) } + [nil]
    defer { for text in texts { free(text) } }
    var child: pid_t = 0
    let refusal = posix_spawn(&child, "/proc/self/exe", &actions, nil, &texts, environ)
    guard refusal == 0 else {
      throw .refused("the recorder cannot be started: \(String(cString: strerror(refusal)))")
    }
    close(ends[1])
    dup2(ends[0], STDIN_FILENO)
    close(ends[0])
    return child
  }
}
