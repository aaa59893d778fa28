import Testing

@testable import KernelSource

/// Paths, argument areas and cgroups: what the probe sends, and what is made of it.
@Suite("Texts of the probe")
struct TextTests {
  @Test(
    "Components come leaf first",
    arguments: [
      ("", "/"),
      ("passwd\0etc\0", "/etc/passwd"),
      ("c\0b\0a\0", "/a/b/c"),
      ("with space\0tmp\0", "/tmp/with space"),
    ])
  func absolute(components: String, path: String) {
    let made = Array(components.utf8).withUnsafeBytes { PathText.absolute(leafFirst: $0) }
    #expect(String(decoding: made, as: UTF8.self) == path)
  }

  @Test(
    "A requested path is made absolute and lexically normal",
    arguments: [
      ("/etc/passwd", "/home/a", "/etc/passwd"),
      ("file", "/home/a", "/home/a/file"),
      ("./file", "/home/a", "/home/a/file"),
      ("../b/file", "/home/a", "/home/b/file"),
      ("../../../x", "/home/a", "/x"),
      ("/a//b/./c/../d", "/", "/a/b/d"),
      (".", "/home/a", "/home/a"),
      ("..", "/", "/"),
      ("", "/home/a", "/home/a"),
      ("dir/", "/", "/dir"),
    ])
  func normal(path: String, directory: String, expected: String) {
    let made = PathText.normal(Array(path.utf8)[...], in: Array(directory.utf8)[...])
    #expect(String(decoding: made, as: UTF8.self) == expected)
  }

  @Test(
    "An argument area is the program's name and its arguments",
    arguments: [
      ("sh\0-c\0true\0", "sh", "-c\0true\0"),
      ("cat\0", "cat", ""),
      ("", "", ""),
      ("a\0\0b\0", "a", "\0b\0"),
      ("written over itself\0\0\0\0", "written over itself", ""),
      ("cut\0in the mid", "cut", "in the mid\0"),
    ])
  func arguments(area: String, first: String, rest: String) {
    let made = Array(area.utf8).withUnsafeBytes { ArgumentArea($0) }
    #expect(String(decoding: made.first, as: UTF8.self) == first)
    #expect(String(decoding: made.rest, as: UTF8.self) == rest)
  }

  @Test(
    "What execveat was given is found in the kernel's name for it",
    arguments: [
      ("/dev/fd/3", 3, ""), ("/dev/fd/3/bin/true", 3, "bin/true"), ("/dev/fd/33", 3, "/dev/fd/33"),
      ("/bin/true", -100, "/bin/true"), ("true", -100, "true"), ("/dev/fd/3", 4, "/dev/fd/3"), ("", 3, ""),
    ])
  func executed(name: String, descriptor: Int32, path: String) {
    #expect(String(decoding: PathText.executed(Array(name.utf8), descriptor: descriptor), as: UTF8.self) == path)
  }

  @Test(
    "Passed descriptors are found in control bytes, whatever these say of their length",
    arguments: [
      ("", nil),
      // One message of 24 bytes: two descriptors.
      ("18000000 00000000 01000000 01000000 03000000 04000000", "3,4"),
      // Credentials, padding behind them, then one descriptor.
      (
        "1c000000 00000000 01000000 02000000 01000000 00000000 00000000 00000000"
          + "14000000 00000000 01000000 01000000 ffffffff", "-1"
      ),
      // Longer than what is there, and of no length at all.
      ("ffffffff ffffffff 01000000 01000000 07000000", "7"),
      ("00000000 00000000 01000000 01000000 07000000", nil),
      ("18000000 00000000 06000000 01000000 03000000 04000000", nil),
      ("18000000 00000000 01000000", nil),
    ])
  func passedDescriptors(control: String, text: String?) {
    let digits = control.filter { $0 != " " }.map { UInt8(String($0), radix: 16) ?? 0 }
    let bytes = stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
    let found = bytes.withUnsafeBytes { MessageControl.descriptors($0) }
    #expect(found.map { String(decoding: $0, as: UTF8.self) } == text)
  }

  @Test(
    "A register holds only what its type has",
    arguments: [
      (0xFFFF_FFFF_0000_0003, 4, true, 3), (0x0000_0000_FFFF_FF9C, 4, true, -100),
      (0x0000_0000_FFFF_FF9C, 4, false, 4_294_967_196), (0xFFFF_FFFF_FFFF_FFFE, 8, true, -2), (0x1FF, 1, false, 0xFF),
      (0x18000, 2, true, -32768),
    ] as [(UInt64, UInt8, Bool, Int64)])
  func register(word: UInt64, size: UInt8, isSigned: Bool, value: Int64) {
    #expect(IntegerLayout.value(word, size: size, isSigned: isSigned) == value)
  }

  @Test("Device numbers are those of stat", arguments: [(0x0010_0003, 0x103), (0x0080_0105, 0x100805)])
  func device(kernel: UInt32, user: Int64) {
    #expect(DeviceNumber.userSpace(kernel) == user)
  }
}
