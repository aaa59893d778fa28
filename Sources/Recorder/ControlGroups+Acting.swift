#if canImport(Glibc)
import Glibc
#endif

extension ControlGroups {
  /// Why something could not be done to a group.
  package struct Refused: Error, Sendable, Hashable, CustomStringConvertible {
    /// One line.
    package let description: String
  }

  /// The processes of a group and of all below it, as the threads' leaders of the outermost pid namespace.
  package func allProcesses(of group: ContainerGroup) -> [Int32] {
    var found: [Int32] = []
    guard let hierarchy = hierarchies.first(where: { group.path.hasPrefix($0.mountPoint + "/") }) else { return [] }
    forEachGroup(below: group.path, in: hierarchy) { path, _ in
      found += ControlGroups.processes(inFolder: path)
    }
    return found
  }

  private static func processes(inFolder path: String) -> [Int32] {
    guard let file = fopen(path + "/cgroup.procs", "re") else { return [] }
    defer { fclose(file) }
    var text: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      let count = fread(&part, 1, part.count, file)
      if count == 0 { break }
      text += part.prefix(count)
    }
    return text.split(separator: UInt8(ascii: "\n")).compactMap { Int32(String(decoding: $0, as: UTF8.self)) }
      .filter { $0 > 0 }
  }

  /// Lets everything in a container's group stand still. Returns when the kernel has taken the order.
  package func freeze(_ group: ContainerGroup) throws(Refused) {
    if write("1", to: group.path + "/cgroup.freeze") { return }
    if let folder = freezerFolder(group), write("FROZEN", to: folder + "/freezer.state") { return }
    throw Refused(description: "the control group \(group.path) cannot be frozen: \(String(cString: strerror(errno)))")
  }

  /// Kills everything in a container's group, at once where the kernel can.
  /// - Returns: false where it cannot: then processes are to be killed one by one.
  package func killAll(_ group: ContainerGroup) -> Bool { write("1", to: group.path + "/cgroup.kill") }

  private func write(_ text: String, to path: String) -> Bool {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return text.utf8CString.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, text.utf8.count) }
      == text.utf8.count
  }
}
