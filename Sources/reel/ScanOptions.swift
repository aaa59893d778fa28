import ArgumentParser

/// How a capture is read.
struct ScanOptions: ParsableArguments {
  @Flag(
    help: ArgumentHelp(
      "Instead of results, show how they are found: which chunks are read, what each step reads and leaves."))
  var explain = false

  @OptionGroup var processors: ProcessorOption

  /// How many chunks are worked on at once; `nil` for what suits the machine.
  var parallelism: Int? { processors.cores }
}
