/// What became of notices that were handed to a channel.
enum DeliveryOutcome {
  /// The other side has them all.
  case delivered
  /// It has those before this one, and will never take this one: in words.
  case rejected(Int, String)
  /// It has those before this one. The rest can be tried again: why, and after how many nanoseconds at the least.
  case failed(Int, String, after: Int64?)
}

/// A way to the outside. Each is used by one thread.
protocol Channel: AnyObject {
  /// How many notices it takes at once.
  var batchSize: Int { get }

  /// Hands over notices, in order.
  /// - Parameter isCancelled: asked about once a second, so that nothing is waited for at the end of the guard.
  func deliver(_ notices: ArraySlice<Notice>, isCancelled: @escaping () -> Bool) -> DeliveryOutcome
}

extension ChannelConfiguration {
  /// A way that is open or opened when it is used first.
  func makeChannel() -> any Channel {
    switch self {
    case .standardOutput(let isJSON): StandardOutputChannel(isJSON: isJSON)
    case .file(let path): FileChannel(path)
    case .syslog(let address, let authorities): SyslogChannel(address, authorities)
    case .webhook(let webhook): HTTPChannel(.webhook(webhook))
    case .splunk(let url, let token, let index, let authorities): HTTPChannel(.splunk(url, token, index, authorities))
    case .elastic(let url, let index, let authorization, let authorities):
      HTTPChannel(.elastic(url, index, authorization, authorities))
    }
  }
}
