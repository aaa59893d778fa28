import Foundation

#if canImport(Glibc)
import Glibc
#endif

/// What a command left behind when it ended.
public struct CommandResult: Sendable {
  /// The exit code, or 128 and the number of the signal that ended the command, as a shell says it.
  public let status: Int32
  /// Standard output as it came: a capture is not text.
  public let output: [UInt8]
  /// Standard error.
  public let errorText: String
  /// How long the command ran.
  public let duration: Duration

  /// Standard output as text.
  public var text: String { String(decoding: output, as: UTF8.self) }
  /// The lines of standard output, without an empty one behind the last.
  public var lines: [String] { CommandResult.lines(of: text) }
  /// The lines of standard error.
  public var errorLines: [String] { CommandResult.lines(of: errorText) }

  private static func lines(of text: String) -> [String] {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if lines.last == "" { lines.removeLast() }
    return lines
  }
}

/// Why a command gave no result.
public enum CommandError: Error, CustomStringConvertible, Sendable {
  /// The program could not be started.
  case cannotStart(String, String)
  /// The command did not end in time and was killed, with all that it started.
  case timedOut(String, Duration, errorText: String)

  /// What happened to which command.
  public var description: String {
    switch self {
    case .cannotStart(let command, let reason): "cannot start \(command): \(reason)"
    case .timedOut(let command, let limit, let errorText): "\(command) did not end within \(limit): \(errorText)"
    }
  }
}

/// A command to run: a program and its arguments, without a shell in between.
///
///     let result = try await Command("reel", "info", path, "--json").run()
///     #expect(result.status == 0)
///
/// Standard input is empty. Standard output and error go to files, so that a command never waits for its reader and a
/// process that outlives it never holds the test up.
public struct Command: Sendable {
  /// The program, found in PATH, and its arguments.
  public var arguments: [String]
  /// Variables added to those of the test, or put in their place.
  public var environment: [String: String] = [:]

  /// A command from a list.
  public init(_ arguments: [String]) { self.arguments = arguments }
  /// A command from its words.
  public init(_ arguments: String...) { self.arguments = arguments }

  /// The command as one would type it, for messages.
  public var description: String { arguments.joined(separator: " ") }

  /// Starts the command and waits for its end.
  ///
  /// - Throws: ``CommandError`` when it cannot be started, or does not end in time.
  public func run(timeout: Duration = .seconds(60)) async throws -> CommandResult {
    try await start().result(timeout: timeout)
  }

  /// Starts the command, as the leader of a process group of its own.
  public func start() throws -> RunningCommand {
    let template = FileManager.default.temporaryDirectory.path + "/command-XXXXXX"
    var path = Array(template.utf8CString)
    guard mkdtemp(&path) != nil else { throw CommandError.cannotStart(description, "no temporary directory") }
    let folder = String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let create = O_WRONLY | O_CREAT | O_TRUNC
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "\(folder)/output", create, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, "\(folder)/error", create, 0o600)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK))
    posix_spawnattr_setpgroup(&attributes, 0)
    // Threads of a pool block signals, and a child would inherit that.
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)

    let variables = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
    var child: pid_t = 0
    let program = arguments.first ?? ""
    let error = withCStrings(arguments) { arguments in
      withCStrings(variables.map { "\($0.key)=\($0.value)" }) { environment in
        posix_spawnp(&child, program, &actions, &attributes, arguments, environment)
      }
    }
    guard error == 0 else {
      try FileManager.default.removeItem(atPath: folder)
      throw CommandError.cannotStart(description, String(cString: strerror(error)))
    }
    return RunningCommand(description: description, pid: child, folder: folder)
  }
}

/// A command that was started and not yet waited for.
public struct RunningCommand: Sendable {
  /// The command as one would type it.
  public let description: String
  /// The process, also the id of its group.
  public let pid: pid_t
  fileprivate let folder: String
  fileprivate let started = ContinuousClock.now

  /// Sends a signal to the command alone.
  public func send(_ signal: Int32) { kill(pid, signal) }

  /// What the command has written to standard error so far.
  public var errorText: String { String(decoding: contents("error"), as: UTF8.self) }

  /// What the command has written to standard output so far.
  public var outputText: String { String(decoding: contents("output"), as: UTF8.self) }

  /// Waits for the end. To be called once.
  ///
  /// - Throws: ``CommandError/timedOut(_:_:errorText:)``; everything in the command's process group is killed then.
  public func result(timeout: Duration = .seconds(60)) async throws -> CommandResult {
    defer { removeFolder() }
    var status: Int32 = 0
    while waitpid(pid, &status, WNOHANG) == 0 {
      if ContinuousClock.now - started > timeout {
        kill(-pid, SIGKILL)
        waitpid(pid, &status, 0)
        throw CommandError.timedOut(description, timeout, errorText: errorText)
      }
      try await Task.sleep(for: .milliseconds(5))
    }
    let duration = ContinuousClock.now - started
    let signal = status & 0x7F
    return CommandResult(
      status: signal == 0 ? (status >> 8) & 0xFF : 128 + signal, output: contents("output"), errorText: errorText,
      duration: duration)
  }

  /// Kills whatever of the command's process group is left, and forgets what it wrote. For `defer`, so that a test that
  /// fails leaves nothing behind.
  public func killGroup() {
    kill(-pid, SIGKILL)
    removeFolder()
  }

  private func contents(_ name: String) -> [UInt8] {
    FileManager.default.contents(atPath: "\(folder)/\(name)").map { Array($0) } ?? []
  }

  private func removeFolder() {
    for name in ["output", "error"] { unlink("\(folder)/\(name)") }
    rmdir(folder)
  }
}

/// Calls `body` with the strings as the null-terminated array that `execve` takes.
private func withCStrings<Result>(
  _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
  pointers.append(nil)
  defer { for pointer in pointers { free(pointer) } }
  return pointers.withUnsafeMutableBufferPointer { buffer in
    guard let base = buffer.baseAddress else { preconditionFailure("an array with a terminator is never empty") }
    return body(base)
  }
}
