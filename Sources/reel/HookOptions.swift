import ArgumentParser
import KernelSource

/// What `record` takes in beside system calls.
struct HookOptions: ParsableArguments {
  @Flag(help: "Record page faults of user memory as well: many.")
  var pageFaults = false

  @Flag(help: "Record each time that a thread leaves a CPU as well, with how long it had waited and run: many.")
  var switches = false

  @Option(
    help: ArgumentHelp(
      "How often it is recorded what processes use (CPU, memory, threads, descriptors), of those that changed: 1s, 250ms, "
        + "or none.", valueName: "duration|none"))
  var sample = SamplePeriod(nanoseconds: KernelSourceOptions().samplePeriod)

  func validate() throws {
    if let period = sample.nanoseconds, period < 10_000_000 {
      throw ValidationError("--sample must be at least 10ms, or none")
    }
  }

  func apply(to options: inout KernelSourceOptions) {
    options.pageFaults = pageFaults
    options.switches = switches
    options.samplePeriod = sample.nanoseconds
  }
}

/// `--sample`: a duration, or `none`.
struct SamplePeriod: ExpressibleByArgument {
  let nanoseconds: Int64?

  init(nanoseconds: Int64?) { self.nanoseconds = nanoseconds }

  init?(argument: String) {
    if argument == "none" {
      nanoseconds = nil
      return
    }
    guard let span = TimeSpan(argument: argument) else { return nil }
    nanoseconds = span.nanoseconds
  }

  var defaultValueDescription: String { nanoseconds.map { "\($0 / 1_000_000_000)s" } ?? "none" }
}
