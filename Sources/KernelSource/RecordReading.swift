import Probe

/// The part of a register that a parameter has.
enum IntegerLayout {
  @inline(__always)
  static func value(_ word: UInt64, size: UInt8, isSigned: Bool) -> Int64 {
    let unused = UInt64(64 - Int(size) * 8)
    if isSigned { return Int64(bitPattern: word << unused) >> Int64(unused) }
    return Int64(bitPattern: (word << unused) >> unused)
  }
}

/// The captures of one event record: bytes in the ring, valid until the record is consumed.
struct CaptureList {
  private var slots:
    (UnsafeRawBufferPointer?, UnsafeRawBufferPointer?, UnsafeRawBufferPointer?, UnsafeRawBufferPointer?)

  @inline(__always)
  init(_ start: UnsafeRawPointer, count: Int, end: UnsafeRawPointer) {
    slots = (nil, nil, nil, nil)
    var cursor = start
    for _ in 0..<count {
      guard cursor + MemoryLayout<reel_capture>.size <= end else { return }
      let head = cursor.assumingMemoryBound(to: reel_capture.self)
      let length = Int(head.pointee.length)
      let body = UnsafeRawBufferPointer(start: cursor + MemoryLayout<reel_capture>.size, count: length)
      switch head.pointee.index {
      case 0: slots.0 = body
      case 1: slots.1 = body
      case 2: slots.2 = body
      default: slots.3 = body
      }
      cursor += MemoryLayout<reel_capture>.size + (length + 7) & ~7
    }
  }

  @inline(__always)
  subscript(index: Int) -> UnsafeRawBufferPointer? {
    switch index {
    case 0: slots.0
    case 1: slots.1
    case 2: slots.2
    default: slots.3
    }
  }
}

/// `REEL_OBJECT_UNKNOWN`, which Swift does not import: there was an object, and the probe could not tell which.
let unknownObject = UInt64.max
