import CaptureFile
import CaptureFormat
import EventBatch
import TestSupport
import Testing

@testable import Seals

@Suite struct SealTests {
  @Test func everySealOfAnUntouchedCaptureHolds() throws {
    let check = try SealedCapture.check(try SealedCapture().bytes)
    #expect(check.stretches.map(\.state) == [.holds, .holds, .holds, .holds])
    #expect(check.hasLast)
    #expect(check.unsealed == 0)
    // Without gaps: each begins with the seal that the one before ends in front of.
    #expect(check.stretches.first?.frames.lowerBound == 0)
    for (before, next) in zip(check.stretches, check.stretches.dropFirst()) {
      #expect(next.frames.lowerBound == before.frames.upperBound + 1)
    }
  }

  @Test func anotherKeySaysSo() throws {
    let check = try SealedCapture.check(try SealedCapture().bytes, SigningKey().checkingKey)
    #expect(check.stretches.allSatisfy { $0.state == .otherKey })
    #expect(!check.hasLast)
  }

  /// A frame that was changed, with all checksums made right: what whoever can write the file can do.
  @Test func aChangedFrameBreaksTheStretchThatItIsIn() throws {
    let capture = try SealedCapture()
    let id = try #require(FileID(CaptureHeader.test().fileID))
    let frames = capture.frames
    for (index, frame) in frames.enumerated() where frame.header.type == .loss || frame.header.type == .header {
      if index > 4, frame.header.type == .header { continue }
      var bytes = capture.bytes
      var payload = Array(bytes[frame.range].dropFirst(FrameHeader.byteCount).prefix(frame.header.length))
      payload[frame.header.type == .loss ? 8 : 20] ^= 1
      bytes.replaceSubrange(
        frame.range,
        with: try FrameHeader.frame(
          frame.header.type, sequence: frame.header.sequence, payload: payload[...], fileID: id))
      let check = try SealedCapture.check(bytes)
      let wrong = check.stretches.filter { $0.state != .holds }
      #expect(wrong.map(\.state) == [.altered])
      #expect(wrong.first?.frames.contains(frame.header.sequence) == true)
    }
  }

  /// A frame taken out; those behind it keep their numbers, or are given new ones.
  @Test(arguments: [false, true]) func aMissingFrameIsNoticed(renumbers: Bool) throws {
    let capture = try SealedCapture()
    let id = try #require(FileID(CaptureHeader.test().fileID))
    let frames = capture.frames
    let end = try #require(frames.lastIndex { $0.header.type == .seal })
    for missing in 4..<end {
      var bytes = Array(capture.bytes[..<frames[missing].range.lowerBound])
      for frame in frames[(missing + 1)...] {
        let payload = capture.bytes[frame.range].dropFirst(FrameHeader.byteCount).prefix(frame.header.length)
        bytes += try FrameHeader.frame(
          frame.header.type, sequence: frame.header.sequence - (renumbers ? 1 : 0), payload: payload, fileID: id)
      }
      let check = try SealedCapture.check(bytes)
      let isSeal = frames[missing].header.type == .seal
      // Without a seal, the stretch that it closed and the one behind it are not sealed as they should be.
      #expect(check.stretches.contains { $0.state == .altered }, "frame \(missing), a seal: \(isSeal)")
    }
  }

  @Test func whatIsCutOffItsEndIsNoticed() throws {
    let capture = try SealedCapture()
    for seal in capture.frames where seal.header.type == .seal {
      let check = try SealedCapture.check(Array(capture.bytes[..<seal.range.lowerBound]))
      #expect(!check.hasLast)
      #expect(check.stretches.allSatisfy { $0.state == .holds })
    }
  }

  @Test func aSealThatWasChangedIsForged() throws {
    let capture = try SealedCapture()
    let id = try #require(FileID(CaptureHeader.test().fileID))
    let seals = capture.frames.filter { $0.header.type == .seal }
    for (number, seal) in seals.enumerated() {
      let payload = Array(capture.bytes[seal.range].dropFirst(FrameHeader.byteCount).prefix(seal.header.length))
      // Every field but the key id, which would make it another's.
      let time = payload.count - 64 - 32 - 32 - 1 - 16
      for position in [0, time, time + 8, time + 16, payload.count - 96, payload.count - 64, payload.count - 1] {
        var changed = payload
        changed[position] ^= 2
        var bytes = capture.bytes
        bytes.replaceSubrange(
          seal.range,
          with: try FrameHeader.frame(.seal, sequence: seal.header.sequence, payload: changed[...], fileID: id))
        let check = try SealedCapture.check(bytes)
        #expect(check.stretches.count < seals.count || check.stretches[number].state == .forged)
        #expect(check.stretches.contains { $0.state != .holds } || check.stretches.count < seals.count)
      }
    }
  }
}

