/// Paths from the components that the probe sends, leaf first, each ended by a NUL.
enum PathText {
  /// The path that `execveat` was given, from the name that the kernel makes of it: `/dev/fd/3` for a descriptor alone,
  /// `/dev/fd/3/name` for a path relative to one, else the path itself.
  static func executed(_ name: [UInt8], descriptor: Int32) -> [UInt8] {
    let prefix = Array("/dev/fd/\(descriptor)".utf8)
    guard name.starts(with: prefix) else { return name }
    let rest = name.dropFirst(prefix.count)
    if rest.isEmpty { return [] }
    return rest.first == UInt8(ascii: "/") ? Array(rest.dropFirst()) : name
  }

  /// The absolute path. An empty run of components is the root.
  static func absolute(leafFirst bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var path: [UInt8] = []
    path.reserveCapacity(bytes.count + 1)
    var end = bytes.count
    // Walk back from the last component, which is the one nearest to the root.
    while end > 0 {
      var start = end - 1
      while start > 0, bytes[start - 1] != 0 { start -= 1 }
      path.append(UInt8(ascii: "/"))
      path.append(contentsOf: bytes[start..<(end - 1)])
      end = start
    }
    return path.isEmpty ? [UInt8(ascii: "/")] : path
  }

  /// The one component of something that has no path.
  static func single(_ bytes: UnsafeRawBufferPointer) -> ArraySlice<UInt8> {
    Array(bytes).prefix { $0 != 0 }[...]
  }

  /// A path as a task wrote it, made absolute against a directory and lexically normal: no empty, `.` or `..` parts.
  static func normal(_ path: ArraySlice<UInt8>, in directory: ArraySlice<UInt8>) -> [UInt8] {
    let slash = UInt8(ascii: "/")
    let dot = UInt8(ascii: ".")
    var parts: [ArraySlice<UInt8>] = []
    func take(_ text: ArraySlice<UInt8>) {
      for part in text.split(separator: slash) {
        if part.elementsEqual([dot]) { continue }
        if part.elementsEqual([dot, dot]) {
          _ = parts.popLast()
        } else {
          parts.append(part)
        }
      }
    }
    if path.first != slash { take(directory) }
    take(path)
    var result: [UInt8] = []
    for part in parts {
      result.append(slash)
      result.append(contentsOf: part)
    }
    return result.isEmpty ? [slash] : result
  }
}
