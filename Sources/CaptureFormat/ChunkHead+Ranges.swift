import EventBatch
import EventSchema

extension ChunkHead {
  /// A head with the counts and ranges of a batch, and no indexes but that of the types.
  init(ranges batch: EventBatch) {
    count = batch.count
    typeCounts = batch.arguments.map { ($0.type, UInt32($0.count)) }
    lost = 0
    lostInAll = 0
    if batch.count == 0 {
      (firstNumber, lastNumber, leastStart, leastExit, greatestExit) = (0, 0, 0, 0, 0)
      return
    }
    firstNumber = batch.numbers[0]
    lastNumber = batch.numbers[batch.count - 1]
    var leastStart = Int64.max
    var leastExit = Int64.max
    var greatestExit = Int64.min
    for row in 0..<batch.count {
      let exit = batch.exitTimes[row]
      leastExit = min(leastExit, exit)
      greatestExit = max(greatestExit, exit)
      // A missing latency is the least number there is: the start is then taken to be the exit.
      leastStart = min(leastStart, exit &- max(batch.latencies[row], 0))
    }
    self.leastStart = min(leastStart, leastExit)
    self.leastExit = leastExit
    self.greatestExit = greatestExit
  }
}

extension Dimensions {
  /// How many rows a table has.
  func rows(of table: DimensionTableID) -> Int {
    switch table {
    case .strings: strings.count
    case .images: images.count
    case .threads: threads.count
    case .lineages: lineages.count
    case .objects: objects.count
    case .containers: containers.count
    case .users: users.count
    }
  }
}
