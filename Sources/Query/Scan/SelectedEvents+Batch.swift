import EventBatch

extension Question {
  /// The events of a batch that the question selects, as a scan hands them out; `nil` when there are none.
  ///
  /// For batches that come one by one, from a capture that is still being written.
  /// - Parameter previousExit: the exit time of the last event in front of the batch.
  public func selected(
    from batch: EventBatch, context: ScanContext, previousExit: Int64?
  ) -> SelectedEvents? {
    let view = BatchView(batch, context: context, previousExit: previousExit)
    let rows = mask(view).rows()
    return rows.isEmpty ? nil : SelectedEvents(view: view, rows: rows)
  }
}
