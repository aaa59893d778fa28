import ArgumentParser

/// A capture of a running guard.
struct GuardCaptureArgument: ParsableArguments {
  @OptionGroup var place: GuardSocketOption

  @Argument(help: ArgumentHelp("Its id, or the beginning of it.", valueName: "id"))
  var id: String
}
