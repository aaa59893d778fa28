import Foundation
import TestSupport
import Testing

@testable import Recorder

/// When nothing is left of what a recording is about.
struct RecordedTargetsTests {
  @Test func processesEnd() async throws {
    let sleeper = try Command("sleep", "60").start()
    var targets = RecordedTargets([.process(UInt32(sleeper.pid))])
    let look1 = targets.areGone()
    #expect(!look1)
    sleeper.send(SIGKILL)
    _ = try await sleeper.result()
    let look2 = targets.areGone()
    #expect(look2)
    var ended = RecordedTargets([.process(UInt32(sleeper.pid))])
    let look3 = ended.areGone()
    #expect(look3)
  }

  @Test func groupsGetEmptyOrGoAway() async throws {
    try await withTemporaryDirectory { directory in
      func say(_ name: String, _ populated: Int) throws {
        try FileManager.default.createDirectory(atPath: "\(directory)/\(name)", withIntermediateDirectories: true)
        try "populated \(populated)\nfrozen 0\n".write(
          toFile: "\(directory)/\(name)/cgroup.events", atomically: false, encoding: .utf8)
      }
      try say("a", 0)
      try say("b", 1)
      var targets = RecordedTargets([.controlGroup("\(directory)/a"), .controlGroup("\(directory)/b")])
      // A group that has never had a process is not over.
      let look4 = targets.areGone()
      #expect(!look4)
      try say("a", 1)
      let look5 = targets.areGone()
      #expect(!look5)
      try say("a", 0)
      let look6 = targets.areGone()
      #expect(!look6)
      try FileManager.default.removeItem(atPath: "\(directory)/b")
      let look7 = targets.areGone()
      #expect(look7)
    }
  }
}
