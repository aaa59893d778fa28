import ArgumentParser
import CLinux
import Dispatch
import Presentation

#if canImport(Glibc)
import Glibc
#endif

/// The command line: parse, call, render.
@main
struct Reel: AsyncParsableCommand {
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "reel",
    abstract: "Records what a Linux machine does, system call by system call, and answers questions about it.",
    discussion: """
      EXAMPLES:
        reel record -o boot.reel -- ./start.sh
        reel info boot.reel
        reel overview boot.reel
        reel view files boot.reel
        reel events boot.reel "evt.type = openat and fd.name startswith /etc"

      EXIT STATUS: 0 done; 1 failed; 2 refused before anything was done; 3 not everything in a capture could be read, \
      the rest was.
      """,
    version: "reel \(version)",
    subcommands: [
      RecordCommand.self, InfoCommand.self, OverviewCommand.self, EventsCommand.self, CountCommand.self,
      QueryCommand.self, ViewCommand.self, TreeCommand.self, StreamCommand.self, ExtractCommand.self,
      SpectrogramCommand.self, FlameCommand.self,
      AuditCommand.self, DiffCommand.self, StateCommand.self, CutCommand.self, MergeCommand.self,
      CompactCommand.self, ImportCommand.self,
      ExportCommand.self, VerifyCommand.self, RecoverCommand.self, ContainersCommand.self, FieldsCommand.self,
      SchemaCommand.self, RulesCommand.self, GuardCommand.self, CaptureCommand.self, DoctorCommand.self,
    ])

  /// Commands that do not wait for tasks run on the main thread, which must live as long as the program does: `record` gives
  /// up rights, and what the kernel says of a process is what its first thread has.
  static func main() {
    // A reader that has gone shows as an error of a write, which ends the command quietly.
    signal(SIGPIPE, SIG_IGN)
    // So does a file that may not become larger.
    signal(SIGXFSZ, SIG_IGN)
    reel_keep_memory()
    switch parse(Array(CommandLine.arguments.dropFirst())) {
    case .done(let status): Glibc.exit(status)
    case .command(let command as any AsyncParsableCommand):
      // Handed over whole: nothing here touches it afterwards.
      nonisolated(unsafe) let handed = command
      Task { Glibc.exit(await run(handed)) }
      dispatchMain()
    case .command(let command): Glibc.exit(run(command))
    }
  }

  private enum Parsed {
    case command(any ParsableCommand)
    /// What was to be said is said; the status is left.
    case done(Int32)
  }

  private static func parse(_ arguments: [String]) -> Parsed {
    if arguments.first == "record", arguments.last == "--" {
      return .done(
        Failure(
          status: ExitStatus.recorderFailed,
          ErrorLine("there is no command behind --", remedy: "write one, or leave the dashes out")
        ).report())
    }
    do {
      return .command(try parseAsRoot(arguments))
    } catch {
      return .done(refuse(error, arguments))
    }
  }

  /// Runs a command.
  /// - Returns: the exit status; what was to be said is said.
  private static func run(_ command: any AsyncParsableCommand) async -> Int32 {
    var command = command
    do {
      try await command.run()
      return ExitStatus.done
    } catch {
      return status(of: error)
    }
  }

  /// Runs a command.
  /// - Returns: the exit status; what was to be said is said.
  private static func run(_ command: any ParsableCommand) -> Int32 {
    var command = command
    do {
      try command.run()
      return ExitStatus.done
    } catch {
      return status(of: error)
    }
  }

  private static func status(of error: any Error) -> Int32 {
    // Help that was asked for arrives as an error, too.
    if !(error is ExitCode), exitCode(for: error).isSuccess { return refuse(error, []) }
    return Failure(error).report()
  }

  /// Answers what was not a command: a wish for help or the version, or an error.
  private static func refuse(_ error: any Error, _ arguments: [String]) -> Int32 {
    if exitCode(for: error).isSuccess {
      do {
        let output = StandardOutput()
        try output.write(fullMessage(for: error) + "\n")
        try output.flush()
        return ExitStatus.done
      } catch {
        return Failure(error).report()
      }
    }
    let name = arguments.first ?? ""
    let isCommand = configuration.subcommands.contains { $0.configuration.commandName == name }
    let what =
      isCommand || name.hasPrefix("-") || name == "help"
      ? ParserMessage.oneLine(message(for: error)) : "there is no command '\(name)'"
    let isRecordedCommand = name == "record" && arguments.contains("--")
    return Failure(
      status: isRecordedCommand ? ExitStatus.recorderFailed : ExitStatus.refused,
      ErrorLine(what, remedy: "see `reel \(isCommand ? name + " " : "")--help`")
    ).report()
  }
}
