import CaptureFormat

/// Finds the captures of a file: there are several where files were put one behind the other (`cat a b`).
///
/// Each *section* is a capture by itself, from its magic to its footer, or to where the next one begins. Sections are found
/// from the end by their footers, and where that fails by hopping from frame to frame.
struct CaptureSections {
  /// More sections are not looked for: what follows belongs to the last one.
  static let most = 4096

  private let file: InputFile
  /// How many bytes may still be looked at twice: a file that is made so that each section is searched far beyond its end
  /// must not take for ever.
  private var spare: UInt64
  /// The last search for a front, so that a file with many gaps is not searched anew for each.
  private var front: (from: UInt64, found: UInt64?)?

  /// Where the sections stand, in order; together they are the whole file.
  static func find(_ file: InputFile) throws(CaptureError) -> [Range<UInt64>] {
    var sections = CaptureSections(file: file, spare: 2 * file.size + (256 << 20))
    return try sections.all()
  }

  private init(file: InputFile, spare: UInt64) {
    self.file = file
    self.spare = spare
  }

  private mutating func all() throws(CaptureError) -> [Range<UInt64>] {
    var behind: [Range<UInt64>] = []
    var end = file.size
    while end > 0, behind.count < CaptureSections.most, let section = try whole(endingAt: end) {
      behind.append(section)
      end = section.lowerBound
    }
    var sections: [Range<UInt64>] = []
    var start: UInt64 = 0
    while start < end {
      let isLast = sections.count + behind.count + 1 >= CaptureSections.most
      let next = isLast ? end : try sectionEnd(from: start, to: end)
      sections.append(start..<next)
      start = next
    }
    return sections + behind.reversed()
  }

  // MARK: From the end

  /// The section that ends at a position with its footer, and begins where that says: at a header, or with the file.
  private func whole(endingAt end: UInt64) throws(CaptureError) -> Range<UInt64>? {
    let length = UInt64(Footer.frameBytes)
    guard end >= length + UInt64(CaptureHeader.magic.count) else { return nil }
    let bytes = try file.bytes(at: end - length, count: Footer.frameBytes)
    guard let footer = bytes.withUnsafeBytes({ Footer(frame: $0) }), footer.length <= end else { return nil }
    // Where the file itself begins nothing else can: its header may be damaged.
    if footer.length < end, try headerID(at: end - footer.length) != footer.fileID { return nil }
    return end - footer.length..<end
  }

  /// The file id of the capture that begins at a position; `nil` where none does.
  private func headerID(at offset: UInt64) throws(CaptureError) -> FileID? {
    let bytes = try file.bytes(at: offset, count: CaptureSections.frontBytes)
    return bytes.withUnsafeBytes { CaptureSections.headerID($0, at: 0) }
  }

  private static let frontBytes = CaptureHeader.magic.count + FrameHeader.byteCount + 16

  private static func headerID(_ bytes: UnsafeRawBufferPointer, at position: Int) -> FileID? {
    guard position + frontBytes <= bytes.count,
      bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self) == magicWord
    else { return nil }
    let frame = UnsafeRawBufferPointer(rebasing: bytes[(position + CaptureHeader.magic.count)...])
    return FrameHeader.selfDescribed(frame, .header).flatMap { header, id in header.sequence == 0 ? id : nil }
  }

  private static let magicWord = CaptureHeader.magic.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }

  // MARK: From the front

  /// Where the section that begins at a position ends: in front of the next one, or at the end of all.
  private mutating func sectionEnd(from start: UInt64, to end: UInt64) throws(CaptureError) -> UInt64 {
    // Without the header in its place the id is not known here; then only the next capture's front ends the section.
    guard let id = try headerID(at: start) else {
      return try nextFront(from: start + 1, to: end) ?? end
    }
    let section = InputFile(file, start..<end)
    var walk = FrameWalk(section, id)
    var offset = UInt64(CaptureHeader.magic.count)
    var sequence: UInt64 = 0
    var last: Frame?
    while true {
      if let frame = try walk.frame(at: offset), frame.header.sequence >= sequence,
        frame.header.isWhole(at: offset, in: section.size)
      {
        if frame.header.type != .footer {
          sequence = frame.header.sequence + 1
          offset = frame.end
          last = frame
          continue
        }
        if try frame.header.matches(walk.payload(of: frame), fileID: id) {
          // Whatever else stands behind a footer belongs to nothing.
          return try nextFront(from: start + frame.end, to: end) ?? end
        }
        offset += 8
      } else if let frame = last, try isCutOff(frame, walk, id) {
        // A frame whose content does not match was cut off, and what follows may begin within it.
        offset = frame.offset + 8
      }
      last = nil
      guard let front = try nextFront(from: start + offset, to: end) else { return end }
      // The front may stand in a damaged chunk of this section, whose later frames then follow.
      let limit = min(front - start + UInt64(FrameHeader.frameBytes(CaptureLimits.frameBytes)), section.size)
      guard let frame = try laterFrame(walk, from: offset, to: limit, sequence) else { return front }
      offset = frame.offset
    }
  }

  /// Whether a frame's content does not match.
  private mutating func isCutOff(_ frame: Frame, _ walk: FrameWalk, _ id: FileID) throws(CaptureError) -> Bool {
    let length = UInt64(frame.header.frameBytes)
    guard spare >= length else { return false }
    spare -= length
    return try !frame.header.matches(walk.payload(of: frame), fileID: id)
  }

  private mutating func laterFrame(
    _ walk: FrameWalk, from offset: UInt64, to limit: UInt64, _ sequence: UInt64
  ) throws(CaptureError) -> Frame? {
    let start = (offset + 7) / 8 * 8
    guard limit > start, spare >= limit - start else { return nil }
    let found = try walk.next(from: start, sequence: sequence, to: limit, isWhole: true)
    spare -= (found?.offset ?? limit) - start
    return found
  }

  /// The next magic with a header behind it, at whatever byte.
  private mutating func nextFront(from start: UInt64, to end: UInt64) throws(CaptureError) -> UInt64? {
    if let front, front.from <= start, front.found.map({ start <= $0 }) ?? true { return front.found }
    let found = try searchFront(from: start, to: end)
    front = (start, found)
    return found
  }

  private func searchFront(from start: UInt64, to end: UInt64) throws(CaptureError) -> UInt64? {
    var start = start
    var window = 1 << 10
    while start + UInt64(CaptureSections.frontBytes) <= end {
      let bytes = try file.bytes(at: start, count: min(window, Int(end - start)))
      window = min(window * 4, 1 << 20)
      let found = bytes.withUnsafeBytes { bytes in CaptureSections.front(bytes) }
      if let found { return start + UInt64(found) }
      if bytes.count <= CaptureSections.frontBytes { return nil }
      start += UInt64(bytes.count - CaptureSections.frontBytes + 1)
    }
    return nil
  }

  private static func front(_ bytes: UnsafeRawBufferPointer) -> Int? {
    var position = 0
    let first = CaptureHeader.magic[0]
    while position + frontBytes <= bytes.count {
      if bytes[position] == first, headerID(bytes, at: position) != nil { return position }
      position &+= 1
    }
    return nil
  }
}
