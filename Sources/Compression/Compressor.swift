import CLZ4
import CZstd
import Synchronization

/// Compresses blocks of bytes, one at a time.
///
/// Keeps its working memory from block to block. Calls from several threads wait for each other: use one compressor a
/// thread.
public final class Compressor: Sendable {
  /// What the blocks are compressed with.
  public let codec: Codec
  /// How hard it tries; see `Codec.levels`.
  public let level: Int
  private let context: Mutex<Context>

  /// - Parameter level: brought into the codec's range; `nil` for its default.
  public init(_ codec: Codec, level: Int? = nil) {
    self.codec = codec
    self.level = min(max(level ?? codec.defaultLevel, codec.levels.lowerBound), codec.levels.upperBound)
    context = Mutex(Context(codec, level: self.level))
  }

  /// Compresses a block if the result fits the room given.
  ///
  /// - Returns: the bytes written, or 0 when the result does not fit (also for `Codec.none`): store the block as it is.
  public func compress(_ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) -> Int {
    guard let from = source.baseAddress, let to = target.baseAddress else { return 0 }
    // Both libraries count in 32 bits; no block of a capture is near that.
    guard source.count <= Int(LZ4_MAX_INPUT_SIZE), target.count <= Int(Int32.max) else { return 0 }
    return context.withLock { context in
      switch codec {
      case .none: return 0
      case .lz4:
        guard let state = context.pointer else { return 0 }
        return Int(
          LZ4_compress_fast_extState(
            state, from.assumingMemoryBound(to: CChar.self), to.assumingMemoryBound(to: CChar.self),
            Int32(source.count), Int32(target.count), Int32(level)))
      case .zstd:
        guard let state = context.pointer else { return 0 }
        let size = ZSTD_compress2(OpaquePointer(state), to, target.count, from, source.count)
        return ZSTD_isError(size) != 0 ? 0 : size
      }
    }
  }

  /// Compresses a block to one Zstandard frame that can only be decompressed with the same dictionary.
  ///
  /// - Parameter dictionary: bytes that the block is like.
  /// - Returns: the bytes written, or 0 when the result does not fit, or for another codec than `Codec.zstd`.
  public func compress(
    _ source: UnsafeRawBufferPointer, with dictionary: UnsafeRawBufferPointer,
    into target: UnsafeMutableRawBufferPointer
  ) -> Int {
    guard codec == .zstd, source.count <= Int(Int32.max), target.count <= Int(Int32.max) else { return 0 }
    guard let from = source.baseAddress, let to = target.baseAddress else { return 0 }
    return context.withLock { context in
      guard let state = context.pointer else { return 0 }
      let size = ZSTD_compress_usingDict(
        OpaquePointer(state), to, target.count, from, source.count, dictionary.baseAddress, dictionary.count,
        Int32(level))
      return ZSTD_isError(size) != 0 ? 0 : size
    }
  }

  /// A library's working memory, freed with its owner. `nil` when there was no memory left: nothing is compressed then.
  private struct Context: ~Copyable, @unchecked Sendable {
    // Reached only under the compressor's lock.
    let pointer: UnsafeMutableRawPointer?
    let codec: Codec

    init(_ codec: Codec, level: Int) {
      self.codec = codec
      pointer =
        switch codec {
        case .none: nil
        case .lz4: UnsafeMutableRawPointer.allocate(byteCount: Int(LZ4_sizeofState()), alignment: 16)
        case .zstd: Context.zstd(level: level)
        }
    }

    /// High levels take tables of 12 MiB for large blocks, and clear them for each: a third of that finds as much in columns.
    private static let tables: (fromLevel: Int, hashLog: Int32, chainLog: Int32) = (7, 19, 19)

    private static func zstd(level: Int) -> UnsafeMutableRawPointer? {
      guard let state = ZSTD_createCCtx() else { return nil }
      ZSTD_CCtx_setParameter(state, ZSTD_c_compressionLevel, Int32(level))
      if level >= tables.fromLevel {
        ZSTD_CCtx_setParameter(state, ZSTD_c_hashLog, tables.hashLog)
        ZSTD_CCtx_setParameter(state, ZSTD_c_chainLog, tables.chainLog)
      }
      return UnsafeMutableRawPointer(state)
    }

    deinit {
      switch codec {
      case .none: break
      case .lz4: pointer?.deallocate()
      case .zstd: ZSTD_freeCCtx(pointer.map { OpaquePointer($0) })
      }
    }
  }
}
