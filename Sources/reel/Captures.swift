import CaptureFile
import CaptureFormat
import Presentation
import Query

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Opening captures, and saying what of them could not be read.
enum Captures {
  /// Opens a capture.
  static func open(_ path: String) throws(Failure) -> CaptureReader {
    let readers = try readers(of: path)
    if readers.count > 1 {
      throw .refused(
        "the file holds \(readers.count) captures, one behind the other", place: path,
        remedy: "reel merge makes one of them")
    }
    return readers[0]
  }

  /// Opens captures that are asked as one: files, each of them one capture or several behind each other, and the files
  /// of directories, sorted by name.
  static func open(_ paths: [String]) throws(Failure) -> [CaptureReader] {
    var readers: [CaptureReader] = []
    for path in paths { readers += try openEach(path) }
    return readers
  }

  /// Opens the captures of a file, or of the files in a directory, whatever event types they have.
  static func openEach(_ path: String) throws(Failure) -> [CaptureReader] {
    var readers: [CaptureReader] = []
    for file in try files(path) { readers += try self.readers(of: file) }
    return readers
  }

  /// The captures of a file, which may be one of the ecosystem.
  private static func readers(of path: String) throws(Failure) -> [CaptureReader] {
    let input: CaptureInput
    let isScap: Bool
    do throws(CaptureError) {
      input = try CaptureInput(path: path)
      isScap = try ScapCaptures.isScap(input)
      if !isScap { return try input.readers() }
    } catch {
      throw Failure(error)
    }
    return try ScapCaptures.open(input)
  }

  /// The path itself, or the captures in a directory.
  private static func files(_ path: String) throws(Failure) -> [String] {
    var status = stat()
    guard path != "-", stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return [path] }
    guard let directory = opendir(path) else {
      throw .refused("the directory cannot be read", place: path)
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name.hasSuffix(".reel") || name.hasSuffix(".scap") { names.append(name) }
    }
    if names.isEmpty {
      throw .refused("there is no capture in the directory", place: path, remedy: "name a .reel or .scap file")
    }
    names.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    return names.map { path.hasSuffix("/") ? path + $0 : "\(path)/\($0)" }
  }

  /// The same for several captures: of each what is wrong with it.
  static func reportMissingParts(of readers: [CaptureReader], failures: [String] = []) throws(Failure) {
    for reader in readers.dropLast() {
      do throws(Failure) { try reportMissingParts(of: reader) } catch { _ = error.report() }
    }
    let isWhole = readers.dropLast().allSatisfy {
      $0.isComplete && $0.damagedBytes == 0 && ScapCaptures.damage(of: $0) == nil
    }
    if let last = readers.last { try reportMissingParts(of: last, failures: failures) }
    if !isWhole { throw Failure(status: ExitStatus.partlyReadable, nil) }
  }

  /// Says on standard error what is wrong with a capture.
  /// - Throws: the status for "partly readable", when something is.
  static func reportMissingParts(of reader: CaptureReader, failures: [String] = []) throws(Failure) {
    let place = reader.name
    var lines: [ErrorLine] = []
    if let damage = ScapCaptures.damage(of: reader) { lines.append(damage) }
    let damaged = reader.damagedBytes > 0 ? "\(Units.bytes(reader.damagedBytes)) of it cannot be read" : nil
    if !reader.isComplete {
      let end = "the capture has no end: it is still being written, or was cut off"
      lines.append(
        ErrorLine(damaged.map { "\(end), and \($0)" } ?? end, place: place, remedy: "what is whole was read"))
    } else if let damaged {
      lines.append(ErrorLine("the capture is damaged: \(damaged)", place: place, remedy: "the rest was read"))
    }
    let shown = 3
    lines += failures.prefix(shown).map { ErrorLine($0) }
    if failures.count > shown {
      lines.append(ErrorLine("\(Units.count(failures.count - shown, "more chunk")) could not be read", place: place))
    }
    if lines.isEmpty { return }
    for line in lines.dropLast() { _ = Failure(status: ExitStatus.partlyReadable, line).report() }
    throw Failure(status: ExitStatus.partlyReadable, lines.last)
  }
}
