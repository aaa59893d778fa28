import Testing

@testable import Recorder

/// Becoming somebody else.
struct UserIdentityTests {
  @Test func rootIsFoundByNameAndNumber() throws {
    let root = try #require(UserIdentity("root"))
    #expect(root.uid == 0)
    #expect(root.groups.contains(0))
    #expect(UserIdentity("0") == root)
  }

  @Test(arguments: ["", "no-such-user", "4294967295", "-1", "root "])
  func nobodyElse(name: String) {
    #expect(UserIdentity(name) == nil)
  }

  private static func status(
    uid: String = "7\t7\t7\t7", gid: String = "8\t8\t8\t8", effective: String = "0", ambient: String = "0"
  ) -> String {
    "Name:\treel\nUid:\t\(uid)\nGid:\t\(gid)\nCapInh:\t0\nCapPrm:\t0000000000000000\nCapEff:\t\(effective)\n"
      + "CapBnd:\tffff\nCapAmb:\t\(ambient)\n"
  }

  @Test(
    arguments: [
      (status(), true), (status(uid: "7\t7\t0\t7"), false), (status(gid: "8\t8\t8\t0"), false),
      (status(effective: "0000000000000400"), false), (status(ambient: "1"), false), ("", false),
    ])
  func whatTheKernelSaysOfAThread(status: String, holds: Bool) {
    #expect(UserIdentity.holds(status: status, 7, 8) == holds)
  }
}
