import Containers
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Recorder

/// Which control groups are selected for a container.
struct ContainerWatchTests {
  private static let web = String(repeating: "a1b2c3d4", count: 8)
  private static let mail = String(repeating: "a1b2ffff", count: 8)

  @Test("Of a container in scope all groups are selected, in each hierarchy, whenever they are made; of others none")
  func selectsAllHierarchies() async throws {
    try await withTemporaryDirectory { directory in
      func group(_ hierarchy: String, _ id: String) -> String { "\(directory)/\(hierarchy)/docker/\(id)" }
      func make(_ path: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      }
      // Some are there before, and for a reason not in the order in which they are looked at.
      for hierarchy in ["unified", "memory", "pids"] { try make("\(directory)/\(hierarchy)/docker") }
      try make(group("memory", Self.web))
      try make(group("memory", Self.mail))
      let groups = ControlGroups(hierarchies: [
        ControlGroups.Hierarchy(mountPoint: "\(directory)/unified", isUnified: true),
        ControlGroups.Hierarchy(mountPoint: "\(directory)/memory", isUnified: false),
        ControlGroups.Hierarchy(mountPoint: "\(directory)/pids", isUnified: false),
      ])
      var scope = ContainerScope([])
      scope.ids = [Self.web]
      let selected = Mutex<[String]>([])
      let watch = ContainerWatch(
        groups, EngineAddresses(), scope,
        ContainerWatch.Outlets(
          publish: { _ in }, select: { group in selected.withLock { $0.append(group.path) } }, warn: { _ in }))

      watch.start()
      #expect(selected.withLock { $0 } == [group("memory", Self.web)])
      for hierarchy in ["pids", "unified"] {
        try make(group(hierarchy, Self.web))
        try make(group(hierarchy, Self.mail))
      }
      try await poll { selected.withLock { $0.count } == 3 }
      #expect(Set(selected.withLock { $0 }) == Set(["memory", "pids", "unified"].map { group($0, Self.web) }))
      // It starts again: the groups are others of the same names.
      for hierarchy in ["memory", "unified"] {
        try FileManager.default.moveItem(atPath: group(hierarchy, Self.web), toPath: "\(directory)/\(hierarchy).old")
        try make(group(hierarchy, Self.web))
      }
      try await poll { selected.withLock { $0.count } == 5 }
      watch.finish()
      #expect(selected.withLock { $0 }.allSatisfy { $0.hasSuffix(Self.web) })
    }
  }

  private func poll(_ condition: () -> Bool) async throws {
    for _ in 0..<200 where !condition() { try await Task.sleep(for: .milliseconds(10)) }
    #expect(condition())
  }
}
