import EventBatch
import Testing

@testable import KernelSource

/// A small process tree, built row by row.
private struct Tree {
  var dimensions = Dimensions()
  var lineages = Lineages()

  mutating func add(
    _ pid: Int64, parent: Int64, parentStart: Int64 = EventBatch.missing, start: Int64 = 1, tid: Int64? = nil
  ) -> UInt32 {
    let row = dimensions.threads.appendRow()
    dimensions.threads[Int(row), .pid] = pid
    dimensions.threads[Int(row), .tid] = tid ?? pid
    dimensions.threads[Int(row), .parentPid] = parent
    dimensions.threads[Int(row), .processStartTime] = start
    lineages.note(row: row, parentStart: parentStart, in: dimensions.threads)
    return row
  }

  /// The thread rows from a thread up to the first process.
  mutating func chain(_ row: UInt32) -> [UInt32] {
    var chain: [UInt32] = []
    var lineage = Int64(lineages.lineage(of: row, in: &dimensions))
    while lineage != EventBatch.missing {
      chain.append(UInt32(dimensions.lineages[Int(lineage), .thread]))
      let parent = dimensions.lineages[Int(lineage), .parent]
      #expect(parent == EventBatch.missing || parent < lineage, "a parent's row stands before its child's")
      lineage = parent
    }
    return chain
  }
}

@Suite("Lineages")
struct LineagesTests {
  @Test("A lineage is the chain up to the first process")
  func chain() {
    var tree = Tree()
    let first = tree.add(1, parent: 0)
    let shell = tree.add(10, parent: 1)
    let child = tree.add(20, parent: 10)
    #expect(tree.chain(child) == [child, shell, first])
    #expect(tree.chain(first) == [first])
  }

  @Test("An ancestor that executes something else changes later lineages only")
  func ancestorExecutes() {
    var tree = Tree()
    let first = tree.add(1, parent: 0)
    let shell = tree.add(10, parent: 1)
    let child = tree.add(20, parent: 10)
    let before = tree.lineages.lineage(of: child, in: &tree.dimensions)
    let executed = tree.add(10, parent: 1)
    #expect(tree.chain(child) == [child, executed, first])
    let oldParent = Int(tree.dimensions.lineages[Int(before), .parent])
    #expect(tree.dimensions.lineages[oldParent, .thread] == Int64(shell))
  }

  @Test("A thread's version does not stand for its process once the leader is known")
  func threads() {
    var tree = Tree()
    let leader = tree.add(10, parent: 0)
    let worker = tree.add(10, parent: 0, tid: 11)
    let child = tree.add(20, parent: 10)
    #expect(tree.chain(child) == [child, leader])
    #expect(tree.chain(worker) == [worker])
  }

  @Test("A reused id is another process")
  func reuse() {
    var tree = Tree()
    _ = tree.add(10, parent: 0, start: 1)
    let other = tree.add(10, parent: 0, start: 2)
    let child = tree.add(20, parent: 10)
    #expect(tree.chain(child) == [child, other])
  }

  @Test("A parent is known by its start: whoever has its id now is somebody else")
  func parentByStart() {
    var tree = Tree()
    let other = tree.add(10, parent: 0, start: 7)
    let child = tree.add(20, parent: 10, parentStart: 3)
    #expect(tree.chain(child) == [child])
    let sibling = tree.add(21, parent: 10, parentStart: 7)
    #expect(tree.chain(sibling) == [sibling, other])
  }

  @Test("What is below a process whose parent ended is below the reaper, before it says so itself")
  func reapers() {
    var tree = Tree()
    let first = tree.add(1, parent: 0)
    _ = tree.add(10, parent: 1, parentStart: 1, start: 2)
    let middle = tree.add(20, parent: 10, parentStart: 2, start: 3)
    let child = tree.add(30, parent: 20, parentStart: 3, start: 4)
    tree.lineages.end(ProcessIdentity(pid: 10, startTime: 2), reaper: 1)
    #expect(tree.chain(child) == [child, middle, first])
    // The id is given out again: nothing of this is below its new owner.
    _ = tree.add(10, parent: 1, parentStart: 1, start: 9)
    #expect(tree.chain(child) == [child, middle, first])
  }

  @Test("What a process said last of its parent holds for its own events")
  func acting() {
    var tree = Tree()
    _ = tree.add(1, parent: 0)
    let parent = tree.add(10, parent: 1, parentStart: 1, start: 2)
    let child = tree.add(20, parent: 10, parentStart: 2, start: 3)
    tree.lineages.end(ProcessIdentity(pid: 10, startTime: 2), reaper: 1)
    #expect(tree.chain(child).dropFirst().first == parent)
  }

  @Test("A lineage names who leads session and group, also when they have ended")
  func leaders() {
    var tree = Tree()
    let shell = tree.add(10, parent: 1, start: 2)
    let child = tree.add(20, parent: 10, parentStart: 2, start: 3)
    tree.dimensions.threads[Int(child), .session] = 10
    tree.dimensions.threads[Int(child), .processGroup] = 20
    tree.lineages.end(ProcessIdentity(pid: 10, startTime: 2), reaper: 1)
    let lineage = Int(tree.lineages.lineage(of: child, in: &tree.dimensions))
    #expect(tree.dimensions.lineages[lineage, .sessionLeader] == Int64(shell))
    #expect(tree.dimensions.lineages[lineage, .groupLeader] == Int64(child))
    #expect(tree.lineages.survivors(in: tree.dimensions.threads).sorted() == [shell, child])
  }

  @Test("Ids that form a loop end somewhere")
  func loop() {
    var tree = Tree()
    _ = tree.add(10, parent: 20)
    let child = tree.add(20, parent: 10)
    #expect(tree.chain(child).count <= 130)
  }
}

@Suite("Identity table")
struct IdentityTableTests {
  @Test("It holds what a dictionary holds")
  func model() {
    var table = IdentityTable()
    var model: [UInt64: UInt32] = [:]
    var state: UInt64 = 42
    for step in 0..<20_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let key = (state >> 40) % 9_000 + 1
      table.set(key, UInt32(step))
      model[key] = UInt32(step)
    }
    #expect(table.count == model.count)
    for key in 1...9_001 as ClosedRange<UInt64> { #expect(table[key] == model[key]) }
  }
}
