// Declares sockets for this room: whichever module of C is read first has them.
import CCurl

#if canImport(Glibc)
import Glibc
#endif

/// Hands a capture to a program.
struct ShipCommand {
  private let words: [String]
  private let timeout: Int64
  private let isCancelled: () -> Bool
  /// How much of what it says on standard error is kept: the end.
  private static let tail = 2048

  init(_ words: [String], timeout: Int64, _ isCancelled: @escaping () -> Bool) {
    self.words = words
    self.timeout = timeout
    self.isCancelled = isCancelled
  }

  func run(_ capture: ShippedCapture) throws(ShipError) -> String {
    let program = words.first ?? ""
    var ends: [Int32] = [-1, -1]
    // A pair of sockets, since it can be made so that no other program inherits it.
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      throw failure(program, "no sockets")
    }
    defer { close(ends[0]) }
    let child: pid_t
    do throws(ShipError) { child = try start(program, capture, ends[1]) } catch {
      close(ends[1])
      throw error
    }
    close(ends[1])
    var said: [UInt8] = []
    let deadline = Moment.now + timeout
    var status: Int32 = 0
    while true {
      let ended = waitpid(child, &status, WNOHANG)
      read(ends[0], into: &said)
      if ended == child { break }
      if ended < 0, errno != EINTR { throw failure(program, "cannot be waited for") }
      let isLate = Moment.now >= deadline
      if isLate || isCancelled() {
        end(child)
        throw ShipError(
          isLate
            ? "\(program) did not end within \(timeout / 1_000_000_000) s and was killed" + words(said)
            : "given up: the guard is ending")
      }
      // Also wakes when it says something; its end is looked for each time.
      var state = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
      if poll(&state, 1, 20) > 0, state.revents & Int16(POLLIN) == 0 { usleep(20_000) }
    }
    let signal = status & 0x7F
    if signal != 0 { throw ShipError("\(program) was ended by signal \(signal)" + words(said)) }
    let code = status >> 8 & 0xFF
    if code != 0 { throw ShipError("\(program) ended with \(code)" + words(said)) }
    return program
  }

  private func failure(_ program: String, _ what: String) -> ShipError {
    ShipError("\(program): \(what): \(String(cString: strerror(errno)))")
  }

  /// The last thing that it said, on one line.
  private func words(_ said: [UInt8]) -> String {
    let text = String(decoding: said, as: UTF8.self).split(whereSeparator: \.isNewline).suffix(3).joined(
      separator: " / ")
    let visible = String(
      String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : $0 }))
    return visible.isEmpty ? "" : ": \(visible)"
  }

  private func read(_ descriptor: Int32, into said: inout [UInt8]) {
    var part = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = recv(descriptor, &part, part.count, Int32(MSG_DONTWAIT))
      if count <= 0 { return }
      said += part[..<count]
      if said.count > ShipCommand.tail { said.removeFirst(said.count - ShipCommand.tail) }
    }
  }

  private func start(_ program: String, _ capture: ShippedCapture, _ errors: Int32) throws(ShipError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, errors, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    posix_spawnattr_setpgroup(&attributes, 0)
    // The guard's threads block signals, and it ignores some; its children shall not.
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    let facts = [
      "REEL_CAPTURE_PATH": capture.path, "REEL_CAPTURE_ID": capture.id, "REEL_POLICY": capture.policy,
      "REEL_RULE": capture.rule, "REEL_CONTAINER_ID": capture.container,
    ]
    var child: pid_t = 0
    let code = withCStrings(words + [capture.path]) { arguments in
      withCStrings(ShipCommand.environment(facts)) { environment in
        posix_spawnp(&child, program, &actions, &attributes, arguments, environment)
      }
    }
    guard code == 0 else { throw ShipError("\(program) cannot be started: \(String(cString: strerror(code)))") }
    return child
  }

  private static func environment(_ facts: [String: String]) -> [String] {
    var all: [String] = []
    var next = environ
    while let entry = next.pointee {
      let text = String(cString: entry)
      if facts[String(text.prefix { $0 != "=" })] == nil { all.append(text) }
      next += 1
    }
    return all + facts.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
  }

  /// Ends it with all that it started: politely, then not.
  private func end(_ child: pid_t) {
    kill(-child, SIGTERM)
    for _ in 0..<100 {
      if waitpid(child, nil, WNOHANG) == child {
        kill(-child, SIGKILL)
        return
      }
      usleep(20_000)
    }
    kill(-child, SIGKILL)
    waitpid(child, nil, 0)
  }
}

/// Calls a body with strings as the null-terminated array that `execve` takes.
private func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) } + [nil]
  defer { for pointer in pointers { free(pointer) } }
  return pointers.withUnsafeMutableBufferPointer { buffer in
    guard let base = buffer.baseAddress else { preconditionFailure("an array with a terminator is never empty") }
    return body(base)
  }
}
