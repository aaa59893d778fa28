import Foundation
import TestSupport
import Testing

@testable import Guard

#if canImport(Glibc)
import Glibc
#endif

/// A process is killed when it is the one that is meant, and never another one.
@Suite struct ProcessKillTests {
  private func subject(_ pid: Int64, start: Int64, flags: Int64 = 0, container: String = "") -> Subject {
    var subject = Subject()
    subject.line = [ProcessIdentity(pid: pid, start: start)]
    subject.taskFlags = flags
    subject.container = container
    return subject
  }

  @Test("The process of an event is killed; one that got its id later is not")
  func identity() async throws {
    let process = try Command("sleep", "60").start()
    defer { process.killGroup() }
    let pid = Int32(process.pid)
    let start = try #require(ProcessKill.start(of: pid))
    let bootTime: Int64 = 1_700_000_000_000_000_000
    #expect(ProcessKill.kill(subject(Int64(pid), start: start + bootTime - 5_000_000_000), bootTime: bootTime) == .gone)
    #expect(kill(pid, 0) == 0)
    #expect(ProcessKill.kill(subject(Int64(pid), start: start + bootTime + 3_000_000), bootTime: bootTime) == .done)
    #expect(try await process.result().status == 128 + SIGKILL)
    #expect(ProcessKill.kill(subject(Int64(pid), start: start + bootTime), bootTime: bootTime) == .gone)
  }

  @Test("Neither the first process, nor threads of the kernel, nor the guard itself")
  func refused() {
    let own = Int64(getpid())
    for subject in [
      subject(1, start: 0), subject(0, start: 0), subject(2, start: 0, flags: 0x20_0000), subject(own, start: 0),
    ] {
      guard case .refused = ProcessKill.kill(subject, bootTime: 0) else {
        Issue.record("\(subject) was not refused")
        continue
      }
    }
    guard case .failed = ProcessKill.kill(Subject(), bootTime: 0) else {
      Issue.record("nobody was killed")
      return
    }
  }
}