@Suite struct CustodyTests {
  private func cut(_ bytes: [UInt8], _ selection: EventSelection) throws -> [UInt8] {
    let source = temporaryPath()
    let target = temporaryPath()
    defer {
      removeFile(source)
      removeFile(target)
    }
    try writeFile(source, bytes)
    let reader = try CaptureReader(path: source)
    _ = try CaptureCut(reader, selection).write(
      to: target, filter: nil, writerName: "test", options: WriterOptions(),
      digest: { FrameDigest($0, payload: $1).bytes }, progress: { _ in })
    return try readFile(target)
  }

  @Test func aCutOfEverythingHasOnlyHolesThatAreNoContent() throws {
    let capture = try SealedCapture()
    let check = try SealedCapture.check(try cut(capture.bytes, EventSelection.all))
    let origin = try #require(check.origins.first)
    #expect(origin.holds)
    #expect(origin.hasLast)
    #expect(origin.fileID == CaptureHeader.test().fileID)
    let contents = capture.frames.filter { $0.header.type == .chunk || $0.header.type == .loss }
    #expect(origin.kept == contents.count)
    for frame in contents { #expect(!origin.holes.contains { $0.contains(frame.header.sequence) }) }
  }

  @Test func whatACutLeavesOutIsListed() throws {
    let capture = try SealedCapture()
    let chunks = capture.frames.filter { $0.header.type == .chunk }
    let path = temporaryPath()
    defer { removeFile(path) }
    try writeFile(path, capture.bytes)
    let heads = try CaptureReader(path: path).heads
    // From the third chunk on.
    var selection = EventSelection.all
    let third = heads[2].firstNumber
    selection.mayMatch = { $0.firstNumber >= third }
    let check = try SealedCapture.check(try cut(capture.bytes, selection))
    let origin = try #require(check.origins.first)
    #expect(origin.holds)
    for (index, chunk) in chunks.enumerated() {
      #expect(origin.holes.contains { $0.contains(chunk.header.sequence) } == (index < 2), "chunk \(index)")
    }
  }

  /// An export that leaves out the original's last seal, or tells one that is none, does not pass for all of it.
  @Test func everySealOfTheOriginalMustBeThere() throws {
    let bytes = try cut(try SealedCapture().bytes, .all)
    let path = temporaryPath()
    defer { removeFile(path) }
    try writeFile(path, bytes)
    let reader = try CaptureReader(path: path)
    func holds(_ change: (inout Custody) -> Void) throws -> Bool? {
      var check = SealCheck(SealedCapture.key.checkingKey, fileID: reader.header.fileID)
      _ = try reader.verify(frame: { type, sequence, payload in
        check.take(type, sequence: sequence, payload: payload)
        guard type == .custody else { return }
        let decoded = Result { try reader.custody(decoding: payload) }
        guard case .success(var custody) = decoded else {
          Issue.record("the custody cannot be read: \(decoded)")
          return
        }
        change(&custody)
        check.take(custody)
      })
      check.finish()
      return check.origins.first?.holds
    }
    #expect(try holds { _ in } == true)
    #expect(try holds { $0.seals.removeLast() } == false)
    #expect(try holds { $0.seals.append([1, 2, 3]) } == false)
  }

  @Test func aChangedCopyIsNoticed() throws {
    let capture = try SealedCapture()
    let bytes = try cut(capture.bytes, EventSelection.all)
    let path = temporaryPath()
    defer { removeFile(path) }
    try writeFile(path, bytes)
    let reader = try CaptureReader(path: path)
    var check = SealCheck(SealedCapture.key.checkingKey, fileID: reader.header.fileID)
    _ = try reader.verify(frame: { type, sequence, payload in
      var payload = payload
      if type == .chunk { payload[payload.count - 1] ^= 1 }
      check.take(type, sequence: sequence, payload: payload)
      if type == .custody {
        let decoded = Result { try reader.custody(decoding: payload) }
        if case .success(let custody) = decoded {
          check.take(custody)
        } else {
          Issue.record("the custody cannot be read: \(decoded)")
        }
      }
    })
    check.finish()
    let origin = try #require(check.origins.first)
    #expect(!origin.holds)
    #expect(origin.altered.count == capture.frames.filter { $0.header.type == .chunk }.count)
  }
}
