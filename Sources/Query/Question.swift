import CaptureFormat
import EventBatch
import EventSchema
import Filter

/// A filter and a time window, ready to be asked of batches and of whole captures.
///
///     let question = try Question(filter: "evt.type = openat and fd.name startswith /etc", schema: reader.schema)
///     let rows = question.select(from: batch)
///
/// A value without state: one question may be asked of many batches at once.
public struct Question: Sendable {
  /// What the filter's author should know although the filter is valid.
  public let warnings: [FilterWarning]
  /// The least exit time that is selected, in nanoseconds of the epoch.
  public let from: Int64?
  /// The first exit time that is not.
  public let to: Int64?
  let schema: Schema
  let root: BoundExpression
  /// How many different predicates there are: their slots are below this number.
  let slotCount: Int
  /// What each predicate looks like in the filter, by slot, as far as there is a filter.
  private(set) var texts: [String] = []

  /// Binds a filter.
  ///
  /// - Parameters:
  ///   - filter: in the ecosystem's language; `nil` or blank selects everything.
  ///   - schema: of the batches that will be asked.
  ///   - from: the least exit time that is selected, in nanoseconds of the epoch.
  ///   - to: the first exit time that is not.
  /// - Throws: what is wrong with the filter, and where.
  public init(
    filter: String? = nil, schema: Schema, from: Int64? = nil, to: Int64? = nil
  ) throws(QueryError) {
    guard let filter, filter.contains(where: { !$0.isWhitespace }) else {
      self.init(root: .constant(true), slotCount: 0, warnings: [], schema: schema, from: from, to: to)
      return
    }
    let parsed: FilterExpression
    do throws(FilterSyntaxError) { parsed = try parseFilter(filter) } catch { throw QueryError(error) }
    try self.init(expression: parsed, source: filter, schema: schema, from: from, to: to)
  }

  /// Binds a filter that was parsed already, with the text that its ranges point into.
  public init(
    expression: FilterExpression, source: String, schema: Schema, from: Int64? = nil, to: Int64? = nil
  ) throws(QueryError) {
    var binder = FilterBinder(schema: schema, source: source)
    let root = try binder.bind(expression)
    let warnings = expression.warnings { FieldTable.resolve($0) != nil }
    self.init(
      root: root.simplified(), slotCount: binder.slotCount, warnings: warnings, schema: schema, from: from, to: to)
    texts = binder.texts
  }

  init(
    root: BoundExpression, slotCount: Int, warnings: [FilterWarning], schema: Schema, from: Int64?, to: Int64?
  ) {
    self.root = root
    self.slotCount = slotCount
    self.warnings = warnings
    self.schema = schema
    self.from = from
    self.to = to
  }

  /// Both questions at once: what both select. The time windows intersect.
  public func and(_ other: Question) -> Question {
    var both = Question(
      root: BoundExpression.and([root, other.root.movingSlots(by: slotCount)]).simplified(),
      slotCount: slotCount + other.slotCount, warnings: warnings + other.warnings, schema: schema,
      from: [from, other.from].compactMap { $0 }.max(), to: [to, other.to].compactMap { $0 }.min())
    both.texts = texts + [String](repeating: "", count: max(slotCount - texts.count, 0)) + other.texts
    return both
  }

  /// The rows of a batch that the question selects, ascending.
  ///
  /// - Complexity: a few nanoseconds an event, plus what dimension rows and remaining events need.
  public func select(from batch: EventBatch, context: ScanContext = ScanContext(), previousExit: Int64? = nil)
    -> [UInt32]
  {
    mask(BatchView(batch, context: context, previousExit: previousExit)).rows()
  }

  func mask(_ view: BatchView) -> Mask {
    var candidates = Mask(count: view.batch.count, all: true)
    if from != nil || to != nil { candidates = window(view.batch) }
    var evaluator = Evaluator(view)
    return evaluator.evaluate(root, candidates)
  }

  /// Which columns the question reads.
  public var columns: ColumnSelection { columnSet.selection }

  var columnSet: ColumnSet {
    var columns = ColumnSet()
    if from != nil || to != nil { columns.core.insert(.exitTimes) }
    root.addColumns(to: &columns, schema: schema)
    return columns
  }
}

extension BoundExpression {
  /// Adds the columns that all predicates read.
  func addColumns(to columns: inout ColumnSet, schema: Schema) {
    forEachPredicate { predicate in
      predicate.operand.forEachField { $0.addColumns(to: &columns, schema: schema) }
      if case .compare(_, .operand(let right)) = predicate.test {
        right.forEachField { $0.addColumns(to: &columns, schema: schema) }
      }
    }
  }
}
