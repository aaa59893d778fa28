import ArgumentParser
import Guard

struct GuardReferenceCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reference",
    abstract: "Prints the keys of the guard's configuration as a Markdown document.",
    discussion: """
      EXAMPLES:
        reel guard reference | less
      """)

  func run() throws {
    let output = StandardOutput()
    try output.write(ConfigurationTable.markdown)
    try output.flush()
  }
}
