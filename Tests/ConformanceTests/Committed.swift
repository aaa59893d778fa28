import ConformanceFiles
import Foundation
import TestSupport
import Testing

/// The root of the package.
let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().path

/// A committed file of `formats/conformance` and what `NAME.json` says of it.
struct Committed: Sendable, CustomTestStringConvertible {
  let name: String

  var testDescription: String { name }
  var path: String { "\(root)/formats/conformance/\(name).reel" }

  /// What a reader must find.
  func expected() throws -> [String: JSONValue] {
    let text = try String(contentsOfFile: "\(root)/formats/conformance/\(name).json", encoding: .utf8)
    var expected = try JSONValue.object(line: text)
    expected["about"] = nil
    return expected
  }

  static let all: [Committed] = {
    let names = try? FileManager.default.contentsOfDirectory(atPath: "\(root)/formats/conformance")
    let captures = (names ?? []).filter { $0.hasSuffix(".reel") }.map { String($0.dropLast(5)) }
    return captures.sorted().map { Committed(name: $0) }
  }()
}

/// The members in which two objects differ, in words.
func differences(_ found: [String: JSONValue], _ wanted: [String: JSONValue]) -> [String] {
  Set(found.keys).union(wanted.keys).sorted().compactMap { key in
    if found[key] == wanted[key] { return nil }
    return "\(key) is \(found[key]?.line ?? "not there"), not \(wanted[key]?.line ?? "there")"
  }
}
