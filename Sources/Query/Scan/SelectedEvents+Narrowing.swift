import EventBatch

extension SelectedEvents {
  /// The same chunk with other rows of it, so that something is asked of them alone.
  public func narrowed(to rows: [UInt32]) -> SelectedEvents { SelectedEvents(view: view, rows: rows) }

  /// Those of the rows that another question selects, too. The chunk must hold the columns of that question.
  public func rows(selectedBy question: Question) -> [UInt32] {
    let mask = question.mask(view)
    return mask.isNone ? [] : rows.filter { mask.bytes[Int($0)] == 1 }
  }
}
