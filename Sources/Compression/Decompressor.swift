import CLZ4
import CZstd
import Synchronization

/// Undoes what `Compressor` did, for bytes that nobody vouches for: never writes past the room given.
///
/// Calls from several threads run side by side; contexts are kept for the next call.
public final class Decompressor: Sendable {
  private let idle = Mutex(Contexts())

  /// A decompressor without contexts yet.
  public init() {}

  /// Decompresses a block whose size is known.
  ///
  /// - Returns: whether the block was sound and filled `target` exactly.
  public func decompress(
    _ codec: Codec, _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
  ) -> Bool {
    guard source.count <= Int(Int32.max), target.count <= Int(Int32.max) else { return false }
    guard let from = source.baseAddress, let to = target.baseAddress else { return target.isEmpty && source.isEmpty }
    switch codec {
    case .none:
      guard source.count == target.count else { return false }
      to.copyMemory(from: from, byteCount: source.count)
      return true
    case .lz4:
      let size = LZ4_decompress_safe(
        from.assumingMemoryBound(to: CChar.self), to.assumingMemoryBound(to: CChar.self), Int32(source.count),
        Int32(target.count))
      return Int(size) == target.count
    case .zstd:
      return decompressFrame(source, with: UnsafeRawBufferPointer(start: nil, count: 0), into: target)
    }
  }

  /// Decompresses what `Compressor.compress(_:with:into:)` made with the same dictionary.
  ///
  /// - Returns: whether the block was sound and filled `target` exactly.
  public func decompress(
    _ source: UnsafeRawBufferPointer, with dictionary: UnsafeRawBufferPointer,
    into target: UnsafeMutableRawBufferPointer
  ) -> Bool {
    guard source.count <= Int(Int32.max), target.count <= Int(Int32.max) else { return false }
    return decompressFrame(source, with: dictionary, into: target)
  }

  private func decompressFrame(
    _ source: UnsafeRawBufferPointer, with dictionary: UnsafeRawBufferPointer,
    into target: UnsafeMutableRawBufferPointer
  ) -> Bool {
    // One frame, and nothing behind it: the library would go on with the next, and pass over what it calls skippable.
    guard source.count >= 4, source.loadUnaligned(as: UInt32.self).littleEndian == ZSTD_MAGICNUMBER,
      ZSTD_findFrameCompressedSize(source.baseAddress, source.count) == source.count
    else { return false }
    guard let context = idle.withLock({ $0.take() }) else { return false }
    let size = ZSTD_decompress_usingDict(
      OpaquePointer(context.pointer), target.baseAddress, target.count, source.baseAddress, source.count,
      dictionary.baseAddress, dictionary.count)
    idle.withLock { $0.put(context) }
    return ZSTD_isError(size) == 0 && size == target.count
  }

  private struct Context: @unchecked Sendable {
    // Owned by one caller at a time, or by the list under its lock.
    let pointer: UnsafeMutableRawPointer
  }

  private struct Contexts: ~Copyable, Sendable {
    private var contexts: [Context] = []

    mutating func take() -> Context? {
      contexts.popLast() ?? ZSTD_createDCtx().map { Context(pointer: UnsafeMutableRawPointer($0)) }
    }

    mutating func put(_ context: Context) { contexts.append(context) }

    deinit {
      for context in contexts { ZSTD_freeDCtx(OpaquePointer(context.pointer)) }
    }
  }
}
