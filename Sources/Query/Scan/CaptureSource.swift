import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema

/// A capture file as a source of events, or several, one behind the other.
public struct CaptureSource: EventSource {
  /// The open captures, in the order in which they are read.
  public let readers: [CaptureReader]
  /// Host and processor of the first capture, and the first event of all.
  public let scanContext: ScanContext
  /// The same for each capture: all but the start are its own.
  private let contexts: [ScanContext]
  /// The event types of all files.
  public let schema: Schema
  /// For each capture how it is read in terms of `schema`; `nil` where that is its own.
  private let conversions: [SchemaConversion?]
  /// For each capture the chunks and pages in front of it; one more at the end.
  private let starts: [(chunk: Int, page: Int)]

  /// A source that reads an open capture.
  /// - Parameter zone: how times of day are shown.
  public init(_ reader: CaptureReader, zone: TimeZoneRule = .local) { self.init([reader], zone: zone) }

  /// A source that reads open captures one after the other. Numbers of events stay what they are in each.
  ///
  /// Captures with different event types are read in terms of all of them together.
  ///
  /// - Precondition: there is a capture.
  /// - Parameter zone: how times of day are shown.
  public init(_ readers: [CaptureReader], zone: TimeZoneRule = .local) {
    precondition(!readers.isEmpty, "a source of no capture")
    self.readers = readers
    let own = readers[0].schema
    if readers.allSatisfy({ $0.schema == own }) {
      schema = own
      conversions = [SchemaConversion?](repeating: nil, count: readers.count)
    } else {
      let (all, maps) = Schema.union(readers.map(\.schema))
      schema = all
      conversions = zip(readers, maps).map { SchemaConversion($0.schema, to: all, types: $1) }
    }
    var starts = [(chunk: 0, page: 0)]
    for reader in readers {
      let last = starts[starts.count - 1]
      starts.append((last.chunk + reader.chunkCount, last.page + reader.pages.count))
    }
    self.starts = starts
    let start = readers.lazy.flatMap(\.pages).first { $0.bounds.events > 0 }?.bounds.leastExit
    contexts = readers.map { reader in
      ScanContext(
        hostname: reader.header.hostname, start: start, zone: zone,
        architecture: Architecture(rawValue: reader.header.architecture) ?? .current,
        containers: reader.summary.containers)
    }
    scanContext = contexts[0]
  }

  /// The first capture.
  public var reader: CaptureReader { readers[0] }

  /// How many chunks the files have.
  public var chunkCount: Int { starts[readers.count].chunk }

  /// The context of the capture that a chunk is in.
  public func context(ofChunk index: Int) -> ScanContext { contexts[capture { $0.chunk <= index }] }

  /// The capture that a chunk is in, by its position among the readers.
  public func capture(ofChunk index: Int) -> Int { capture { $0.chunk <= index } }

  /// The chunk's head. One that cannot be read excludes nothing: reading the chunk says why.
  public func head(ofChunk index: Int) -> ChunkHead? {
    let capture = capture { $0.chunk <= index }
    do throws(CaptureError) {
      let head = try readers[capture].head(ofChunk: index - starts[capture].chunk)
      return conversions[capture]?.head(head) ?? head
    } catch {
      return nil
    }
  }

  /// The pages of the summaries.
  public var groups: [ChunkGroup] {
    zip(readers, starts).flatMap { reader, start in
      reader.pages.map { page in
        ChunkGroup(
          chunks: page.chunks.lowerBound + start.chunk..<page.chunks.upperBound + start.chunk, bounds: page.bounds)
      }
    }
  }

  /// Reads a page of heads.
  public func heads(ofGroup index: Int) throws -> [ChunkHead?] {
    let capture = capture { $0.page <= index }
    let page = index - starts[capture].page
    let conversion = conversions[capture]
    let heads: [ChunkHead?] = try readers[capture].heads(ofPage: page).map { conversion?.head($0) ?? $0 }
    // Chunks that are not found are asked for, so that reading them says why.
    return heads + Array(repeating: nil, count: readers[capture].pages[page].chunks.count - heads.count)
  }

  /// The last capture that begins where some condition still holds.
  private func capture(_ isBehind: ((chunk: Int, page: Int)) -> Bool) -> Int {
    var (low, high) = (0, readers.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if isBehind(starts[middle]) { low = middle } else { high = middle }
    }
    return low
  }

  /// Reads and decodes the selected columns.
  /// - Throws: `CaptureError`.
  public func readChunk(_ index: Int, columns: ColumnSelection) throws -> EventBatch {
    let capture = capture { $0.chunk <= index }
    let own = index - starts[capture].chunk
    guard let conversion = conversions[capture] else { return try readers[capture].readChunk(own, columns: columns) }
    return conversion.batch(try readers[capture].readChunk(own, columns: conversion.columns(columns)))
  }

  /// Reads a chunk's directory; its columns are read as they are needed.
  /// - Throws: `CaptureError`.
  public func openChunk(_ index: Int) throws -> any ChunkContent {
    let capture = capture { $0.chunk <= index }
    let chunk = try readers[capture].openChunk(index - starts[capture].chunk)
    return conversions[capture].map { ConvertedChunk(content: chunk, conversion: $0) } ?? chunk
  }

  /// A damaged chunk does not affect the others.
  public func isLimitedToChunk(_ error: any Error) -> Bool {
    (error as? CaptureError)?.kind == .partlyReadable
  }
}
