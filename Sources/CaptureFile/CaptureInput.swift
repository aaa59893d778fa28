import SystemPackage

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A file that is open and not yet taken for a capture: what it begins with tells what it is.
public struct CaptureInput: Sendable {
  private let file: InputFile
  private let path: String

  /// Opens a file; `-` is standard input, which is copied to a file without a name when it is a pipe.
  /// - Throws: `CaptureError` of kind `refused` when there is no such file.
  public init(path: String) throws(CaptureError) {
    file = try InputFile(path: path)
    self.path = path
  }

  private init(_ file: InputFile, _ path: String) {
    self.file = file
    self.path = path
  }

  /// What errors call it.
  public var name: String { file.path }

  /// Its size in bytes.
  public var size: UInt64 { file.size }

  /// The first bytes; fewer where the file is shorter.
  public func firstBytes(_ count: Int) throws(CaptureError) -> [UInt8] { try file.bytes(at: 0, count: count) }

  /// The captures of the file.
  public func readers() throws(CaptureError) -> [CaptureReader] { try CaptureReader.sections(of: file, path: path) }

  /// Lends the file's descriptor, at its beginning, to who reads it from front to back.
  public func withDescriptor<Result>(_ body: (Int32) throws -> Result) throws -> Result {
    guard lseek(file.rawDescriptor, 0, SEEK_SET) == 0 else {
      throw CaptureError(.failed, "cannot be read from its beginning: \(Errno(rawValue: errno))", path: name)
    }
    defer { withExtendedLifetime(file) {} }
    return try body(file.rawDescriptor)
  }

  /// Makes a file without a name in `TMPDIR`, readable by its owner alone.
  /// - Parameter name: what errors call what is kept in it.
  /// - Returns: a descriptor that the caller closes.
  public static func temporaryDescriptor(for name: String) throws(CaptureError) -> Int32 {
    try InputFile.temporaryFile(name).rawValue
  }

  /// Makes a capture that has no name in the file system and goes when it is no longer in use.
  ///
  /// - Parameters:
  ///   - name: what errors call it, and its readers.
  ///   - write: makes the capture at a path, overwriting what is there.
  /// - Returns: what was made, open, and what `write` returned.
  public static func temporary<Result>(
    name: String, _ write: (String) throws -> Result
  ) throws -> (input: CaptureInput, result: Result) {
    let descriptor = try InputFile.temporaryFile(name)
    let path = "/proc/self/fd/\(descriptor.rawValue)"
    do {
      let result = try write(path)
      return (CaptureInput(try InputFile(descriptor: descriptor, name: name), name), result)
    } catch let error as CaptureError where error.path == path {
      close(descriptor.rawValue)
      throw CaptureError(
        error.kind, "writing to a temporary file failed: \(error.what)", path: name,
        remedy: "set TMPDIR to a directory with space")
    } catch {
      close(descriptor.rawValue)
      throw error
    }
  }
}
