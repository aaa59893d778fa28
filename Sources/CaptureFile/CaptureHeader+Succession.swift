import CaptureFormat

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

extension CaptureHeader {
  /// The file with which a recording went on, if it stands beside this one.
  ///
  /// - Parameter path: this file's. Looks at the beginning of each file in its directory.
  public func successor(of path: String) -> String? {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
    let prefix = slash.map { String(path[...$0]) } ?? ""
    guard let directory = opendir(folder) else { return nil }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      guard name.hasSuffix(".reel"), let other = CaptureHeader(front: prefix + name) else { continue }
      if other.sessionID == sessionID, other.fileIndex == fileIndex &+ 1 { return prefix + name }
    }
    return nil
  }

  /// The header at the very front of a regular file, if it is whole.
  private init?(front path: String) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    var bytes = [UInt8](repeating: 0, count: 1 << 16)
    let count = pread(descriptor, &bytes, bytes.count, 0)
    guard count > 0, Array(bytes.prefix(CaptureHeader.magic.count)) == CaptureHeader.magic else { return nil }
    let front = bytes[CaptureHeader.magic.count..<count]
    let found: CaptureHeader? = front.withUnsafeBytes { front in
      guard let (frame, id) = FrameHeader.selfDescribed(front, .header), frame.frameBytes <= front.count,
        frame.matches(
          payloadAndPadding: UnsafeRawBufferPointer(rebasing: front[FrameHeader.byteCount..<frame.frameBytes]),
          fileID: id)
      else { return nil }
      let payload = front[FrameHeader.byteCount..<FrameHeader.byteCount + frame.length]
      // One of another version of the format is no file that can be gone on with.
      return try? CaptureHeader(decoding: UnsafeRawBufferPointer(rebasing: payload))
    }
    guard let found else { return nil }
    self = found
  }
}

extension CaptureHeader {
  /// Sixteen bytes that no other file has.
  public static func randomID() -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }
}
