import TestSupport
import Testing

/// One event, or one row of a view, by the names of its fields.
typealias Row = [String: JSONValue]

extension [String: JSONValue] {
  func integer(_ name: String) -> Int64? { self[name]?.integer }
  func text(_ name: String) -> String? { self[name]?.text }
  func bool(_ name: String) -> Bool? { self[name]?.bool }
}

/// A capture file, asked through the command.
struct Capture {
  let path: String

  /// The events that a filter selects, with the named fields; missing ones are `null`.
  func events(_ filter: String, _ fields: [String], location: SourceLocation = #_sourceLocation) async throws -> [Row] {
    let format = "*" + fields.map { "%\($0)" }.joined(separator: " ")
    return try await rows(["events", path, filter, "--json", "-p", format], location)
  }

  /// How many events a filter selects.
  func count(_ filter: String, location: SourceLocation = #_sourceLocation) async throws -> Int64 {
    let rows = try await rows(["count", path, filter, "--json"], location)
    return try #require(rows.first?.integer("count"), sourceLocation: location)
  }

  /// The rows of a view.
  func view(_ name: String, _ filter: String, location: SourceLocation = #_sourceLocation) async throws -> [Row] {
    try await rows(["view", name, path, filter, "--json"], location)
  }

  /// What `info` says.
  func info(location: SourceLocation = #_sourceLocation) async throws -> Row {
    try #require(try await rows(["info", path, "--json"], location).first, sourceLocation: location)
  }

  /// The capture is whole and nothing was lost.
  func expectNothingLost(location: SourceLocation = #_sourceLocation) async throws {
    let info = try await info(location: location)
    #expect(info["complete"] == .bool(true), sourceLocation: location)
    #expect(info.integer("damaged") == 0, sourceLocation: location)
    #expect(
      info.integer("lost") == 0, "by cause: \(String(describing: info["lost_by_cause"]))", sourceLocation: location)
  }

  /// The events that a filter selects, as lines of a format.
  func text(
    _ filter: String, _ format: String, location: SourceLocation = #_sourceLocation
  ) async throws -> String {
    String(decoding: try await output(filter, format, location: location), as: UTF8.self)
  }

  /// The same as bytes: there may be very many.
  func output(
    _ filter: String, _ format: String, location: SourceLocation = #_sourceLocation
  ) async throws -> [UInt8] {
    let result = try await reel(["events", path, filter, "-p", format], timeout: .seconds(600))
    try #require(result.status == 0, "\(result.errorText)", sourceLocation: location)
    return result.output
  }

  private func rows(_ arguments: [String], _ location: SourceLocation) async throws -> [Row] {
    let result = try await reel(arguments)
    let command = "reel \(arguments.joined(separator: " "))"
    try #require(result.status == 0, "\(command)\n\(result.errorText)", sourceLocation: location)
    #expect(result.errorText == "", "\(command)", sourceLocation: location)
    return try result.lines.map { try JSONValue.object(line: $0) }
  }
}

extension Capture {
  /// Records a part of the workload and gives what the recording and the workload's own log say to `body`; on recordings
  /// of another kernel, those.
  static func ofWorkload(
    _ part: Workload.Part, _ body: (_ capture: Capture, _ log: Workload.Log, _ directory: String) async throws -> Void
  ) async throws {
    if let folder = LiveMachine.recorded {
      let capture = Capture(path: "\(folder)/\(part.rawValue).reel")
      try await capture.expectNothingLost()
      let log = try Workload.Log(path: "\(folder)/\(part.rawValue).log")
      return try await body(capture, log, "/workload/\(part.rawValue)")
    }
    let program = try await Workload.program("truth")
    try await withTemporaryDirectory { directory in
      let capture = Capture(path: "\(directory)/capture.reel")
      let result = try await reel(
        ["record", "-o", capture.path, "--", program, part.rawValue, directory, "\(directory)/log"])
      try #require(result.status == 0, "reel record: \(result.errorText)")
      try await capture.expectNothingLost()
      try await body(capture, try Workload.Log(path: "\(directory)/log"), directory)
    }
  }
}
