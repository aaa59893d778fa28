import CZlib

/// Makes a gzip stream piece by piece.
public struct StreamCompressor: ~Copyable {
  // Owned here; the library keeps its address.
  private let deflater: UnsafeMutablePointer<z_stream>

  /// - Parameter level: 1 is fast, 9 small.
  /// - Returns: `nil` when there is no memory.
  public init?(gzipLevel level: Int = 6) {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    // 16 on top of the window's bits: with the head and tail of gzip.
    let status = deflateInit2_(
      stream, Int32(min(max(level, 1), 9)), Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION,
      Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else {
      stream.deallocate()
      return nil
    }
    deflater = stream
  }

  deinit {
    deflateEnd(deflater)
    deflater.deallocate()
  }

  /// Takes bytes and gives what comes out of them so far.
  /// - Parameter isLast: ends the stream; nothing may be given after that.
  public mutating func compress(_ bytes: [UInt8], isLast: Bool = false) -> [UInt8] {
    var output: [UInt8] = []
    bytes.withUnsafeBytes { input in
      var offset = 0
      repeat {
        // The library counts in 32 bits.
        let count = min(input.count - offset, 1 << 30)
        // It does not write to its input, though its type does not say so.
        deflater.pointee.next_in = input.baseAddress.map {
          UnsafeMutablePointer(mutating: ($0 + offset).assumingMemoryBound(to: Bytef.self))
        }
        deflater.pointee.avail_in = uInt(count)
        offset += count
        drain(isLast && offset == input.count ? Z_FINISH : Z_NO_FLUSH, into: &output)
      } while offset < input.count
    }
    return output
  }

  /// Has the library work until it has used its input and has no more to say.
  private func drain(_ flush: Int32, into output: inout [UInt8]) {
    let step = 64 << 10
    while true {
      var left = 0
      let made = [UInt8](unsafeUninitializedCapacity: step) { room, count in
        deflater.pointee.next_out = room.baseAddress
        deflater.pointee.avail_out = uInt(step)
        _ = deflate(deflater, flush)
        left = Int(deflater.pointee.avail_out)
        count = step - left
      }
      output += made
      if left > 0 { return }
    }
  }
}
