import CaptureFile
import CaptureFormat
import ConformanceFiles
import EventBatch
import Foundation
import TestSupport
import Testing

@Suite("Conformance files")
struct ReaderTests {
  @Test("The committed files are what the generator gives")
  func committedFilesMatch() throws {
    let files = try conformanceFiles()
    #expect(files.map(\.name) == Committed.all.map(\.name))
    for file in files {
      let json = try String(contentsOfFile: "\(root)/formats/conformance/\(file.name).json", encoding: .utf8)
      #expect(
        try readFile(Committed(name: file.name).path) == file.bytes && json == file.expectation,
        "run `swift run ConformanceGenerator`: \(file.name) differs")
    }
  }

  @Test("The reader finds what the JSON says", arguments: Committed.all)
  func readsAsExpected(file: Committed) throws {
    let expected = try file.expected()
    guard expected["refused"] == .bool(false) else {
      let error = #expect(throws: CaptureError.self) { _ = try CaptureReader.sections(path: file.path) }
      #expect(error?.kind == .refused)
      return
    }
    let readers = try CaptureReader.sections(path: file.path)
    let sections = expected["sections"]?.array?.compactMap(\.object) ?? [expected]
    #expect(readers.count == sections.count)
    for (reader, section) in zip(readers, sections) { try expect(reader, section, file) }
  }

  private func expect(_ reader: CaptureReader, _ expected: [String: JSONValue], _ file: Committed) throws {
    let verification = try reader.verify()
    var found = try reader.contents(damagedBytes: Int(verification.damagedBytes)).rendered
    // The reader has no list of frames to show.
    found["frames"] = expected["frames"]
    #expect(differences(found, expected) == [])
    if verification.isWhole { try expectSummary(reader, expected) }
    // Only files with a tail are whole, and all of those in which nothing is damaged.
    #expect(
      verification.isWhole
        == (expected["complete"] == .bool(true) && verification.damagedBytes == 0 && !file.lacksFrames))
  }

  private func expectSummary(_ reader: CaptureReader, _ expected: [String: JSONValue]) throws {
    let summary = reader.summary
    let totals = try #require(expected["totals"]?.object)
    #expect(totals["started"]?.integer == summary.started && totals["ended"]?.integer == summary.ended)
    #expect(totals["events"]?.integer == Int64(summary.events))
    #expect(totals["threads"]?.integer == Int64(summary.threads))
    #expect(totals["processes"]?.integer == Int64(summary.processes))
    #expect(totals["objects"]?.integer == Int64(summary.objects))
    #expect(expected["lost"]?.integer == Int64(summary.lost))
    #expect(expected["containers"]?.array?.count == summary.containers.count)
  }

  @Test("The tail leads to the same as hopping from frame to frame", arguments: Committed.all)
  func tailAndScanAgree(file: Committed) throws {
    let expected = try file.expected()
    guard expected["complete"] == .bool(true), expected["damaged_bytes"] == .integer(0) else { return }
    let path = temporaryPath()
    defer { removeFile(path) }
    try writeFile(path, Array(try readFile(file.path).dropLast()))
    let (whole, torn) = (try CaptureReader(path: file.path), try CaptureReader(path: path))
    #expect(!torn.isComplete)
    var (first, second) = (try whole.contents(damagedBytes: 0).rendered, try torn.contents(damagedBytes: 0).rendered)
    // Counters are there for speed: without a tail the events are counted.
    (first["rollups"], second["rollups"]) = (nil, nil)
    #expect(differences(second, first) == ["complete is false, not true"])
  }
}

extension Committed {
  /// Whether something is missing that no damage shows.
  var lacksFrames: Bool { name == "frame-gone" }
}

extension CaptureReader {
  /// Everything that can be read. Damaged chunks and states are left out.
  func contents(damagedBytes: Int) throws -> Contents {
    var content: [Content] = []
    for index in 0..<chunkCount {
      guard let batch = try readable({ try readChunk(index) }) else { continue }
      content.append(.chunk(batch))
      expectHead(try head(ofChunk: index), of: batch)
    }
    content += try allLosses().map { .loss($0) }
    for part in states.flatMap(\.parts) {
      if let state = try readable({ try readState(part) }) { content.append(.state(state)) }
    }
    for frame in frames {
      switch frame.type {
      case .container: content.append(.containers(try readContainers(frame)))
      case .attachment: content.append(.attachment(try readAttachment(frame)))
      case .annotation: content.append(.annotation(try readAnnotation(frame)))
      case .seal: content.append(.seal(try readSeal(frame)))
      case .custody: content.append(.custody(try readCustody(frame)))
      default: continue
      }
    }
    if let rollup = try rollup() { content.append(.rollup(rollup)) }
    return Contents(header: header, isComplete: isComplete, damagedBytes: damagedBytes, frames: [], content: content)
  }

  private func expectHead(_ head: ChunkHead, of batch: EventBatch) {
    let ranges = batch.renderedRanges
    #expect(Int64(head.firstNumber) == ranges["first_number"]?.integer)
    #expect(Int64(head.lastNumber) == ranges["last_number"]?.integer)
    #expect(head.leastStart == ranges["least_start"]?.integer)
    #expect(head.leastExit == ranges["least_exit"]?.integer)
    #expect(head.greatestExit == ranges["greatest_exit"]?.integer)
  }
}

/// What is read, `nil` when it is damaged.
func readable<Value>(_ read: () throws -> Value) throws -> Value? {
  do {
    return try read()
  } catch let error as CaptureError where error.kind == .partlyReadable {
    return nil
  }
}
