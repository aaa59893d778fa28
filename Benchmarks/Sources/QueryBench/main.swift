// What questions of a long capture cost, beside the same of `sysdig` reading the same content.
//
//     QueryBench REEL CAPTURE [SCAP|-] [ROUNDS] [CONTAINER]
//
// Runs are interleaved; what is printed are medians. Without SCAP, or without sysdig, figures stand alone.
import Foundation

struct Failure: Error, CustomStringConvertible {
  let description: String
}

/// What one run took.
struct Usage {
  var wall: Double
  var cpu: Double
  /// The most memory, in MiB.
  var memory: Double
}

/// A question, and how each of the programs is asked.
struct Question {
  let name: String
  /// How many times faster it is to be.
  let target: Double
  let reel: [String]
  let sysdig: [String]
}

/// Runs a program with its output thrown away. A program's greatest memory counts from before it was started, so that this
/// one holds nothing.
func run(_ arguments: [String]) throws -> Usage {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
  var texts = arguments.map { strdup($0) } + [nil]
  defer { for text in texts { free(text) } }
  let start = ContinuousClock.now
  var child: pid_t = 0
  let refusal = posix_spawnp(&child, arguments[0], &actions, nil, &texts, environ)
  guard refusal == 0 else { throw Failure(description: "\(arguments[0]): \(String(cString: strerror(refusal)))") }
  var status: Int32 = 0
  var usage = rusage()
  while wait4(child, &status, 0, &usage) < 0, errno == EINTR {}
  let wall = ContinuousClock.now - start
  guard status == 0 else {
    throw Failure(description: "\(arguments.joined(separator: " ")) ended with status \(status)")
  }
  func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
  return Usage(
    wall: Double(wall.components.seconds) + Double(wall.components.attoseconds) / 1e18,
    cpu: seconds(usage.ru_utime) + seconds(usage.ru_stime), memory: Double(usage.ru_maxrss) / 1024)
}

func output(of arguments: [String]) throws -> String {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: arguments[0])
  process.arguments = Array(arguments.dropFirst())
  let pipe = Pipe()
  process.standardOutput = pipe
  try process.run()
  let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  process.waitUntilExit()
  return text
}

func median(_ usages: [Usage]) -> Usage {
  func middle(_ value: (Usage) -> Double) -> Double { usages.map(value).sorted()[usages.count / 2] }
  return Usage(wall: middle { $0.wall }, cpu: middle { $0.cpu }, memory: usages.map(\.memory).max() ?? 0)
}

func questions(_ capture: String, _ scap: String, second: Int64, container: String?) -> [Question] {
  let bytes = ["--show", "sum(evt.buflen)", "--limit", "30"]
  var all = [
    Question(
      name: "a filter that matches nothing", target: 20, reel: ["events", capture, "proc.name = no-such-program"],
      sysdig: ["-r", scap, "proc.name = no-such-program"]),
    Question(
      name: "a selective string filter", target: 20,
      reel: ["events", capture, "evt.type = openat and fd.name contains data07/file001"],
      sysdig: ["-r", scap, "evt.type = openat and fd.name contains data07/file001"]),
    Question(
      name: "bytes by file (topfiles_bytes)", target: 20,
      reel: ["query", capture, "fd.type = file and evt.is_io = true", "--by", "fd.name"] + bytes,
      sysdig: ["-r", scap, "-c", "topfiles_bytes"]),
    Question(
      name: "bytes by process (topprocs_file)", target: 20,
      reel: ["query", capture, "fd.type = file and evt.is_io = true", "--by", "proc.name"] + bytes,
      sysdig: ["-r", scap, "-c", "topprocs_file"]),
    Question(
      name: "calls by type (topscalls)", target: 20, reel: ["count", capture, "--by", "evt.type", "--top", "30"],
      sysdig: ["-r", scap, "-c", "topscalls"]),
    Question(
      name: "one second", target: 100,
      reel: ["events", capture, "--from", "\(second)", "--to", "\(second + 1_000_000_000)", "evt.failed = true"],
      sysdig: [
        "-r", scap, "evt.rawtime >= \(second) and evt.rawtime < \(second + 1_000_000_000) and evt.failed = true",
      ]),
    Question(name: "all events as text", target: 8, reel: ["events", capture], sysdig: ["-r", scap]),
  ]
  if let container {
    all.insert(
      Question(
        name: "one container", target: 100,
        reel: ["events", capture, "container.id = \(container) and evt.failed = true"],
        sysdig: ["-r", scap, "container.id = \(container) and evt.failed = true"]), at: 6)
  }
  return all
}

