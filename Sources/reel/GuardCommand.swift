import ArgumentParser

struct GuardCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "guard",
    abstract: "Watches this machine by rules: captures what happened before and after, tells, and stops.",
    discussion: """
      With --config it watches until SIGTERM or SIGINT. The configuration and the rules files that it names are read again when \
      one of them changes, and on SIGHUP; a broken one leaves the one before in force, and says so. Without a channel in the \
      configuration, alerts are written to standard output, one JSON object a line. With --dry-run nothing but telling is done.

      EXAMPLES:
        reel guard --config /etc/reel/guard.yaml
        reel guard check --config /etc/reel/guard.yaml
        reel guard status
        reel guard reload
        reel guard reference
      """,
    // Not options of this command: it would take those of its subcommands for its own.
    subcommands: [
      GuardRunCommand.self, GuardCheckCommand.self, GuardStatusCommand.self, GuardReloadCommand.self,
      GuardReferenceCommand.self,
    ],
    defaultSubcommand: GuardRunCommand.self)
}
