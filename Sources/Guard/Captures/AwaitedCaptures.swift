import Synchronization

/// Whoever waits for captures to be whole: from any moment of a capture, until its tail is written.
final class AwaitedCaptures: Sendable {
  /// Gets what became of a capture.
  typealias Answer = @Sendable (Result<CaptureRecord, GuardOrderError>) -> Void

  /// By the ids of captures that have no tail.
  private let answers = Mutex<[String: [Answer]]>([:])

  /// A capture has begun.
  func begin(_ id: String) { answers.withLock { $0[id] = [] } }

  /// Has somebody told when a capture is whole.
  /// - Returns: whether it is not; else nobody will be told.
  func add(_ answer: @escaping Answer, for id: String) -> Bool {
    answers.withLock { answers in
      guard answers[id] != nil else { return false }
      answers[id, default: []].append(answer)
      return true
    }
  }

  /// A capture has ended, and what is known of it was brought up to date before.
  func end(_ id: String, _ record: CaptureRecord?) {
    let left = answers.withLock { $0.removeValue(forKey: id) ?? [] }
    let gone = GuardOrderError(.unknown, "there is no capture '\(id)' any more")
    for answer in left { answer(record.map { .success($0) } ?? .failure(gone)) }
  }
}
