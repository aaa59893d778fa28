import CaptureFormat
import EventBatch

/// A part of a question that is asked by itself: its time window, or a term of its filter that all selected events fulfil.
/// What a later step reads is not read where an earlier one leaves nothing.
struct QuestionStep: Sendable {
  /// What is asked; `nil` for the time window.
  let expression: BoundExpression?
  /// What it reads.
  let columns: ColumnSelection
  /// The dimension tables whose rows may already say that no event fulfils it; none where they cannot.
  let tables: ColumnSelection.Tables
}

extension Question {
  /// The steps in the order in which they are asked: the cheap and selective ones first. None for a question that
  /// selects everything.
  var steps: [QuestionStep] {
    var steps: [QuestionStep] = []
    if from != nil || to != nil {
      steps.append(
        QuestionStep(
          expression: nil, columns: ColumnSelection(core: .exitTimes, dimensions: false), tables: []))
    }
    let terms: [BoundExpression]
    switch root {
    case .constant(true): terms = []
    case .and(let several): terms = several
    default: terms = [root]
    }
    for term in terms {
      var columns = ColumnSet()
      term.addColumns(to: &columns, schema: schema)
      steps.append(QuestionStep(expression: term, columns: columns.selection, tables: term.decidingTables))
    }
    return steps
  }
}

extension BoundExpression {
  /// The tables that the predicates look at whose answers are those of dimension rows.
  fileprivate var decidingTables: ColumnSelection.Tables {
    var tables: ColumnSelection.Tables = []
    var isDecided = true
    forEachPredicate { predicate in
      switch predicate.domain {
      case .lineage: tables.insert(.lineages)
      case .object: tables.insert(.objects)
      case .constant: break
      case .type, .event: isDecided = false
      }
    }
    // A conjunction is split into steps, so that what is mixed is a disjunction: it depends on each of its terms.
    return isDecided ? tables : []
  }
}
