import EventBatch

// What a state takes from files of `/proc`, line by line.

/// The states of a task, in the words of `ps`.
enum TaskState {
  static func name(state: UInt32, exit: UInt32) -> String {
    if exit & 0x20 != 0 { return "zombie" }
    if exit & 0x10 != 0 { return "dead" }
    return switch state {
    case 0: "running"
    case 0x402: "idle"
    case _ where state & 0x01 != 0: "sleeping"
    case _ where state & 0x02 != 0: "disk sleep"
    case _ where state & 0x04 != 0: "stopped"
    case _ where state & 0x08 != 0: "tracing stop"
    case _ where state & 0x40 != 0: "parked"
    default: "sleeping"
    }
  }
}

extension ProcFile {
  /// How many pages of a process are in memory.
  static func residentPages(_ pid: Int64) -> Int64? {
    text("/proc/\(pid)/statm").flatMap { text in
      let fields = text.split(separator: " ")
      return fields.count > 1 ? Int64(fields[1]) : nil
    }
  }
}

/// A line of `mountinfo`.
package struct MountInfo {
  package var id: Int64
  package var parent: Int64
  /// As `stat` shows it.
  package var device: Int64
  package var root: [UInt8]
  package var point: [UInt8]
  package var type: [UInt8]
  package var source: [UInt8]
  package var options: [UInt8]
  /// Those of the whole file system: of an old hierarchy of control groups its controllers.
  package var superOptions: [UInt8]

  /// The mounts that a file lists; none when it cannot be read: its process may have ended.
  static func read(_ path: String) -> [MountInfo] {
    parse(ProcFile.bytes(path, limit: 16 << 20) ?? [])
  }

  /// The mounts that a table in the form of `mountinfo` lists.
  package static func parse(_ table: [UInt8]) -> [MountInfo] {
    table.split(separator: UInt8(ascii: "\n")).compactMap(MountInfo.init)
  }

  /// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`
  init?(_ line: ArraySlice<UInt8>) {
    let fields = line.split(separator: UInt8(ascii: " "))
    guard let dash = fields.dropFirst(6).firstIndex(where: { $0.elementsEqual([UInt8(ascii: "-")]) }),
      fields.count > dash + 2, let id = Int64(String(decoding: fields[0], as: UTF8.self)),
      let parent = Int64(String(decoding: fields[1], as: UTF8.self))
    else { return nil }
    self.id = id
    self.parent = parent
    let device = String(decoding: fields[2], as: UTF8.self).split(separator: ":").compactMap { UInt32($0) }
    self.device = device.count == 2 ? DeviceNumber.userSpace(device[0] << 20 | device[1] & 0xFFFFF) : 0
    root = MountInfo.unescaped(fields[3])
    point = MountInfo.unescaped(fields[4])
    options = Array(fields[5])
    type = Array(fields[dash + 1])
    source = MountInfo.unescaped(fields[dash + 2])
    superOptions = fields.count > dash + 3 ? Array(fields[dash + 3]) : []
  }

  /// Blanks, tabs, line ends and backslashes stand as `\040` and the like.
  private static func unescaped(_ field: ArraySlice<UInt8>) -> [UInt8] {
    guard field.contains(UInt8(ascii: "\\")) else { return Array(field) }
    var text: [UInt8] = []
    var rest = field
    while let byte = rest.popFirst() {
      let digits = rest.prefix(3)
      if byte == UInt8(ascii: "\\"), digits.count == 3,
        let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
      {
        text.append(value)
        rest = rest.dropFirst(3)
      } else {
        text.append(byte)
      }
    }
    return text
  }
}
