import BinaryCoding
import CaptureFormat
import Synchronization

/// Some consecutive chunks of a capture, whose heads are read together.
public struct CapturePage: Sendable {
  /// Which chunks.
  public let chunks: Range<Int>
  /// What they say together.
  public let bounds: ChunkBounds
  let losses: Int
  let source: Source

  enum Source: Sendable {
    /// A summary page and the stretch of the file that it speaks of: its chunks lie there, in frames with sequence numbers
    /// from `sequence` on.
    case summary(PageEntry, stretch: Range<UInt64>, sequence: UInt64)
    /// Chunks that were found one by one, and losses among them.
    case found([ChunkPlace], [LossRecord])
  }

  /// The most chunks of a page that is made while hopping.
  static let mostFound = 512
}

/// Where a chunk is.
struct ChunkPlace: Sendable {
  var offset: UInt64
  var length: Int
}

/// What a page holds, once it is read.
struct PageContent: Sendable {
  var chunks: [ChunkEntry]
  var losses: [LossRecord]
}

/// Reads pages of chunk heads when they are asked for, and keeps the last few.
final class PageReader: Sendable {
  let pages: [CapturePage]
  private let file: InputFile
  private let fileID: FileID
  private let decompression: BlockDecompression
  private let kept = Mutex<[(page: Int, content: PageContent)]>([])

  /// A scan works on one page, and its first chunks may still be read while the next is looked at.
  private static let mostKept = 3

  init(_ pages: [CapturePage], _ file: InputFile, _ fileID: FileID, _ decompression: BlockDecompression) {
    self.pages = pages
    self.file = file
    self.fileID = fileID
    self.decompression = decompression
  }

  /// The page that holds a chunk.
  func page(ofChunk chunk: Int) -> Int {
    var low = 0
    var high = pages.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if pages[middle].chunks.lowerBound <= chunk { low = middle } else { high = middle }
    }
    return low
  }

  /// What a page holds. A damaged page is made up for by looking at the frames that it speaks of.
  func content(of page: Int) throws(CaptureError) -> PageContent {
    // Others that want the same page wait here instead of reading it too.
    try kept.withLock { (kept) throws(CaptureError) -> PageContent in
      if let index = kept.firstIndex(where: { $0.page == page }) {
        if index > 0 { kept.insert(kept.remove(at: index), at: 0) }
        return kept[0].content
      }
      let content = try read(pages[page])
      kept.insert((page, content), at: 0)
      if kept.count > PageReader.mostKept { kept.removeLast() }
      return content
    }
  }

  /// A chunk by its number.
  func entry(ofChunk chunk: Int) throws(CaptureError) -> ChunkEntry {
    let page = page(ofChunk: chunk)
    let content = try content(of: page)
    let index = chunk - pages[page].chunks.lowerBound
    guard content.chunks.indices.contains(index) else {
      throw CaptureError(
        .partlyReadable, "chunk \(chunk) cannot be found: the page of the summary that lists it is damaged too",
        path: file.path, remedy: "the rest is readable")
    }
    return content.chunks[index]
  }

  private func read(_ page: CapturePage) throws(CaptureError) -> PageContent {
    switch page.source {
    case .found(let places, let losses):
      var chunks: [ChunkEntry] = []
      var walk = FrameWalk(file, fileID)
      for place in places {
        // It was there when the file was opened; one that is damaged since then ends the page, so that numbers stay.
        guard let entry = try walk.chunk(place, fileID) else { break }
        chunks.append(entry)
      }
      return PageContent(chunks: chunks, losses: losses)
    case .summary(let entry, let stretch, let sequence):
      if let content = try summaryPage(entry, stretch) { return content }
      return try hop(stretch, from: sequence, to: entry.sequence)
    }
  }

  /// `nil` when the page is damaged or speaks of chunks that are not where they must be.
  private func summaryPage(_ entry: PageEntry, _ stretch: Range<UInt64>) throws(CaptureError) -> PageContent? {
    var walk = FrameWalk(file, fileID)
    guard let frame = try walk.frame(at: entry.offset), frame.header.type == .summaryPage,
      frame.header.length == entry.length, frame.header.isWhole(at: entry.offset, in: file.size)
    else { return nil }
    let payload = try walk.payload(of: frame)
    guard frame.header.matches(payload, fileID: fileID) else { return nil }
    let page: SummaryPage
    do throws(MalformedBytes) {
      page = try payload.prefixBytes(frame.header.length) { (bytes) throws(MalformedBytes) in
        try SummaryPage(decoding: bytes, decompression)
      }
    } catch {
      return nil
    }
    var end = stretch.lowerBound
    for chunk in page.chunks {
      guard chunk.offset >= end, chunk.offset < stretch.upperBound,
        UInt64(FrameHeader.frameBytes(chunk.length)) <= stretch.upperBound - chunk.offset
      else { return nil }
      end = chunk.offset + UInt64(FrameHeader.frameBytes(chunk.length))
    }
    guard page.chunks.count == entry.chunks, page.losses.count == entry.losses else { return nil }
    return PageContent(chunks: page.chunks, losses: page.losses)
  }

  /// The chunks of a stretch from their own frames.
  private func hop(
    _ stretch: Range<UInt64>, from first: UInt64, to end: UInt64
  ) throws(CaptureError) -> PageContent {
    var content = PageContent(chunks: [], losses: [])
    var walk = FrameWalk(file, fileID)
    var offset = stretch.lowerBound
    var sequence = first
    while offset < stretch.upperBound {
      var found = try walk.frame(at: offset)
      if let frame = found, !(sequence..<end).contains(frame.header.sequence) { found = nil }
      if found == nil { found = try walk.next(from: offset + 8, sequence: sequence) }
      guard let frame = found, frame.header.sequence < end, frame.end <= stretch.upperBound else { break }
      if frame.header.type == .chunk {
        let place = ChunkPlace(offset: frame.offset, length: frame.header.length)
        if let entry = try walk.chunk(place, fileID) { content.chunks.append(entry) }
      } else if frame.header.type == .loss {
        let payload = try walk.payload(of: frame)
        if frame.header.matches(payload, fileID: fileID), let loss = LossRecord(payload) {
          content.losses.append(loss)
        }
      }
      sequence = frame.header.sequence + 1
      offset = frame.end
    }
    return content
  }
}

extension LossRecord {
  /// The loss in the payload of a loss frame, `nil` when it is too short for one.
  fileprivate init?(_ payload: [UInt8]) {
    do throws(MalformedBytes) {
      self = try payload.withBytes { (bytes) throws(MalformedBytes) in try LossRecord(decoding: bytes) }
    } catch {
      return nil
    }
  }
}

extension FrameWalk {
  /// The chunk in a frame whose header holds; `nil` when its head does not.
  mutating func chunk(_ place: ChunkPlace, _ fileID: FileID) throws(CaptureError) -> ChunkEntry? {
    let start = place.offset + UInt64(FrameHeader.byteCount)
    let prefix = try small(at: start, count: 8)
    let length = prefix.withUnsafeBytes { bytes in
      bytes.count == 8 ? Int(UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))) : 0
    }
    guard length >= 8, length <= min(CaptureLimits.headBytes, place.length) else { return nil }
    let bytes = Array(try small(at: start, count: length))
    guard let head = ChunkHead.checked(bytes, fileID: fileID), head.byteCount + head.storedBytes == place.length
    else { return nil }
    return ChunkEntry(offset: place.offset, length: place.length, head: head)
  }
}
