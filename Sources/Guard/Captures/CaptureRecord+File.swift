import JSON

#if canImport(Glibc)
import Glibc
#endif

/// The small file beside a capture that says how far it is, so that it is known after a crash.
extension CaptureRecord {
  /// Where it is: `NAME.json` beside `NAME.reel`.
  var recordPath: String { CaptureRecord.recordPath(path) }

  static func recordPath(_ path: String) -> String {
    (path.hasSuffix(".reel") ? String(path.dropLast(5)) : path) + ".json"
  }

  /// One JSON object in a line.
  public var json: [UInt8] { Array((jsonText + "\n").utf8) }

  /// What a record's file says; `nil` for what is none.
  init?(json: [UInt8], path: String) {
    let document: JSONDocument
    do throws(JSONDocument.Malformed) { document = try JSONDocument.parse(json) } catch { return nil }
    self.init(document)
    self.path = path
  }
}

/// The directory of captures: names that nobody else has, records, and what is there at the start.
struct CaptureDirectory: Sendable {
  let path: String

  /// Makes the directory, for its owner alone, unless it is there.
  func make() throws(GuardSetupError) {
    var folder = ""
    for part in path.split(separator: "/") {
      folder += "/" + part
      if mkdir(folder, 0o700) != 0, errno != EEXIST {
        throw GuardSetupError("\(path): the directory of captures cannot be made: \(String(cString: strerror(errno)))")
      }
    }
    guard access(path, W_OK | X_OK) == 0 else {
      throw GuardSetupError("\(path): captures cannot be written there: \(String(cString: strerror(errno)))")
    }
  }

  /// Makes an empty file with a name that nothing had, and gives its path.
  ///
  /// - Parameter name: without extension; a number is appended when it is taken.
  func reserve(_ name: String) throws(GuardSetupError) -> String {
    for number in 0..<100_000 {
      let candidate = "\(path)/\(name)\(number == 0 ? "" : "_\(number)").reel"
      // A record without its capture is one that was taken away: its name is not used again.
      if access(CaptureRecord.recordPath(candidate), F_OK) == 0 { continue }
      let descriptor = open(candidate, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
      if descriptor >= 0 {
        close(descriptor)
        return candidate
      }
      guard errno == EEXIST else {
        throw GuardSetupError("\(path): a capture cannot be made there: \(String(cString: strerror(errno)))")
      }
    }
    throw GuardSetupError("\(path)/\(name).reel: all names of this sort are taken")
  }

  /// Writes a record: the file has the old content or the new one, whatever happens.
  /// - Returns: whether it could be written.
  @discardableResult
  func write(_ record: CaptureRecord) -> Bool {
    let target = record.recordPath
    let draft = target + ".new"
    let descriptor = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { return false }
    let bytes = record.json
    let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    close(descriptor)
    guard count == bytes.count, rename(draft, target) == 0 else {
      unlink(draft)
      return false
    }
    return true
  }

  /// All records that are there, in the order of their ids.
  func records() -> [CaptureRecord] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var records: [CaptureRecord] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      guard name.hasSuffix(".json"), let bytes = contents("\(path)/\(name)") else { continue }
      if let record = CaptureRecord(json: bytes, path: "\(path)/\(name.dropLast(5)).reel") { records.append(record) }
    }
    return records.sorted { $0.id < $1.id }
  }

  /// Deletes a capture and its record.
  /// - Returns: why that cannot be done; `nil` when it was.
  func delete(_ record: CaptureRecord) -> String? {
    for path in [record.path, record.recordPath] where unlink(path) != 0 && errno != ENOENT {
      return "\(path) cannot be deleted: \(String(cString: strerror(errno)))"
    }
    return nil
  }

  private func contents(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 64 << 10)
    let count = read(descriptor, &bytes, bytes.count)
    return count > 0 ? Array(bytes.prefix(count)) : nil
  }
}
