import CaptureFile
import CaptureFormat
import EventBatch

extension EventSelection {
  /// What a question selects of a capture, for cutting it.
  ///
  /// Rows of states stay when they are within the question's scope: they are of a process or container that it may select
  /// events of. What it asks about events themselves excludes no state.
  public init(_ question: Question, context: ScanContext) {
    var stateRows: (@Sendable (EventBatch) -> [UInt32])?
    if let scope = question.scope {
      stateRows = { batch in scope.select(from: batch, context: context) }
    }
    self.init(
      from: question.from, to: question.to, columns: question.columns,
      mayMatch: { question.mayMatch($0, context: context) },
      rows: { batch, previousExit in
        question.select(from: batch, context: context, previousExit: previousExit)
      },
      stateRows: stateRows)
  }
}

extension EventSource {
  /// Whether a question may select an event; false is certain, and costs no reading.
  public func mayHoldEvents(for question: Question) -> Bool {
    (0..<chunkCount).contains { chunk in
      head(ofChunk: chunk).map { question.mayMatch($0, context: context(ofChunk: chunk)) } ?? true
    }
  }
}

extension Question {
  /// What the question asks of processes and containers alone, without its time window; `nil` when that is nothing.
  var scope: Question? {
    let root = root.keepingLineages(wanted: true).simplified()
    if case .constant(true) = root { return nil }
    return Question(root: root, slotCount: slotCount, warnings: [], schema: schema, from: nil, to: nil)
  }
}

extension BoundExpression {
  /// The expression with every predicate that does not depend on the lineage alone replaced by the answer that excludes
  /// nothing.
  fileprivate func keepingLineages(wanted: Bool) -> BoundExpression {
    switch self {
    case .constant: self
    case .not(let term): .not(term.keepingLineages(wanted: !wanted))
    case .and(let terms): .and(terms.map { $0.keepingLineages(wanted: wanted) })
    case .or(let terms): .or(terms.map { $0.keepingLineages(wanted: wanted) })
    case .predicate(let predicate): predicate.domain == .lineage ? self : .constant(wanted)
    }
  }
}
