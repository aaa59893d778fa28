extension ChunkFeed {
  /// Works on the chunks in parallel and hands what is made of them on in their order.
  ///
  /// - Parameters:
  ///   - parallelism: how many chunks are in memory at once, those included that wait for their turn.
  ///   - work: runs on any thread.
  ///   - take: takes the results one by one, on the caller's task, with how many chunks have to be read as far as that is
  ///     known; returns whether more is wanted.
  nonisolated(nonsending) mutating func work<Result: Sendable>(
    parallelism: Int, _ work: @escaping @Sendable (Chunk) throws -> Result,
    take: (Result, _ chunksToRead: Int) async throws -> Bool
  ) async throws {
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
      var started = 0
      var waiting: [Int: Result] = [:]
      var next = 0
      func start() throws {
        guard let chunk = try self.next() else { return }
        let order = started
        started += 1
        group.addTask { (order, try work(chunk)) }
      }
      for _ in 0..<parallelism { try start() }
      while next < started {
        guard let (order, result) = try await group.next() else { break }
        waiting[order] = result
        while let result = waiting.removeValue(forKey: next) {
          next += 1
          // A chunk that waits for its turn counts as in flight, so that a slow consumer slows the readers down. Alone, each
          // waits for the one before to be consumed.
          if parallelism > 1 { try start() }
          if try await !take(result, chunksToRead) {
            group.cancelAll()
            return
          }
          if parallelism == 1 { try start() }
        }
        try Task.checkCancellation()
      }
    }
  }
}
