import ArgumentParser
import Guard
import Presentation

#if canImport(Glibc)
import Glibc
#endif

struct CaptureStartCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "start",
    abstract: "Starts a capture through a running guard, with what happened before, and prints its id.",
    discussion: """
      What happened before comes from the guard's flight recorder, which keeps as much as its configuration says.

      EXAMPLES:
        reel capture start --container web --before 10s
        reel capture start --container 3f1c --duration 2m --filter "evt.category = net" --wait
        reel capture start --host --before 30s --duration 5s --wait
      """)

  @OptionGroup var place: GuardSocketOption

  @Option(help: ArgumentHelp("The container: the beginning of its id, or its name.", valueName: "id|name"))
  var container: String?

  @Flag(help: "The whole host instead of a container.")
  var host = false

  @Option(help: ArgumentHelp("How long from now on; 0s for until it is stopped.", valueName: "duration"))
  var duration = TimeSpan(nanoseconds: 60_000_000_000)

  @Option(help: ArgumentHelp("How much of the time before.", valueName: "duration"))
  var before = TimeSpan(nanoseconds: 0)

  @Option(help: ArgumentHelp("Which events.", valueName: "filter"))
  var filter: String?

  @Option(help: ArgumentHelp("The most bytes of payload kept of an event.", valueName: "bytes"))
  var snaplen: UInt32?

  @Option(help: ArgumentHelp("Ends after so many bytes.", valueName: "size"))
  var maxSize: ByteSize?

  @Flag(help: "Wait until it is finished, and shipped where the guard ships captures.")
  var wait = false

  @Flag(help: "Write one JSON object.")
  var json = false

  func validate() throws {
    if (container == nil) == !host {
      throw ValidationError("name a container with --container, or take the whole host with --host")
    }
  }

  func run() throws {
    var request = CaptureRequest()
    request.container = container
    request.before = before.nanoseconds
    request.duration = duration.nanoseconds > 0 ? duration.nanoseconds : nil
    request.filter = filter
    request.snapLength = snaplen
    request.maxSize = maxSize.map { UInt64($0.bytes) }
    var client = try place.connect()
    var record = try asking { () throws(ControlError) in try client.start(request) }
    let output = StandardOutput()
    if wait {
      while record.state != .done, record.state != .error {
        usleep(200_000)
        let all = try asking { () throws(ControlError) in try client.list() }
        guard let found = all.first(where: { $0.id == record.id }) else {
          throw Failure(status: ExitStatus.failed, ErrorLine("the capture \(record.id) was deleted"))
        }
        record = found
      }
    }
    try output.write(json ? record.jsonText + "\n" : wait ? CaptureReport.line(record) : record.id + "\n")
    try output.flush()
    if record.state == .error {
      throw Failure(
        status: ExitStatus.failed, ErrorLine("the capture ended early: \(VisibleText.of(record.message))"))
    }
  }
}
