import Foundation

/// Calls `body` with the real path of a new directory that everyone may enter, and removes it afterwards.
/// - Parameter inMemory: where a disk that is busy with something else would show, if the machine has such a place.
public func withTemporaryDirectory<Result>(
  inMemory: Bool = false, _ body: (String) async throws -> Result
) async throws -> Result {
  let manager = FileManager.default
  let memory = "/dev/shm"
  let place =
    inMemory && manager.isWritableFile(atPath: memory)
    ? memory : manager.temporaryDirectory.resolvingSymlinksInPath().path
  let path = place + "/reel-\(UUID().uuidString.prefix(8))"
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
