import ConformanceFiles
import Foundation

/// Writes the files of `formats/conformance`, or with `--check` compares them with what is there.
@main
struct ConformanceGenerator {
  static func main() {
    var arguments = Array(CommandLine.arguments.dropFirst())
    let checks = arguments.first == "--check"
    if checks { arguments.removeFirst() }
    guard arguments.count <= 1, arguments.first?.hasPrefix("-") != true else {
      fail("usage: ConformanceGenerator [--check] [ROOT]\n", status: 2)
    }
    let folder = URL(fileURLWithPath: arguments.first ?? ".", isDirectory: true)
      .appendingPathComponent("formats/conformance", isDirectory: true)
    do {
      var wanted: [String: Data] = [:]
      for file in try conformanceFiles() {
        wanted[file.name + ".reel"] = Data(file.bytes)
        wanted[file.name + ".json"] = Data(file.expectation.utf8)
      }
      let differing = try differences(from: wanted, in: folder)
      if checks {
        for name in differing {
          write("formats/conformance/\(name) is not what the generator gives: run `swift run ConformanceGenerator`\n")
        }
        if !differing.isEmpty { exit(1) }
        return
      }
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      for name in differing {
        let place = folder.appendingPathComponent(name)
        if let data = wanted[name] { try data.write(to: place) } else { try FileManager.default.removeItem(at: place) }
      }
    } catch {
      fail("\(error)\n", status: 1)
    }
  }

  /// The names of files that are missing, different, or of no use any more.
  private static func differences(from wanted: [String: Data], in folder: URL) throws -> [String] {
    let manager = FileManager.default
    let present = manager.fileExists(atPath: folder.path) ? try manager.contentsOfDirectory(atPath: folder.path) : []
    let useless = present.filter { ($0.hasSuffix(".reel") || $0.hasSuffix(".json")) && wanted[$0] == nil }
    let different = wanted.filter { manager.contents(atPath: folder.appendingPathComponent($0.key).path) != $0.value }
    return (useless + different.keys).sorted()
  }

  private static func fail(_ text: String, status: Int32) -> Never {
    write(text)
    exit(status)
  }

  private static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
