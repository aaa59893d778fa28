import Foundation
import TestSupport
import Testing

/// One run of the program: of the one that REEL_BINARY names, or of that beside the tests.
struct CommandRun {
  let status: Int32
  let output: String
  let error: String

  var lines: [String] { output.split(separator: "\n").map(String.init) }

  /// Each line of the output as an object.
  func objects() throws -> [[String: Any]] {
    try lines.map { line in
      try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any], "no object: \(line)")
    }
  }

  init(_ arguments: [String]) throws {
    let process = Process()
    let program = try ProcessInfo.processInfo.environment["REEL_BINARY"] ?? builtProgram("reel")
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    let (output, error) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = error
    try process.run()
    // Errors are short: they fit into the pipe while the output is read.
    self.output = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    self.error = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    status = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
  }
}
