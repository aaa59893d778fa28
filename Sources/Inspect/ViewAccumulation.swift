import CaptureFormat
import EventBatch
import Query

/// Answers a view over batches that come one by one, from a machine that is being recorded.
///
///     var rows = ViewAccumulation(run)
///     rows.add(batch, context: context, previousExit: nil)
///     show(rows.result())
///
/// Groups stay from the beginning; of a list without an order of its own the newest rows are kept, of another one those that
/// stand first.
public struct ViewAccumulation {
  private let run: ViewRun
  private let mostRows: Int
  private var groups: GroupTable?
  private var rows: [[FieldValue]] = []
  private var rowCount = 0
  /// How many events the view has seen.
  public private(set) var events = 0

  /// Nothing yet.
  /// - Parameter mostRows: how many rows of a list are kept where the view has no limit.
  public init(_ run: ViewRun, mostRows: Int = 10_000) {
    self.run = run
    self.mostRows = max(run.limit ?? mostRows, 1)
  }

  /// Which columns of a batch are looked at.
  public var columns: ColumnSelection {
    switch run.plan {
    case .table(let grouping): run.question.columns.union(grouping.columns)
    case .list(let values): run.question.columns.union(values.columns)
    }
  }

  /// How many groups or rows are kept.
  public var count: Int { groups?.count ?? rows.count }

  /// Whether a chunk may hold an event of the view.
  public func mayMatch(_ head: ChunkHead) -> Bool { run.question.mayMatch(head) }

  /// Adds the events of a batch.
  /// - Parameter previousExit: the exit time of the last event before.
  public mutating func add(_ batch: EventBatch, context: ScanContext, previousExit: Int64?) {
    guard let selected = run.question.selected(from: batch, context: context, previousExit: previousExit) else {
      return
    }
    events += selected.rows.count
    switch run.plan {
    case .table(let grouping):
      let found = grouping.groups(of: selected)
      if groups == nil { groups = found } else { groups?.merge(found) }
    case .list(let values):
      rows += values.rows(of: selected)
      rowCount += selected.rows.count
      guard rows.count > 2 * mostRows else { return }
      if run.sort == nil {
        rows.removeFirst(rows.count - mostRows)
      } else {
        rows = Array(run.order(rows).prefix(mostRows))
      }
    }
  }

  /// What the view shows now.
  public func result() -> ViewResult {
    var progress = ScanProgress()
    progress.eventsSelected = events
    switch run.plan {
    case .table: return run.result((groups?.rows ?? []).map(run.row), progress)
    case .list: return run.result(run.sort == nil ? Array(rows.suffix(mostRows)) : rows, progress, of: rowCount)
    }
  }
}