func main() throws {
  let arguments = CommandLine.arguments
  guard arguments.count > 2 else { throw Failure(description: "usage: QueryBench REEL CAPTURE [SCAP|-] [ROUNDS]") }
  let (reel, capture) = (arguments[1], arguments[2])
  let scap = arguments.count > 3 && arguments[3] != "-" ? arguments[3] : nil
  let rounds = max(arguments.count > 4 ? Int(arguments[4]) ?? 3 : 3, 1)
  let info = try JSONSerialization.jsonObject(with: Data(output(of: [reel, "info", capture, "--json"]).utf8))
  guard let info = info as? [String: Any], let start = (info["started"] as? NSNumber)?.int64Value,
    let end = (info["ended"] as? NSNumber)?.int64Value, let events = (info["events"] as? NSNumber)?.int64Value
  else { throw Failure(description: "reel info says nothing about \(capture)") }
  let containers = (info["containers"] as? [[String: Any]] ?? []).compactMap { ($0["id"] as? String)?.prefix(12) }
  // That of the workload, or any.
  let container = arguments.count > 5 ? arguments[5] : containers.first.map(String.init)
  let seconds = (end - start) / 1_000_000_000
  print(
    "\(events) calls of \(seconds) s; medians of \(rounds) interleaved rounds; CPU is user and system time in seconds")
  print("question".padding(toLength: 34, withPad: " ", startingAt: 0) + Report.heading)
  var missed = 0
  for question in questions(capture, scap ?? "", second: start + (end - start) / 2, container: container) {
    var (fast, single, peer) = ([Usage](), [Usage](), [Usage]())
    for _ in 0..<rounds {
      fast.append(try run([reel] + question.reel))
      single.append(try run([reel] + question.reel + ["--cores", "1"]))
      // Long enough to be measured once.
      if scap != nil, peer.isEmpty || peer[0].wall < 20 { peer.append(try run(["sysdig"] + question.sysdig)) }
    }
    let report = Report(question, median(fast), median(single), peer.isEmpty ? nil : median(peer))
    print(report.line)
    missed += report.misses
  }
  print(missed == 0 ? "every target is met" : "\(missed) targets are MISSED (!)")
}

/// What was measured of one question, beside its targets.
struct Report {
  let line: String
  private(set) var misses = 0

  static let heading =
    "  all cores: CPU    wall   MiB    one: CPU    wall   MiB   sysdig: CPU    wall   times faster: CPU    wall  one: CPU"
    + "    wall   wanted"
  /// In MiB, at any size of the capture.
  private static let mostMemory = 128.0

  init(_ question: Question, _ all: Usage, _ one: Usage, _ peer: Usage?) {
    var misses = 0
    func memory(_ usage: Usage) -> String {
      if usage.memory > Report.mostMemory { misses += 1 }
      return String(format: "%5.0f", usage.memory) + (usage.memory > Report.mostMemory ? "!" : " ")
    }
    func ratio(_ value: Double, _ width: Int) -> String {
      if value < question.target { misses += 1 }
      return String(format: "%\(width).1f", value) + (value < question.target ? "!" : " ")
    }
    var line = question.name.padding(toLength: 34, withPad: " ", startingAt: 0)
    line += String(format: "%16.3f %7.3f ", all.cpu, all.wall) + memory(all)
    line += String(format: "%11.3f %7.3f ", one.cpu, one.wall) + memory(one)
    if let peer {
      line += String(format: "%13.2f %7.2f", peer.cpu, peer.wall)
      line += ratio(peer.cpu / all.cpu, 20) + ratio(peer.wall / all.wall, 7)
      line += ratio(peer.cpu / one.cpu, 9) + ratio(peer.wall / one.wall, 7) + String(format: "%8.0f", question.target)
    }
    self.line = line
    self.misses = misses
  }
}

do {
  try main()
} catch {
  FileHandle.standardError.write(Data("QueryBench: \(error)\n".utf8))
  exit(1)
}
