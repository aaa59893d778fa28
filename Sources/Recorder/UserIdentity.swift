import CLinux

#if canImport(Glibc)
import Glibc
#endif

/// A user of the machine, to become whom a recorder gives up its rights.
public struct UserIdentity: Sendable, Hashable {
  /// The login name.
  public let name: String
  /// The user's id.
  public let uid: UInt32
  /// The id of the user's first group.
  public let gid: UInt32
  /// The ids of all groups.
  public let groups: [UInt32]
  /// Where the user is at home.
  public let home: String

  /// Looks a user up, by name or by number. `nil` when there is none.
  public init?(_ text: String) {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 64 << 10)
    getpwnam_r(text, &entry, &buffer, buffer.count, &found)
    if found == nil, let number = UInt32(text) { getpwuid_r(number, &entry, &buffer, buffer.count, &found) }
    guard found != nil, let name = entry.pw_name, let home = entry.pw_dir else { return nil }
    var count: Int32 = 1 << 10
    var groups = [gid_t](repeating: 0, count: Int(count))
    guard getgrouplist(name, entry.pw_gid, &groups, &count) >= 0 else { return nil }
    self.name = String(cString: name)
    self.home = String(cString: home)
    uid = entry.pw_uid
    gid = entry.pw_gid
    self.groups = Array(groups.prefix(Int(count)))
  }

  /// Whether the user may make files in a directory. Asked as the user, for a moment, by a process that has the right to
  /// become one.
  func mayMakeFiles(in directory: String) throws(RecordingError) -> Bool {
    let count = max(getgroups(0, nil), 0)
    var before = [gid_t](repeating: 0, count: Int(count))
    guard getgroups(count, &before) == count else { throw failure("read the groups of this process") }
    let (group, user) = (getegid(), geteuid())
    guard setgroups(groups.count, groups) == 0, setegid(gid) == 0, seteuid(uid) == 0 else {
      throw failure("become the user")
    }
    let answer = faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) == 0
    guard seteuid(user) == 0, setegid(group) == 0, setgroups(before.count, before) == 0 else {
      throw failure("return from the user")
    }
    return answer
  }

  /// Makes all threads of this process the user's, for good, and makes sure that nothing is left of what they could do.
  func become() throws(RecordingError) {
    guard setgroups(groups.count, groups) == 0 else { throw failure("take the user's groups") }
    guard setgid(gid) == 0 else { throw failure("take the user's group") }
    guard setuid(uid) == 0 else { throw failure("become the user") }
    // Memory holds what other processes read and wrote: the user may not look into it, nor make this dump core.
    reel_protect_memory()
    setenv("HOME", home, 1)
    setenv("USER", name, 1)
    setenv("LOGNAME", name, 1)
    guard uid != 0 else { return }
    for thread in UserIdentity.threads {
      guard UserIdentity.holds(status: UserIdentity.text("/proc/self/task/\(thread)/status"), uid, gid) else {
        throw .privileges("thread \(thread) keeps rights that it had before it became user \(name)")
      }
    }
  }

  private func failure(_ what: String) -> RecordingError {
    .privileges("cannot \(what) (--user \(name)): \(String(cString: strerror(errno)))")
  }

  private static var threads: [String] {
    guard let folder = opendir("/proc/self/task") else { return ["self"] }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name.first != "." { names.append(name) }
    }
    return names
  }

  /// Whether what the kernel says of a thread shows the user and no capability. False as well when that cannot be seen.
  static func holds(status: String, _ uid: UInt32, _ gid: UInt32) -> Bool {
    var seen = 0
    for line in status.split(separator: "\n") {
      let words = line.split { $0 == " " || $0 == "\t" }
      guard let name = words.first else { continue }
      let values = words.dropFirst()
      switch name {
      case "Uid:": guard values.count == 4, values.allSatisfy({ UInt32($0) == uid }) else { return false }
      case "Gid:": guard values.count == 4, values.allSatisfy({ UInt32($0) == gid }) else { return false }
      case "CapPrm:", "CapEff:", "CapAmb:":
        guard let set = values.first, UInt64(set, radix: 16) == 0 else { return false }
      default: continue
      }
      seen += 1
    }
    return seen == 5
  }

  private static func text(_ path: String) -> String {
    guard let file = fopen(path, "re") else { return "" }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 16 << 10)
    let count = fread(&bytes, 1, bytes.count, file)
    return String(decoding: bytes.prefix(count), as: UTF8.self)
  }
}
