import Foundation

struct Failure: Error, CustomStringConvertible {
  let description: String
}

func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  return sorted.isEmpty ? .nan : sorted[sorted.count / 2]
}

/// Processor seconds of this thread, which other processes on the machine do not add to.
func processorSeconds() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// The median processor time of several runs, after one that warms up.
func seconds(runs: Int = 5, _ work: () throws -> Void) rethrows -> Double {
  try work()
  var times: [Double] = []
  for _ in 0..<runs {
    let start = processorSeconds()
    try work()
    times.append(processorSeconds() - start)
  }
  return median(times)
}

/// What a program took.
struct Usage {
  var wall: Double
  var processor: Double
  var peakBytes: Int
}

/// Runs a program to its end, its output thrown away.
func run(_ arguments: [String]) throws -> Usage {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
  var pointers: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
  defer { for pointer in pointers { free(pointer) } }
  var child: pid_t = 0
  let start = Date()
  guard posix_spawnp(&child, arguments[0], &actions, nil, &pointers, environ) == 0 else {
    throw Failure(description: "\(arguments[0]) cannot be started")
  }
  var status: Int32 = 0
  var usage = rusage()
  guard wait4(child, &status, 0, &usage) == child, status == 0 else {
    throw Failure(description: "\(arguments.joined(separator: " ")) ended with status \(status)")
  }
  func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
  return Usage(
    wall: Date().timeIntervalSince(start), processor: seconds(usage.ru_utime) + seconds(usage.ru_stime),
    peakBytes: Int(usage.ru_maxrss) * 1024)
}

/// How many bytes `gzip -6` makes of some.
func gzipped(_ bytes: [UInt8], folder: String) throws -> Int {
  let input = "\(folder)/rows"
  defer { unlink(input) }
  try Data(bytes).write(to: URL(fileURLWithPath: input))
  let size = "\(folder)/rows.size"
  defer { unlink(size) }
  _ = try run(["sh", "-c", "gzip -6 -c < \(input) | wc -c > \(size)"])
  let text = try String(contentsOfFile: size, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
  guard let count = Int(text) else { throw Failure(description: "wc said \(text)") }
  return count
}

/// Prints a table whose columns are as wide as their widest cell; the first column to the left, the others to the right.
func printTable(_ title: String, _ rows: [[String]]) {
  print("\n\(title)\n")
  let columns = rows.map(\.count).max() ?? 0
  let widths = (0..<columns).map { column in rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0 }
  for row in rows {
    let cells = row.enumerated().map { index, cell in
      let space = String(repeating: " ", count: widths[index] - cell.count)
      return index == 0 ? cell + space : space + cell
    }
    print("  " + cells.joined(separator: "  "))
  }
}

func text(_ value: Double, _ digits: Int = 2) -> String { String(format: "%.\(digits)f", value) }
func percent(_ part: Int, of all: Int) -> String { all == 0 ? "-" : text(Double(part) * 100 / Double(all), 1) + " %" }

/// A measured value and whether it keeps to a target.
func judged(_ value: Double, _ digits: Int = 2, atMost limit: Double) -> String {
  text(value, digits) + (value <= limit ? "  " : " !")
}
func judged(_ value: Double, _ digits: Int = 2, atLeast limit: Double) -> String {
  text(value, digits) + (value >= limit ? "  " : " !")
}
