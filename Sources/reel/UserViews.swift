import Inspect
import Presentation
import Query

#if canImport(Glibc)
import Glibc
#endif

/// Views in files: those of a directory, which are always there, and single ones.
enum UserViews {
  /// Where views of the user are: `REEL_VIEWS`, else `reel/views` in the user's folder for settings.
  static var directory: String? {
    if let path = variable("REEL_VIEWS") { return path }
    if let path = variable("XDG_CONFIG_HOME") { return path + "/reel/views" }
    return variable("HOME").map { $0 + "/.config/reel/views" }
  }

  private static func variable(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Reads a view.
  static func read(_ path: String) throws(Failure) -> View {
    guard let bytes = contents(path) else {
      throw .refused("the view cannot be read: \(String(cString: strerror(errno)))", place: path)
    }
    do throws(QueryError) { return try ViewFile.view(bytes) } catch {
      throw .refused(error.message, place: path, remedy: "`reel view --help` shows how a view is written")
    }
  }

  /// All views of the user's directory. A file that is no view is said, and left out.
  static func all() -> [View] {
    guard let directory, let entries = opendir(directory) else { return [] }
    defer { closedir(entries) }
    var names: [String] = []
    while let entry = readdir(entries) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name.hasSuffix(".json") { names.append(name) }
    }
    var views: [View] = []
    for name in names.sorted() {
      do throws(Failure) { views.append(try read("\(directory)/\(name)")) } catch { _ = error.report() }
    }
    return views
  }

  /// The view with a name: one of the user's, or a built-in one.
  static func view(named name: String) throws(Failure) -> View {
    if let view = all().first(where: { $0.name == name }) ?? ViewCatalogue.view(named: name) { return view }
    throw .refused("there is no view '\(VisibleText.of(name))'", remedy: "`reel view --list` lists them")
  }

  /// At most as much as a view may have, and a byte more.
  private static func contents(_ path: String) -> [UInt8]? {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= 1 << 20 {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      if count < 0 { return nil }
      if count == 0 { break }
      bytes += buffer.prefix(count)
    }
    return bytes
  }
}
