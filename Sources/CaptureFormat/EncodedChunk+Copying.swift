import BinaryCoding

extension EncodedChunk {
  /// A chunk as it stands in a file, to be appended to another one: nothing of it is encoded anew. The writer seals it.
  ///
  /// - Parameters:
  ///   - payload: the payload of a chunk frame, or of a state frame what stands behind its prefix.
  ///   - head: what the chunk's head says.
  ///   - facts: of the decoded chunk; its dimensions are enough.
  /// - Precondition: the head is that of the payload.
  public init(copying payload: [UInt8], head: ChunkHead, facts: ChunkFacts) {
    precondition(head.byteCount + head.storedBytes == payload.count, "the head is of another chunk")
    self.init(head: head, facts: facts, bytes: payload, headLength: head.byteCount)
  }
}
