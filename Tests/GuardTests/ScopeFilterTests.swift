import EventBatch
import TestSupport
import Testing

@testable import Guard

/// Whose events a capture holds.
@Suite struct ScopeFilterTests {
  private static let web = String(repeating: "a", count: 64)
  private static let other = String(repeating: "b", count: 64)

  @Test("A container's rows are those of its processes")
  func container() {
    var machine = MachineMaker()
    let host = machine.process(1, "init")
    let one = machine.process(10, "nginx", parent: host, container: Self.web)
    let two = machine.process(20, "redis", parent: host, container: Self.other)
    for (time, process) in [host, one, two, one, EventBatch.noRow, host].enumerated() {
      machine.event("close", at: Int64(time), of: process, ["fd": 1])
    }
    let batch = machine.finish()
    for (scope, rows) in [
      (CaptureScope.host, nil), (.container(Self.web), [1, 3]), (.container(Self.other), [2]), (.container("c"), []),
    ] {
      var filter = ScopeFilter(scope)
      #expect(filter.rows(of: batch) == rows)
    }
  }

  @Test(
    "A tree holds descendants, those of processes that ended before too, and ancestors without their other children")
  func tree() {
    var machine = MachineMaker()
    let login = machine.process(5, "login")
    let shell = machine.process(10, "sh", parent: login)
    let child = machine.process(11, "make", parent: shell)
    let sibling = machine.process(12, "top", parent: login)
    for (time, process) in [login, shell, child, sibling].enumerated() {
      machine.event("close", at: Int64(time), of: process, ["fd": 1])
    }
    var filter = ScopeFilter(
      .tree(ProcessIdentity(pid: 10, start: 1)), ancestors: [ProcessIdentity(pid: 5, start: 1)])
    #expect(filter.rows(of: machine.finish()) == [0, 1, 2])
    // The shell is gone, and init has its child, which makes another one.
    let orphan = machine.process(11, "make", parent: login)
    let grandchild = machine.process(13, "cc", parent: orphan)
    // The id of the shell comes again: it is somebody else.
    let reused = machine.process(10, "ls", parent: login, started: 2)
    for (time, process) in [orphan, grandchild, reused].enumerated() {
      machine.event("close", at: Int64(10 + time), of: process, ["fd": 1])
    }
    #expect(filter.rows(of: machine.finish()) == [0, 1])
  }
}
