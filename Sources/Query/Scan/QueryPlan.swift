import CaptureFormat
import EventBatch
import EventSchema

/// How a question is answered, for people who want to know why it takes as long as it does.
public struct QueryPlan: Sendable {
  /// One step; see `QuestionStep`.
  public struct Step: Sendable {
    /// What is asked, as the filter says it.
    public var condition: String
    /// How often it has to be answered.
    public var effort: String
    /// The columns that it reads, those of earlier steps included.
    public var columns: String
  }

  /// The steps, in the order in which they are asked.
  public var steps: [Step]
  private let filterSteps: [String]

  /// The plan of a question.
  public init(_ question: Question) {
    steps = question.steps.map { step in
      guard let expression = step.expression else {
        return Step(condition: "the time window", effort: "a comparison of a column", columns: step.columns.words)
      }
      return Step(
        condition: expression.text(question.texts), effort: expression.effort, columns: step.columns.words)
    }
    filterSteps = question.steps.compactMap { step in step.expression.map { $0.text(question.texts) } }
  }

  /// Why chunks were not read, the most frequent reason first.
  public func reasons(_ progress: ScanProgress) -> [(reason: String, chunks: Int)] {
    progress.excluded.map { exclusion, chunks in
      let reason =
        switch exclusion {
        case .page: "the summary says that they are outside of the window"
        case .empty: "they have no events"
        case .time: "they are outside of the time window"
        case .step(let step): "their heads exclude " + (step < filterSteps.count ? filterSteps[step] : "the filter")
        }
      return (reason, chunks)
    }.sorted { ($1.chunks, $0.reason) < ($0.chunks, $1.reason) }
  }

  /// Columns in words, for what is read of selected events.
  public static func words(_ columns: ColumnSelection) -> String { columns.words }
}

extension BoundExpression {
  /// The expression as a filter would say it.
  func text(_ texts: [String]) -> String {
    switch self {
    case .constant(let value): return value ? "everything" : "nothing"
    case .predicate(let predicate): return predicate.slot < texts.count ? texts[predicate.slot] : "…"
    case .not(let term): return "not " + term.text(texts)
    case .and(let terms): return "(" + terms.map { $0.text(texts) }.joined(separator: " and ") + ")"
    case .or(let terms): return "(" + terms.map { $0.text(texts) }.joined(separator: " or ") + ")"
    }
  }

  /// How often the predicates are answered.
  fileprivate var effort: String {
    var efforts: [String] = []
    forEachPredicate { predicate in
      let effort: String
      if predicate.isColumnComparison {
        effort = "a comparison of a column"
      } else {
        switch predicate.domain {
        case .constant: effort = "once"
        case .type: effort = "once for each type"
        case .lineage: effort = "once for each thread row"
        case .object: effort = "once for each object row"
        case .event: effort = "event by event"
        }
      }
      if !efforts.contains(effort) { efforts.append(effort) }
    }
    return efforts.joined(separator: ", ")
  }
}

extension ColumnSelection {
  /// The columns in words.
  fileprivate var words: String {
    let names: [(Core, String)] = [
      (.numbers, "numbers"), (.exitTimes, "times"), (.latencies, "latencies"), (.types, "types"), (.cpus, "CPUs"),
      (.flags, "flags"), (.lineages, "threads"), (.objects, "objects"), (.results, "results"),
    ]
    var words = names.filter { core.contains($0.0) }.map(\.1)
    switch arguments {
    case .none: break
    case .all: words.append("all arguments")
    case .only(let keys):
      words.append(keys.count == 1 ? "1 argument" : "\(keys.count) arguments of \(Set(keys.map(\.type)).count) types")
    }
    return words.isEmpty ? "nothing" : words.joined(separator: ", ")
  }
}
