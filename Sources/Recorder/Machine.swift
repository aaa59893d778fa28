#if canImport(Glibc)
import Glibc
#endif

/// What the machine calls itself.
package struct Machine: Sendable {
  /// The machine's name.
  package var hostname: String
  /// As `uname -r` says.
  package var kernelRelease: String
  /// As `uname -m` says.
  package var architecture: String

  /// The machine that this runs on.
  package static func current() -> Machine {
    var names = utsname()
    uname(&names)
    func text<Field>(_ field: Field) -> String {
      withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
    return Machine(
      hostname: text(names.nodename), kernelRelease: text(names.release), architecture: text(names.machine))
  }
}
