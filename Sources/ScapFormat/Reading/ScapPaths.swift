/// Paths as bytes: what calls are given, made absolute and lexically normal.
enum ScapPath {
  private static let slash = UInt8(ascii: "/")

  /// A path that is relative to a directory unless it is absolute.
  static func join(_ directory: [UInt8], _ path: UnsafeRawBufferPointer) -> [UInt8] {
    if path.first == slash { return normal(path) }
    // What is relative to nobody knows what stays as it is.
    if directory.isEmpty { return Array(path) }
    var joined: [UInt8] = []
    joined.reserveCapacity(directory.count + path.count + 1)
    joined.append(contentsOf: directory)
    if joined.last != slash { joined.append(slash) }
    joined.append(contentsOf: path)
    // What is relative to something unknown is not made to look absolute.
    guard joined.first == slash else { return joined }
    return joined.withUnsafeBytes { normal($0) }
  }

  /// Without empty components, `.` and `..`.
  static func normal(_ path: UnsafeRawBufferPointer) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(path.count)
    var start = 0
    while start < path.count {
      var end = start
      while end < path.count, path[end] != slash { end += 1 }
      let part = UnsafeRawBufferPointer(rebasing: path[start..<end])
      if part.count == 2, part[0] == UInt8(ascii: "."), part[1] == UInt8(ascii: ".") {
        if let last = result.lastIndex(of: slash) { result.removeSubrange(last...) }
      } else if !part.isEmpty, !(part.count == 1 && part[0] == UInt8(ascii: ".")) {
        result.append(slash)
        result.append(contentsOf: part)
      }
      start = end + 1
    }
    return result.isEmpty ? [slash] : result
  }
}

/// The full id of the container that control groups belong to; empty when they belong to none.
///
/// The groups are texts, each followed by a NUL: `cpuset=/docker/0123…`. Engines name the last part of the path after the
/// container: `ID`, `docker-ID.scope`, `cri-containerd-ID.scope`, `crio-ID`, `libpod-ID`.
func scapContainerID(_ cgroups: [UInt8]) -> [UInt8] {
  var end = cgroups.count
  while end > 0 {
    // From the back: the first of the groups is most often the one of the whole session.
    var start = end
    while start > 0, cgroups[start - 1] != 0 { start -= 1 }
    if let id = scapContainerID(path: cgroups[start..<end]) { return id }
    end = start - 1
  }
  return []
}

private func scapContainerID(path: ArraySlice<UInt8>) -> [UInt8]? {
  var name = path[((path.lastIndex(of: UInt8(ascii: "/")) ?? path.startIndex - 1) + 1)...]
  if name.suffix(6).elementsEqual(".scope".utf8) { name = name.dropLast(6) }
  // A pod's sandbox may have its process in a group below.
  if let dash = name.lastIndex(of: UInt8(ascii: "-")) { name = name[(dash + 1)...] }
  if let colon = name.lastIndex(of: UInt8(ascii: ":")) { name = name[(colon + 1)...] }
  guard name.count == 64,
    name.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
  else { return nil }
  return Array(name)
}

/// An environment without the NULs behind its last text: programs that show a title of their own write it over there.
func scapEnvironment(_ bytes: [UInt8]) -> [UInt8] {
  guard let last = bytes.lastIndex(where: { $0 != 0 }) else { return [] }
  return last + 2 < bytes.count ? Array(bytes[...(last + 1)]) : bytes
}
