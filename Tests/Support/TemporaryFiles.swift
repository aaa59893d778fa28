import Foundation

/// The path of a file that does not exist yet.
public func temporaryPath(_ suffix: String = "reel") -> String {
  FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).\(suffix)").path
}

/// Removes a file, if it is there.
public func removeFile(_ path: String) {
  // A test that failed before it made its file has nothing to remove.
  _ = try? FileManager.default.removeItem(atPath: path)
}

/// The bytes of a file.
public func readFile(_ path: String) throws -> [UInt8] {
  [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
}

/// Makes a file of some bytes.
public func writeFile(_ path: String, _ bytes: [UInt8]) throws {
  try Data(bytes).write(to: URL(fileURLWithPath: path))
}
