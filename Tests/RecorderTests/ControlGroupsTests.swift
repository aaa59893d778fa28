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
    #expect(ControlGroups(mountTable: Array(table.utf8))?.mountPoint == point)
  }

  private static let web = String(repeating: "a1b2c3d4", count: 8)
  private static let mail = String(repeating: "a1b2ffff", count: 8)

  @Test(
    arguments: [
      (web, web), ("docker-\(web).scope", web), ("cri-containerd-\(web).scope", web), ("libpod-\(web)", web),
      ("\(web.dropLast())", nil), ("\(web.uppercased())", nil), ("docker-\(web).slice", nil), ("", nil),
    ] as [(String, String?)])
  func namesOfGroups(name: String, container: String?) {
    #expect(ContainerPath.trailingID(Array(name.utf8)[...]).map { String(decoding: $0, as: UTF8.self) } == container)
  }

  @Test func groupsAreFoundAtAnyDepth() async throws {
    try await withTemporaryDirectory { directory in
      let paths = ["\(directory)/docker/\(Self.web)", "\(directory)/kube/pods/cri-containerd-\(Self.mail).scope/inner"]
      for path in paths + ["\(directory)/system.slice/ssh.service"] {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      }
      let groups = ControlGroups(mountPoint: directory).containerGroups()
      #expect(groups.map(\.container) == [Self.web, Self.mail])
      let inode = try FileManager.default.attributesOfItem(atPath: paths[0])[.systemFileNumber] as? UInt64
      #expect(groups.first?.id == inode)

      func match(_ text: String) throws -> ContainerName.Match {
        try #require(ContainerName(text)).match(among: groups)
      }
      #expect(try match("a1b2c3d4a1b2") == .groups([groups[0]]))
      #expect(try match("A1B2F") == .groups([groups[1]]))
      #expect(try match("docker://\(Self.web)") == .groups([groups[0]]))
      #expect(try match("a1b2") == .ambiguous([Self.web, Self.mail]))
      #expect(try match("beef") == ContainerName.Match.none)
    }
  }

  @Test(arguments: ["", "abc", "web", "abcg", "12 34", String(repeating: "a", count: 65), "docker://"])
  func noContainerNames(text: String) {
    #expect(ContainerName(text) == nil)
  }
}
