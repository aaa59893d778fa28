import CaptureFile

/// Reads several sorted runs as one, the least record first; equal ones in the order of their runs.
struct RunMerge<Record> {
  private var readers: [SpillReader] = []
  private var heads: [Record?] = []
  /// A heap of the numbers of runs that are not at their end, the one with the least head first.
  private var heap: [Int] = []
  private let decode: (UnsafeRawBufferPointer) -> Record
  private let isBefore: (Record, Record) -> Bool

  /// What the buffers of all runs take together, where they are not too small then.
  private static var memory: Int { 4 << 20 }

  init(
    _ file: SpillFile, _ runs: [SpillFile.Run], decode: @escaping (UnsafeRawBufferPointer) -> Record,
    isBefore: @escaping (Record, Record) -> Bool
  ) throws(CaptureError) {
    self.decode = decode
    self.isBefore = isBefore
    let size = min(max(RunMerge.memory / max(runs.count, 1), 4 << 10), 256 << 10)
    for (index, run) in runs.enumerated() {
      var reader = SpillReader(file, run, bufferSize: size)
      heads.append(try reader.next(decode))
      readers.append(reader)
      if heads[index] != nil { heap.append(index) }
    }
    for place in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(from: place) }
  }

  /// The record that `next` takes.
  var first: Record? { heap.first.flatMap { heads[$0] } }

  /// Takes the next record; `nil` behind the last.
  mutating func next() throws(CaptureError) -> Record? {
    guard let run = heap.first, let head = heads[run] else { return nil }
    heads[run] = try readers[run].next(decode)
    if heads[run] == nil {
      heap.swapAt(0, heap.count - 1)
      heap.removeLast()
    }
    sink(from: 0)
    return head
  }

  private func comesBefore(_ one: Int, _ other: Int) -> Bool {
    guard let a = heads[one], let b = heads[other] else { return false }
    if isBefore(a, b) { return true }
    return one < other && !isBefore(b, a)
  }

  private mutating func sink(from start: Int) {
    var place = start
    while true {
      var least = place
      for child in [2 * place + 1, 2 * place + 2] where child < heap.count {
        if comesBefore(heap[child], heap[least]) { least = child }
      }
      if least == place { return }
      heap.swapAt(place, least)
      place = least
    }
  }
}
