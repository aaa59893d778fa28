import Foundation
import Testing

private let environment = ProcessInfo.processInfo.environment
private let dataFolder = environment["REEL_TEST_DATA"]
private let peer = ["/usr/bin/sysdig", "/usr/local/bin/sysdig"].first {
  FileManager.default.isExecutableFile(atPath: $0)
}
private let program = environment["REEL_BINARY"]

/// Whether fields are printed as the ecosystem prints them, by `peer/compare.py`; `scripts/compare-scap` does it by hand.
@Suite(
  .enabled(
    if: dataFolder != nil && peer != nil && program != nil,
    "without REEL_TEST_DATA, REEL_BINARY and sysdig nothing is compared with sysdig"))
struct SysdigComparisonTests {
  @Test("Fields of imported events are those of sysdig, or differ for a reason that is listed")
  func fields() throws {
    let folder = "\(try #require(dataFolder))/scap"
    let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".scap") }.sorted()
    let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("peer/compare.py")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
    process.arguments = [script.path, try #require(program)] + files.map { "\(folder)/\($0)" }
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(text)")
  }
}
