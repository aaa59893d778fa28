import CaptureFormat
import Testing

@testable import Redaction

/// What a capture says of frames that were changed.
struct RedactionNotesTests {
  @Test(
    "Numbers of frames come back as ranges, whatever a file numbers its frames",
    arguments: [
      ([], []), ([7], [7...7]), ([9, 4, 5, 6], [4...6, 9...9]), ([3, 3], [3...3, 3...3]),
      ([.max, .max - 1, .max], [(.max - 1)...(.max), (.max)...(.max)]),
    ] as [([UInt64], [ClosedRange<UInt64>])])
  func changedFrames(numbers: [UInt64], ranges: [ClosedRange<UInt64>]) {
    let notes = RedactionNotes(rules: [("password", 2)], unseen: 0, isKeyGiven: false, author: "test")
    #expect(RedactionNotes.changedFrames(in: notes.closing(at: 1, changed: numbers)) == ranges)
    // What is said at the beginning names no frames.
    #expect(RedactionNotes.changedFrames(in: notes.opening(at: 1)) == [])
  }

  @Test(
    "What a file says of them is read as JSON, and what is none says nothing",
    arguments: [
      (#"{ "changed_frames" : "1-2,x,9-3,7" }"#, [1...2, 7...7]), (#"{"a":"\"changed_frames\":\"1\""}"#, []),
      (#"{"a":{"changed_frames":"1"}}"#, []), (#"{"changed_frames":"1""#, []), (#"{"changed_frames":[1]}"#, []),
    ] as [(String, [ClosedRange<UInt64>])])
  func readsJSON(json: String, ranges: [ClosedRange<UInt64>]) {
    let annotation = Annotation(time: 1, kind: RedactionNotes.closingKind, text: "t", json: json)
    #expect(RedactionNotes.changedFrames(in: annotation) == ranges)
  }
}
