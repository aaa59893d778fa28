import BinaryCoding

/// Puts blocks of events into the order of their times, with bounded memory.
///
/// Calls come in the order in which they returned, and their beginnings are earlier, some by hours. What was written is
/// held back while there is room; then the earlier half goes out. A beginning that is earlier still keeps its time and
/// stands where the file has got to: in front of its return in any case, so that readers pair the two.
struct EventSequencer: ~Copyable {
  private struct Entry {
    var time: Int64
    var offset: Int
    var length: Int
  }

  private var held: ByteBuffer
  private var entries: [Entry] = []
  private let capacity: Int

  /// - Parameter capacity: how many bytes are held back.
  init(capacity: Int = 8 << 20) {
    self.capacity = capacity
    held = ByteBuffer(capacity: min(capacity, 1 << 20))
  }

  /// Takes an event.
  /// - Parameter write: appends its block.
  mutating func append(time: Int64, _ write: (inout ByteBuffer) -> Void) {
    let offset = held.count
    write(&held)
    entries.append(Entry(time: time, offset: offset, length: held.count - offset))
  }

  /// Hands out what no longer fits.
  mutating func drain(into output: inout ByteBuffer) {
    if held.count > capacity { release(entries.count - entries.count / 2, into: &output) }
  }

  /// Hands out everything.
  mutating func finish(into output: inout ByteBuffer) { release(entries.count, into: &output) }

  private mutating func release(_ count: Int, into output: inout ByteBuffer) {
    // Of equal times the one that was appended first goes first.
    entries.sort { ($0.time, $0.offset) < ($1.time, $1.offset) }
    for entry in entries[..<count] {
      output.append(
        contentsOf: UnsafeRawBufferPointer(rebasing: held.bytes[entry.offset..<(entry.offset + entry.length)]))
    }
    entries.removeSubrange(..<count)
    // What stays moves to the front, where it is: in the order of its places none runs over another.
    entries.sort { $0.offset < $1.offset }
    var end = 0
    for index in entries.indices {
      held.move(entries[index].length, from: entries[index].offset, to: end)
      entries[index].offset = end
      end += entries[index].length
    }
    held.truncate(to: end)
  }
}
