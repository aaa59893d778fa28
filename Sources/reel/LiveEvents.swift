import Presentation
import Query

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
    let recorder = try LiveRecorder(filter: filter)
    let result: Result<Void, any Error>
    do {
      try await FollowedEvents.everything(command).run()
      result = .success(())
    } catch {
      result = .failure(error)
    }
    try recorder.end()
    try result.get()
  }
}
