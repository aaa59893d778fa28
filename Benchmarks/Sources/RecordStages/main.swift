// What each stage of recording costs: `dd` with one-byte reads and writes, bare and under the probe at each stage,
// interleaved, medians. The figures are those of the workload alone; the drain runs beside it.

import EventSchema
import Foundation
import KernelSource
import Synchronization

struct Variant {
  var name: String
  var options: KernelSourceOptions?

  init(_ name: String, _ change: ((inout KernelSourceOptions) -> Void)? = nil) {
    self.name = name
    guard let change else { return }
    var options = KernelSourceOptions()
    change(&options)
    self.options = options
  }
}

/// A process that does nothing: others are left out when it is selected.
let bystander = Process()
bystander.executableURL = URL(fileURLWithPath: "/usr/bin/sleep")
bystander.arguments = ["3600"]
try bystander.run()
defer { bystander.terminate() }

/// With `containers` as the third argument: what those pay who are not in the container that is recorded.
let isOfContainers = CommandLine.arguments.count > 3 && CommandLine.arguments[3] == "containers"

let allVariants = [
  Variant("bare"),
  Variant("empty programs") { $0.stage = .empty },
  Variant("+ stamp") { $0.stage = .stamp },
  Variant("+ thread check") { $0.stage = .thread },
  Variant("+ object check") { $0.stage = .object },
  Variant("  (task storage)") {
    $0.stage = .object; $0.alternatives = .taskStorage
  },
  Variant("  (no descriptor slots)") {
    $0.stage = .object; $0.alternatives = .noDescriptorSlots
  },
  Variant("+ record") { $0.stage = .record },
  Variant("+ payload (all, exact)") { $0.stage = .all },
  Variant("all, no payload") { $0.snapLength = 0 },
  Variant("all, adaptive") { $0.latency = .adaptive },
  Variant("all, no latency") { $0.latency = .none },
  Variant("no payload, no latency") {
    $0.latency = .none; $0.snapLength = 0
  },
  Variant("who calls, and nothing else") { $0.alternatives = .taskOnly },
  // Left out: what tasks pay that nobody asked for, over the empty programs.
  Variant("left out by user") { $0.selection.users = [4_000_000_000] },
  Variant("left out by name") { $0.selection.names = [Array("nobody-is-called".utf8)] },
  Variant("left out by cgroup") { $0.selection.cgroups = [UInt64.max] },
  Variant("left out by process") { $0.selection.processTrees = [UInt32(bystander.processIdentifier)] },
  Variant("left out by type") { $0.selection.types = [] },
]

let containerVariants: Set = ["bare", "empty programs", "who calls, and nothing else", "left out by cgroup"]
let variants = allVariants.filter { !isOfContainers || containerVariants.contains($0.name) }

struct Usage {
  var wall: Double
  var cpu: Double
}

func median(_ values: [Double]) -> Double {
  let sorted = values.sorted()
  return sorted[sorted.count / 2]
}

/// Runs `dd` once; its own CPU time and the wall time.
func runWorkload(calls: Int) throws -> Usage {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/dd")
  process.arguments = ["if=/dev/zero", "of=/dev/null", "bs=1", "count=\(calls / 2)", "status=none"]
  var before = rusage()
  getrusage(RUSAGE_CHILDREN.rawValue, &before)
  let start = ContinuousClock.now
  try process.run()
  process.waitUntilExit()
  let wall = ContinuousClock.now - start
  var after = rusage()
  getrusage(RUSAGE_CHILDREN.rawValue, &after)
  func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
  let cpu = seconds(after.ru_utime) + seconds(after.ru_stime) - seconds(before.ru_utime) - seconds(before.ru_stime)
  return Usage(wall: Double(wall.components.seconds) + Double(wall.components.attoseconds) / 1e18, cpu: cpu)
}

final class StopFlag: Sendable {
  let isSet = Atomic<Bool>(false)
}

/// One run under a variant; also how many events were lost.
func measure(_ variant: Variant, calls: Int) throws -> (Usage, lost: UInt64, events: Int) {
  guard let options = variant.options else { return (try runWorkload(calls: calls), 0, 0) }
  var source = try KernelSource(schema: .builtIn, options: options)
  try source.start()
  let stop = StopFlag()
  let result = Mutex<Result<Usage, any Error>?>(nil)
  let workload = Thread {
    let usage = Result { try runWorkload(calls: calls) }
    result.withLock { $0 = usage }
    stop.isSet.store(true, ordering: .releasing)
  }
  workload.start()
  var events = 0
  while !stop.isSet.load(ordering: .acquiring) {
    source.wait(milliseconds: 20)
    for batch in source.drain() { events += batch.count }
  }
  for batch in source.stop() { events += batch.count }
  let lost = source.takeLosses().reduce(0) { $0 + $1.count }
  guard let outcome = result.withLock({ $0 }) else { return (Usage(wall: 0, cpu: 0), lost, events) }
  return (try outcome.get(), lost, events)
}

let calls = CommandLine.arguments.count > 1 ? Int(CommandLine.arguments[1]) ?? 2_000_000 : 2_000_000
let rounds = CommandLine.arguments.count > 2 ? Int(CommandLine.arguments[2]) ?? 5 : 5
var results = [[Usage]](repeating: [], count: variants.count)
var lost = [UInt64](repeating: 0, count: variants.count)
for round in 0...rounds {
  for (index, variant) in variants.enumerated() {
    let (usage, missing, _) = try measure(variant, calls: calls)
    // The first round warms up.
    if round > 0 { results[index].append(usage) }
    lost[index] += missing
  }
}
if isOfContainers {
  // Of each round the difference, since what else the machine does changes from round to round.
  let indices = ["empty programs", "left out by cgroup"].map { name in variants.firstIndex { $0.name == name } ?? 0 }
  let differences = zip(results[indices[0]], results[indices[1]]).map { ($1.cpu - $0.cpu) / Double(calls) * 1e9 }
  print(
    String(format: "left out by cgroup: %.1f ns a call over the empty programs (median of rounds)", median(differences))
  )
}
let bareWall = median(results[0].map(\.wall))
let bareCPU = median(results[0].map(\.cpu))
print("dd, \(calls) calls of one byte, \(rounds) interleaved rounds, medians")
print("stage                          CPU ns a call   over bare      x wall    lost")
for (index, variant) in variants.enumerated() {
  let cpu = median(results[index].map(\.cpu))
  let wall = median(results[index].map(\.wall))
  let perCall = cpu / Double(calls) * 1e9
  let over = (cpu - bareCPU) / Double(calls) * 1e9
  print(
    variant.name.padding(toLength: 30, withPad: " ", startingAt: 0),
    String(format: "%12.0f %+12.0f %11.2f %7d", perCall, over, wall / bareWall, Int(lost[index])))
}
