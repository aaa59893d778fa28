import EventBatch

extension BatchView {
  /// `evt.outputtime` in one of its forms.
  func shownTime(_ style: EventTimeStyle, row: Int) -> FieldValue {
    // Each form reads its own column: the others may not be there.
    switch style {
    case .clock:
      var text: [UInt8] = []
      clock.appendTime(batch.exitTimes[row], fraction: true, to: &text)
      return .text(text[...])
    case .epoch: return seconds(batch.exitTimes[row])
    case .relative: return context.start.map { seconds(batch.exitTimes[row] &- $0) } ?? .missing
    case .delta:
      let before = row > 0 ? batch.exitTimes[row - 1] : previousExit
      return seconds(before.map { batch.exitTimes[row] &- $0 } ?? 0)
    case .latency:
      let latency = batch.latency(of: row)
      return latency == EventBatch.missing ? .missing : seconds(latency)
    }
  }

  /// Nanoseconds as seconds with nine digits behind the point.
  private func seconds(_ nanoseconds: Int64) -> FieldValue {
    var text: [UInt8] = []
    if nanoseconds < 0 { text.append(UInt8(ascii: "-")) }
    appendDecimal(nanoseconds.magnitude / 1_000_000_000, to: &text)
    text.append(UInt8(ascii: "."))
    appendDecimal(nanoseconds.magnitude % 1_000_000_000, width: 9, to: &text)
    return .text(text[...])
  }
}
