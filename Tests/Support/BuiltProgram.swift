import Foundation

/// The path of a program that is built beside the tests that run.
///
/// - Throws: ``CommandError`` when it is not there: the target of the tests must depend on it.
public func builtProgram(_ name: String) throws -> String {
  for argument in CommandLine.arguments where argument.contains(".xctest") {
    var folder = URL(fileURLWithPath: argument).deletingLastPathComponent()
    for _ in 0..<4 {
      let program = folder.appendingPathComponent(name)
      if FileManager.default.isExecutableFile(atPath: program.path) { return program.path }
      folder.deleteLastPathComponent()
    }
  }
  throw CommandError.cannotStart(name, "it is not beside the tests: \(CommandLine.arguments)")
}
