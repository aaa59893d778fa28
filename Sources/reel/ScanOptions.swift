import ArgumentParser

/// How a capture is read.
struct ScanOptions: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Instead of results, show how they are found: which chunks are read, what each step reads and leaves."))
  var explain = false

  @Option(help: ArgumentHelp("Read with at most so many processors. (default: all)", valueName: "n"))
  var cores: Int?

  func validate() throws {
    if let cores, cores < 1 { throw ValidationError("--cores is less than 1") }
  }

  /// How many chunks are worked on at once; `nil` for what suits the machine.
  var parallelism: Int? { cores }
}
