import Foundation
import TestSupport
import Testing

/// A real container engine, with all that it keeps in one folder: see `workload/engines/engine.bash`.
struct Engine: Sendable {
  enum Kind: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case docker, podman, containerd

    var testDescription: String { rawValue }
    /// What `container.type` says.
    var type: String { rawValue }
    /// The image's name as the engine gives it.
    var image: String {
      switch self {
      case .docker: "local/busybox:1.0"
      case .podman: "localhost/local/busybox:1.0"
      case .containerd: "docker.io/local/busybox:1.0"
      }
    }
    /// The socket that speaks Docker's API.
    func socket(_ folder: String) -> String? {
      switch self {
      case .docker: "unix://\(folder)/docker.sock"
      case .podman: "unix://\(folder)/podman.sock"
      case .containerd: nil
      }
    }

    /// What is missing to run it here; empty when nothing is.
    var missing: [String] {
      let result = Process()
      let output = Pipe()
      result.executableURL = URL(fileURLWithPath: Engine.script)
      result.arguments = ["missing", rawValue]
      result.standardOutput = output
      do { try result.run() } catch { return ["\(error)"] }
      let bytes = output.fileHandleForReading.readDataToEndOfFile()
      result.waitUntilExit()
      return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
    }
  }

  let kind: Kind
  let folder: String
  private let environment: [String: String]

  fileprivate static let script = "\(LiveMachine.root)/Tests/LiveTests/workload/engines/engine.bash"

  /// Those that can run here; says which cannot.
  static let present: [Kind] = {
    guard LiveMachine.canRecord else { return [] }
    return Kind.allCases.filter { kind in
      let missing = kind.missing
      if !missing.isEmpty {
        print(
          "ENGINE TESTS OF \(kind) SKIPPED: missing \(missing.joined(separator: ", ")); scripts/setup --test-engines")
      }
      return missing.isEmpty
    }
  }()

  /// Runs a test with an engine, and takes it away afterwards, whatever happened.
  /// - Parameter environment: what `engine.bash` is told besides its arguments.
  static func with(
    _ kind: Kind, environment: [String: String] = [:], _ body: (Engine) async throws -> Void
  ) async throws {
    let folder =
      FileManager.default.temporaryDirectory.resolvingSymlinksInPath().path + "/reel-engine-\(getpid())-\(kind)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let engine = Engine(kind: kind, folder: folder, environment: environment)
    do {
      _ = try await engine.call("start")
      try await body(engine)
    } catch {
      _ = try await engine.call("stop")
      throw error
    }
    _ = try await engine.call("stop")
  }

  @discardableResult
  private func call(
    _ verb: String, _ arguments: [String] = [], _ more: [String: String] = [:]
  ) async throws -> String {
    var command = Command([Engine.script, verb, kind.rawValue, folder] + arguments)
    command.environment = environment.merging(more) { $1 }
    let result = try await command.run(timeout: .seconds(120))
    guard result.status == 0 else {
      throw CommandError.cannotStart("\(kind) \(verb) \(arguments)", result.errorText)
    }
    return result.text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Starts a container that runs a script in a shell.
  /// - Returns: its full id.
  /// - Parameter options: further options of `docker run`.
  func run(_ name: String, _ script: String, options: [String] = []) async throws -> String {
    try await call("run", [name, script], ["REEL_DOCKER_OPTIONS": options.joined(separator: " ")])
  }

  /// Runs a script in a container.
  func exec(_ name: String, _ script: String) async throws { try await call("exec", [name, script]) }

  /// Runs a script in one of Docker's containers, with a terminal.
  func terminal(_ name: String, _ script: String) async throws { try await call("terminal", [name, script]) }

  /// The words of a command that runs what stands behind them in a new container, which has the machine's files.
  func prefix(_ name: String) async throws -> [String] {
    try await call("prefix", [name]).split(separator: "\n").map(String.init)
  }

  /// What Docker says of a container: `running`, `paused`, `exited`.
  func status(_ name: String) async throws -> String { try await call("status", [name]) }

  /// Ends Docker and starts it again; its containers end with it.
  func restart() async throws { try await call("restart") }

  /// Stops all that runs in a container. When this returns it stands still.
  func pause(_ name: String) async throws { try await call("pause", [name]) }

  /// Lets a container that was paused go on.
  func unpause(_ name: String) async throws { try await call("unpause", [name]) }
}

/// The recorder beside engines: with their sockets, and none of the machine's.
func recordArguments(_ path: String, _ engine: Engine, _ more: [String] = []) -> [String] {
  ["record", "-o", path] + (engine.kind.socket(engine.folder).map { ["--engine", $0] } ?? []) + more
}
