import Foundation

/// A line that should be a JSON object and is none.
public struct NoObject: Error, CustomStringConvertible {
  /// The line.
  public let line: String
  /// What is wrong, with the line.
  public var description: String { "no object: \(line)" }
}

/// One run of the program, to its end: of the one beside the tests, or of another.
public struct CommandRun {
  /// The exit status; 128 and more for a signal.
  public let status: Int32
  /// What it wrote to standard output.
  public let output: String
  /// What it wrote to standard error.
  public let error: String

  /// The lines of the output.
  public var lines: [String] { output.split(separator: "\n").map(String.init) }

  /// Each line of the output as an object.
  public func objects() throws -> [[String: Any]] {
    try lines.map { line in
      guard let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any] else {
        throw NoObject(line: line)
      }
      return object
    }
  }

  /// The program that REEL_BINARY names, which is fast, or that beside the tests.
  public static func releasedProgram() throws -> String {
    try ProcessInfo.processInfo.environment["REEL_BINARY"] ?? builtProgram("reel")
  }

  /// Runs `reel` with arguments, without a terminal.
  public init(_ arguments: String..., input: Data? = nil) throws { try self.init(arguments, input: input) }

  /// The same with a list.
  public init(_ arguments: [String], input: Data? = nil, program: String? = nil) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try program ?? builtProgram("reel"))
    process.arguments = arguments
    let (output, error) = (Pipe(), Pipe())
    process.standardOutput = output
    process.standardError = error
    let standardInput = Pipe()
    process.standardInput = standardInput
    try process.run()
    if let input { try standardInput.fileHandleForWriting.write(contentsOf: input) }
    try standardInput.fileHandleForWriting.close()
    // Errors are short: they fit into the pipe while the output is read.
    self.output = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    self.error = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    status = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
  }
}
