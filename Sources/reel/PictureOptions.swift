import ArgumentParser

/// Where a picture goes.
struct PictureOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Write a picture to this file; - is standard output.", valueName: "file"), completion: .file())
  var svg: String?

  @Flag(help: "Overwrite the picture if it exists.")
  var force = false
}
