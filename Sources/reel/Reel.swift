import ArgumentParser
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
        reel view files boot.reel
        reel events boot.reel "evt.type = openat and fd.name startswith /etc"

      EXIT STATUS: 0 done; 1 failed; 2 refused before anything was done; 3 not everything in a capture could be read, \
      the rest was.
      """,
    version: "reel \(version)",
    subcommands: [
      RecordCommand.self, InfoCommand.self, EventsCommand.self, CountCommand.self, QueryCommand.self,
      ViewCommand.self, StateCommand.self, FieldsCommand.self, SchemaCommand.self, DoctorCommand.self,
    ])

  static func main() async {
    // A reader that has gone shows as an error of a write, which ends the command quietly.
    signal(SIGPIPE, SIG_IGN)
    Glibc.exit(await run(Array(CommandLine.arguments.dropFirst())))
  }

  /// Runs a command line.
  /// - Returns: the exit status; what was to be said is said.
  static func run(_ arguments: [String]) async -> Int32 {
    if arguments.first == "record", arguments.last == "--" {
      return Failure(
        status: ExitStatus.recorderFailed,
        ErrorLine("there is no command behind --", remedy: "write one, or leave the dashes out")
      ).report()
    }
    var command: any ParsableCommand
    do {
      command = try parseAsRoot(arguments)
    } catch {
      return refuse(error, arguments)
    }
    do {
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
      return ExitStatus.done
    } catch let error where !(error is ExitCode) && exitCode(for: error).isSuccess {
      // Help that was asked for arrives as an error, too.
      return refuse(error, arguments)
    } catch {
      return Failure(error).report()
    }
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
