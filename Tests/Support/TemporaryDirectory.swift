import Foundation

/// Calls `body` with the real path of a new directory that everyone may enter, and removes it afterwards.
public func withTemporaryDirectory<Result>(_ body: (String) async throws -> Result) async throws -> Result {
  let manager = FileManager.default
  let path = manager.temporaryDirectory.resolvingSymlinksInPath().path + "/reel-\(UUID().uuidString.prefix(8))"
  try manager.createDirectory(atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o755])
  do {
    let result = try await body(path)
    try manager.removeItem(atPath: path)
    return result
  } catch {
    // The first error says more than one of cleaning up.
    do { try manager.removeItem(atPath: path) } catch { print("cannot remove \(path): \(error)") }
    throw error
  }
}
