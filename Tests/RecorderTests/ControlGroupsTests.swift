import Foundation
import KernelSource
import TestSupport
import Testing

@testable import Recorder

/// Finding the control groups of containers.
struct ControlGroupsTests {
  @Test(
    arguments: [
      ("24 30 0:22 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate", "/sys/fs/cgroup"),
      ("24 30 0:22 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw", "/sys/fs/cgroup/unified"),
      ("24 30 0:22 / /mnt/a\\040b\\134c rw - cgroup2 none rw", "/mnt/a b\\c"),
      (
        "1 2 0:22 /docker/x /part rw - cgroup2 none rw\n3 2 0:22 / /whole rw - cgroup2 none rw\n4 2 0:22 /y /z rw - cgroup2 none rw",
        "/whole"
      ),
      ("24 30 0:22 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu", nil), ("", nil), ("24 30 - cgroup2", nil),
    ] as [(String, String?)])
  func mountPoint(table: String, point: String?) {
    let hierarchies = ControlGroups(mountTable: Array(table.utf8))?.hierarchies
    #expect(hierarchies?.map(\.mountPoint) == point.map { [$0] })
    #expect(hierarchies?.allSatisfy(\.isUnified) ?? true)
  }

  @Test("older hierarchies are looked at beside the unified one, or alone")
  func olderHierarchies() throws {
    let memory = "2 1 0:23 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory"
    let tasks = "3 1 0:24 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids"
    let both = try #require(
      ControlGroups(mountTable: Array("\(tasks)\n\(memory)\n4 1 0:22 / /unified rw - cgroup2 none rw".utf8)))
    #expect(both.hierarchies.map(\.mountPoint) == ["/unified", "/sys/fs/cgroup/memory", "/sys/fs/cgroup/pids"])
    #expect(both.hierarchies.map(\.isUnified) == [true, false, false])
    let joint = "3 1 0:24 / /sys/fs/cgroup/both rw - cgroup cgroup rw,memory,pids"
    #expect(ControlGroups(mountTable: Array(joint.utf8))?.hierarchies.map(\.mountPoint) == ["/sys/fs/cgroup/both"])
    let old = try #require(ControlGroups(mountTable: Array(tasks.utf8)))
    #expect(old.hierarchies.map(\.mountPoint) == ["/sys/fs/cgroup/pids"])
  }

  private static let web = String(repeating: "a1b2c3d4", count: 8)
  private static let mail = String(repeating: "a1b2ffff", count: 8)

  @Test func groupsAreFoundAtAnyDepth() async throws {
    try await withTemporaryDirectory { directory in
      let paths = ["\(directory)/docker/\(Self.web)", "\(directory)/kube/pods/cri-containerd-\(Self.mail).scope/inner"]
      for path in paths + ["\(directory)/system.slice/ssh.service"] {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      }
      let groups = ControlGroups(mountPoint: directory).containerGroups()
      #expect(groups.map(\.container.id) == [Self.web, Self.mail])
      #expect(groups.map(\.container.engine) == ["docker", "containerd"])
      let inode = try FileManager.default.attributesOfItem(atPath: paths[0])[.systemFileNumber] as? UInt64
      #expect(groups.first?.id == inode)
    }
  }
}
