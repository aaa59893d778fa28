import TestSupport

/// Runs `reel` as users run it: rules over whole captures take long in a program that was built for looking into.
func runReleased(_ arguments: [String]) throws -> CommandRun {
  try CommandRun(arguments, program: try CommandRun.releasedProgram())
}
