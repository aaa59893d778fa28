import ArgumentParser
import Guard
import Presentation

#if canImport(Glibc)
import Glibc
#endif

struct CaptureGetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "get",
    abstract: "Fetches a capture from a running guard; one that is being written as far as it is.",
    discussion: """
      EXAMPLES:
        reel capture get 20261128-1203 -o web.reel
        reel capture get 20261128-1203 -o - | reel info -
      """)

  @OptionGroup var capture: GuardCaptureArgument

  @Option(name: .shortAndLong, help: ArgumentHelp("The file to write; - is standard output.", valueName: "file"))
  var output: String

  @Flag(help: "Replace a file that is there.")
  var force = false

  @Flag(help: "Write one JSON object about it to standard error.")
  var json = false

  func run() throws {
    if output == "-" {
      let standard = StandardOutput()
      var client = try capture.place.connect()
      let record = try fetch(&client) { try standard.write($0) }
      try standard.flush()
      return tell(record)
    }
    if !force, access(output, F_OK) == 0 {
      throw Failure.refused("the file is there already", place: output, remedy: "use --force, or another name")
    }
    var client = try capture.place.connect()
    // Written beside it, so that nothing that is half a capture ever has its name.
    let temporary = "\(output).part-\(getpid())"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw failure(temporary) }
    var isDone = false
    defer {
      close(descriptor)
      if !isDone { unlink(temporary) }
    }
    let file = StandardOutput(descriptor: descriptor)
    let record = try fetch(&client) { bytes in
      do throws(OutputError) { try file.write(bytes[...]) } catch { throw failure(output) }
    }
    do throws(OutputError) { try file.flush() } catch { throw failure(output) }
    // A link fails where a name is taken; a rename would replace it.
    guard fsync(descriptor) == 0, (force ? rename(temporary, output) : link(temporary, output)) == 0 else {
      throw failure(output)
    }
    if !force { unlink(temporary) }
    isDone = true
    tell(record)
  }

  private func fetch(_ client: inout ControlClient, _ take: ([UInt8]) throws -> Void) throws -> CaptureRecord {
    do {
      return try client.get(capture.id, take)
    } catch let error as ControlError {
      throw Failure(error)
    }
  }

  private func failure(_ path: String) -> Failure {
    Failure(status: ExitStatus.failed, ErrorLine(String(cString: strerror(errno)), place: path))
  }

  private func tell(_ record: CaptureRecord) {
    if json { StandardError.write(record.jsonText + "\n") }
  }
}
