import Foundation
import SchemaGeneration

/// Writes what is derived from `formats/events.json`, or with `--check` compares it with what is there.
@main
struct SchemaGenerator {
  static func main() {
    var arguments = Array(CommandLine.arguments.dropFirst())
    let checks = arguments.first == "--check"
    if checks { arguments.removeFirst() }
    guard arguments.count <= 1, arguments.first?.hasPrefix("-") != true else {
      fail("usage: SchemaGenerator [--check] [ROOT]\n", status: 2)
    }
    let root = URL(fileURLWithPath: arguments.first ?? ".", isDirectory: true)
    do {
      let files = try generatedFiles(root: root)
      var differing = 0
      for file in files {
        let place = root.appendingPathComponent(file.path)
        if checks {
          let present = FileManager.default.contents(atPath: place.path)
          guard present != Data(file.text.utf8) else { continue }
          differing += 1
          write("\(file.path) is not what formats/events.json gives: run `swift run SchemaGenerator`\n")
        } else {
          try FileManager.default.createDirectory(
            at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
          try Data(file.text.utf8).write(to: place)
        }
      }
      if differing > 0 { exit(1) }
    } catch {
      fail("\(error)\n", status: 1)
    }
  }

  private static func fail(_ text: String, status: Int32) -> Never {
    write(text)
    exit(status)
  }

  private static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
