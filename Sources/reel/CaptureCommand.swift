import ArgumentParser

struct CaptureCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "capture",
    abstract: "Captures of a running guard: starts one by hand, lists, ends, fetches and deletes them.",
    discussion: """
      EXAMPLES:
        reel capture start --container web --before 10s --duration 30s --wait
        reel capture list
        reel capture get 20261128-1203 -o web.reel
        reel capture stop 20261128-1203
      """,
    subcommands: [
      CaptureStartCommand.self, CaptureListCommand.self, CaptureStopCommand.self, CaptureGetCommand.self,
      CaptureDeleteCommand.self,
    ])
}
