import CLinux

#if canImport(Glibc)
import Glibc
#endif

/// A program that a recording runs, and whatever it leaves behind.
///
/// The recorder becomes the reaper of orphans, so that "the command and its descendants have ended" is what the kernel
/// says, not a guess.
struct ChildCommand: ~Copyable {
  let pid: pid_t
  private(set) var status: CommandStatus?
  private var hasDescendants = true

  /// Says whether a program can be started at all, before anything is made for its sake.
  static func check(_ program: String) throws(RecordingError) {
    let folders = (getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin").split(separator: ":")
    let candidates = program.contains("/") ? [program] : folders.map { "\($0)/\(program)" }
    if candidates.contains(where: { access($0, X_OK) == 0 }) { return }
    let reason = candidates.contains { access($0, F_OK) == 0 } ? "it is not executable" : "there is no such program"
    throw .command("cannot run \(program): \(reason)")
  }

  /// Starts a program found in PATH.
  /// - Precondition: `arguments` names at least the program.
  init(_ arguments: [String]) throws(RecordingError) {
    guard reel_adopt_orphans() == 0 else {
      throw .command("cannot watch over the command's descendants: \(String(cString: strerror(errno)))")
    }
    var strings: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
    strings.append(nil)
    defer { for string in strings { free(string) } }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // The program gets the signals that the recorder handles for itself.
    var defaults = sigset_t()
    sigemptyset(&defaults)
    for signal in [SIGINT, SIGTERM, SIGPIPE] { sigaddset(&defaults, signal) }
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    // And none of them blocked, as they are on the threads that run this.
    var nothing = sigset_t()
    sigemptyset(&nothing)
    posix_spawnattr_setsigmask(&attributes, &nothing)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    var child: pid_t = 0
    let error = posix_spawnp(&child, arguments[0], nil, &attributes, strings, environ)
    guard error == 0 else {
      throw .command("cannot run \(arguments[0]): \(String(cString: strerror(error)))")
    }
    pid = child
  }

  /// Collects what has ended. True when the program and all its descendants have.
  mutating func hasEnded() -> Bool {
    while hasDescendants {
      var raw: Int32 = 0
      let ended = waitpid(-1, &raw, WNOHANG)
      if ended == 0 { return false }
      if ended < 0 {
        if errno == EINTR { continue }
        hasDescendants = false
        break
      }
      if ended == pid {
        let signal = raw & 0x7F
        status = signal == 0 ? .exited((raw >> 8) & 0xFF) : .signaled(signal)
      }
    }
    return true
  }

  /// Gives a program that was told to end a moment to do so, so that its status can be passed on.
  mutating func waitBriefly() {
    for _ in 0..<50 where status == nil && !hasEnded() { usleep(20_000) }
  }

  /// Passes a signal on.
  func signal(_ number: Int32) { kill(pid, number) }
}
