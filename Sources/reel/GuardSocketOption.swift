import ArgumentParser
import Guard
import Presentation

/// Where a running guard is found.
struct GuardSocketOption: ParsableArguments {
  @Option(help: ArgumentHelp("The guard's control socket.", valueName: "path"), completion: .file())
  var socket = ControlConfiguration().socket

  /// Connects to it.
  func connect() throws(Failure) -> ControlClient {
    do throws(ControlError) { return try ControlClient(socket) } catch { throw Failure(error) }
  }
}

extension Failure {
  /// What a guard answers, or that there is none, is a whole sentence already.
  init(_ error: ControlError) {
    self.init(
      status: error.isRefusal ? ExitStatus.refused : ExitStatus.failed, ErrorLine(VisibleText.of(error.description)))
  }
}

/// Asks a guard, with its refusal as the command's.
func asking<Value>(_ body: () throws(ControlError) -> Value) throws(Failure) -> Value {
  do throws(ControlError) { return try body() } catch { throw Failure(error) }
}
