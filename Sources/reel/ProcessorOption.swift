import ArgumentParser

/// How much of the machine reading may take.
struct ProcessorOption: ParsableArguments {
  @Option(help: ArgumentHelp("Read with at most so many processors. (default: all)", valueName: "n"))
  var cores: Int?

  func validate() throws {
    if let cores, cores < 1 { throw ValidationError("--cores is less than 1") }
  }
}
