// What small parts cost, as ratios to a loop that does nothing but multiply: such ratios hold on slow machines and on busy ones,
// where times do not.
//
//     MicroBench CAPTURE THRESHOLDS [--record]
//
// THRESHOLDS has a line for each part: its name and the greatest ratio. Fails when one is exceeded or not listed. With --record
// the file is written anew, a quarter above what is measured now.
import Foundation

struct Failure: Error, CustomStringConvertible {
  let description: String
}

/// Processor seconds of this thread, which other processes on the machine do not add to.
func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func timed(_ work: () throws -> Void) rethrows -> Double {
  let start = processorSeconds()
  try work()
  return processorSeconds() - start
}

/// The loop that all is compared with: what it makes is kept, so that it is not optimised away.
struct Baseline {
  private let values: [UInt64] = (0..<65_536).map { UInt64($0) &* 0x9E37_79B9_7F4A_7C15 }
  private(set) var sum: UInt64 = 0

  mutating func run() {
    for _ in 0..<16 {
      for value in values { sum = (sum ^ value) &* 0xFF51_AFD7_ED55_8CCD }
    }
  }
}

/// The least ratio of several rounds, each beside its own run of the loop: what disturbs only adds.
func ratio(_ part: Part, _ baseline: inout Baseline) throws -> Double {
  try part.work()
  var least = Double.infinity
  for _ in 0..<15 {
    let loop = timed { baseline.run() }
    least = min(least, try timed(part.work) / loop)
  }
  return least
}

func readThresholds(_ path: String) throws -> [String: Double] {
  var thresholds: [String: Double] = [:]
  for line in try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n") where !line.hasPrefix("#") {
    let words = line.split(separator: "\t")
    guard words.count == 2, let limit = Double(words[1]) else {
      throw Failure(description: "\(path): '\(line)' is no name, tab and number")
    }
    thresholds[String(words[0])] = limit
  }
  return thresholds
}

func main() throws -> Bool {
  let arguments = CommandLine.arguments
  guard arguments.count > 2 else { throw Failure(description: "usage: MicroBench CAPTURE THRESHOLDS [--record]") }
  let records = arguments.count > 3 && arguments[3] == "--record"
  let thresholds = records ? [:] : try readThresholds(arguments[2])
  var baseline = Baseline()
  var lines = [
    "# The greatest ratio of each part to the loop in Benchmarks/Sources/MicroBench; written by scripts/bench micro --record."
  ]
  var isWell = true
  for part in try parts(of: arguments[1]) {
    var measured = try ratio(part, &baseline)
    let limit = thresholds[part.name]
    // Once more before it is believed.
    if let limit, measured > limit { measured = min(measured, try ratio(part, &baseline)) }
    lines.append(part.name + "\t" + String(format: "%.3f", measured * 1.25))
    var line = part.name.padding(toLength: 44, withPad: " ", startingAt: 0) + String(format: "%8.3f", measured)
    if !records {
      line += limit.map { String(format: "   at most %8.3f", $0) } ?? "   has no threshold"
      if measured > limit ?? 0 {
        line += "   EXCEEDED"
        isWell = false
      }
    }
    print(line)
  }
  if baseline.sum == 0 { print("") }
  if records {
    try (lines.joined(separator: "\n") + "\n").write(toFile: arguments[2], atomically: true, encoding: .utf8)
  }
  return isWell
}

do {
  exit(try main() ? 0 : 1)
} catch {
  FileHandle.standardError.write(Data("MicroBench: \(error)\n".utf8))
  exit(2)
}
