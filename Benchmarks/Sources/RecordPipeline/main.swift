// What recording costs from the kernel to the compressed file: `dd` with one-byte reads and writes, bare and under
// `reel record`, interleaved, medians. Once from /dev/zero to /dev/null, whose bytes are not copied since they say
// nothing, and once from file to file in memory, where each call's byte is.
//
//     RecordPipeline REEL [CALLS] [ROUNDS]
//
// The wall time is the one that `dd` itself reports, so that it holds neither the recorder's start nor its end.

import Foundation

struct Variant {
  var name: String
  /// Options of `reel record`; `nil` runs `dd` alone.
  var options: [String]?
}

let variants = [
  Variant(name: "bare", options: nil),
  Variant(name: "exact latency, payload", options: []),
  Variant(name: "exact latency, no payload", options: ["--snaplen", "0"]),
  Variant(name: "no latency, payload", options: ["--latency", "none"]),
]

/// What `dd` reads and writes.
struct Files {
  var title: String
  var input: String
  var output: String
}

/// What one run says of itself.
struct Outcome {
  /// Seconds that `dd` took.
  var wall: Double
  /// The recorder's own summary; zero for the bare run.
  var cpu = 0.0
  var events = 0.0
  var lost = 0.0
  var bytesPerEvent = 0.0
}

struct Failure: Error, CustomStringConvertible {
  let description: String
}

/// Runs a program and returns what it wrote to standard error.
func standardError(of arguments: [String]) throws -> String {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: arguments[0])
  process.arguments = Array(arguments.dropFirst())
  let pipe = Pipe()
  process.standardError = pipe
  try process.run()
  let data = pipe.fileHandleForReading.readDataToEndOfFile()
  process.waitUntilExit()
  let text = String(decoding: data, as: UTF8.self)
  guard process.terminationStatus == 0 else {
    throw Failure(description: "\(arguments.joined(separator: " ")) failed: \(text)")
  }
  return text
}

/// The seconds in dd's closing line: `2000000 bytes (2.0 MB, 1.9 MiB) copied, 0.71 s, 2.8 MB/s`.
func seconds(in text: String) throws -> Double {
  for line in text.split(separator: "\n") where line.contains(" copied, ") {
    let words = line.split(separator: " ")
    if let unit = words.firstIndex(of: "s,"), unit > 0, let value = Double(words[unit - 1]) { return value }
  }
  throw Failure(description: "dd did not say how long it took: \(text)")
}

func measure(_ variant: Variant, _ files: Files, reel: String, capture: String, calls: Int) throws -> Outcome {
  let workload = [
    "/usr/bin/dd", "if=\(files.input)", "of=\(files.output)", "bs=1", "count=\(calls / 2)", "conv=notrunc",
  ]
  guard let options = variant.options else { return Outcome(wall: try seconds(in: standardError(of: workload))) }
  let text = try standardError(of: [reel, "record", "--json", "--force", "-o", capture] + options + ["--"] + workload)
  let last = text.split(separator: "\n").last ?? ""
  guard let summary = try JSONSerialization.jsonObject(with: Data(last.utf8)) as? [String: Any] else {
    throw Failure(description: "reel record did not end with its summary: \(text)")
  }
  func number(_ name: String) -> Double { (summary[name] as? NSNumber)?.doubleValue ?? .nan }
  return Outcome(
    wall: try seconds(in: text), cpu: number("cpu_ns") / 1e9, events: number("events"), lost: number("lost"),
    bytesPerEvent: number("bytes_per_event"))
}

func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  return sorted[sorted.count / 2]
}

func main() throws {
  let arguments = CommandLine.arguments
  guard arguments.count > 1 else { throw Failure(description: "usage: RecordPipeline REEL [CALLS] [ROUNDS]") }
  let calls = arguments.count > 2 ? Int(arguments[2]) ?? 4_000_000 : 4_000_000
  let rounds = arguments.count > 3 ? Int(arguments[3]) ?? 5 : 5
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("reel-bench-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
  defer {
    do { try FileManager.default.removeItem(at: folder) } catch { print("cannot remove \(folder.path): \(error)") }
  }
  let capture = folder.appendingPathComponent("bench.reel").path
  let memory = "/dev/shm/\(folder.lastPathComponent)"
  guard FileManager.default.createFile(atPath: memory, contents: Data(repeating: 0x78, count: calls / 2)) else {
    throw Failure(description: "cannot write \(memory)")
  }
  defer { for path in [memory, memory + ".out"] { unlink(path) } }
  for files in [
    Files(title: "null devices", input: "/dev/zero", output: "/dev/null"),
    Files(title: "files in memory", input: memory, output: memory + ".out"),
  ] {
    try compare(files, reel: arguments[1], capture: capture, calls: calls, rounds: max(1, rounds))
  }
}

func compare(_ files: Files, reel: String, capture: String, calls: Int, rounds: Int) throws {
  var outcomes = [[Outcome]](repeating: [], count: variants.count)
  // The first round warms up.
  for round in 0...rounds {
    for (index, variant) in variants.enumerated() {
      let outcome = try measure(variant, files, reel: reel, capture: capture, calls: calls)
      if round > 0 { outcomes[index].append(outcome) }
    }
  }

  let bare = median(outcomes[0].map(\.wall))
  print("\nreel record, dd, \(files.title), \(calls) calls of one byte, \(rounds) interleaved rounds, medians")
  print("variant                       wall s   x bare   recorder CPU s      events   lost   bytes/event")
  for (index, variant) in variants.enumerated() {
    let wall = median(outcomes[index].map(\.wall))
    let name = variant.name.padding(toLength: 28, withPad: " ", startingAt: 0)
    guard variant.options != nil else {
      print(name, String(format: "%7.2f %8.2f", wall, wall / bare))
      continue
    }
    print(
      name,
      String(
        format: "%7.2f %8.2f %16.2f %11.0f %6.0f %13.2f", wall, wall / bare, median(outcomes[index].map(\.cpu)),
        median(outcomes[index].map(\.events)), outcomes[index].map(\.lost).max() ?? 0,
        median(outcomes[index].map(\.bytesPerEvent))))
  }
}

do {
  try main()
} catch {
  FileHandle.standardError.write(Data("RecordPipeline: \(error)\n".utf8))
  exit(1)
}
