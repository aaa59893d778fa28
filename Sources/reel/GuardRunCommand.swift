import ArgumentParser
import Delivery
import Dispatch
import Guard
import Presentation
import Rules

struct GuardRunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run",
    abstract: "Watches until SIGTERM or SIGINT. `reel guard --config FILE` is the same.",
    discussion: """
      EXAMPLES:
        reel guard --config /etc/reel/guard.yaml
        reel guard --config guard.yaml --dry-run
      """)

  @Option(
    help: ArgumentHelp("The configuration.", valueName: "file"), completion: .file(extensions: ["yaml", "yml"]))
  var config: String

  @Flag(help: "Do nothing but tell: no capture, no container and no process is touched.")
  var dryRun = false

  func run() async throws {
    let path = config
    let setup = try GuardRunCommand.load(path, dryRun: dryRun).get()
    let orders = GuardOrders()
    let board = GuardStatusBoard()
    let services = try GuardServices(setup.configuration, orders, board)
    var outlets = GuardOutlets(tell: services.tell, warn: { StandardError.warn($0) })
    let dryRun = dryRun
    outlets.load = {
      GuardRunCommand.load(path, dryRun: dryRun).mapError { GuardSetupError($0.line?.oneLine ?? "it cannot be read") }
    }
    outlets.apply = { services.apply($0) }
    outlets.ship = { services.ship($0, $1) }
    let handed = outlets
    // A thread of its own: tasks would wait for this one for ever.
    let result: Result<Void, Failure> = await withCheckedContinuation { done in
      DispatchQueue(label: "reel.guard", qos: .userInteractive).async {
        do throws(GuardSetupError) {
          let daemon = try GuardDaemon(setup, handed, orders: orders, board: board, writer: "reel \(Reel.version)")
          try daemon.run {
            let (policies, rules) = (board.current.policies, board.current.rules)
            StandardError.write(
              "reel: guarding: \(Units.count(policies, "policy", "policies")), \(Units.count(rules, "rule"))\n")
          }
          done.resume(returning: .success(()))
        } catch {
          done.resume(returning: .failure(Failure(status: ExitStatus.failed, ErrorLine(error.description))))
        }
      }
    }
    services.finish()
    try result.get()
  }

  /// Reads the configuration and its rules.
  private static func load(_ path: String, dryRun: Bool) -> Result<GuardSetup, Failure> {
    let loaded = GuardConfigurationLoader.load(path: path)
    let errors = loaded.diagnostics.filter { $0.severity == .error }
    if let first = errors.first {
      let more = errors.count - 1
      return .failure(
        Failure(
          status: ExitStatus.refused,
          ErrorLine(
            first.message, place: "\(first.file):\(first.line):\(first.column)",
            remedy: more > 0 ? "and \(Units.count(more, "more error")); `reel guard check` shows all" : nil,
            excerpt: first.snippet)))
    }
    var configuration = loaded.configuration
    if dryRun { for index in configuration.policies.indices { configuration.policies[index].isDryRun = true } }
    return .success(GuardSetup(configuration, loaded.rules.rules, files: loaded.files))
  }
}

extension ErrorLine {
  /// Place, mistake and remedy, without the excerpt.
  fileprivate var oneLine: String {
    (place.map { "\($0): " } ?? "") + what + (remedy.map { "; \($0)" } ?? "")
  }
}
