/// A notice as bytes, for the spool.
///
///     byte     version, 1
///     byte     kind: 0 alert, 1 capture, 2 internal
///     byte     priority
///     byte     severity; 255 for none
///     8 bytes  time, little-endian
///     texts    policy, rule, hostname, text, json: each 4 bytes of length, little-endian, and UTF-8
///     4 bytes  how many labels
///     texts    name and value of each
enum NoticeCoding {
  private static let kinds: [Notice.Kind] = [.alert, .capture, .internal]

  static func encode(_ notice: Notice) -> [UInt8] {
    var bytes: [UInt8] = [
      1, UInt8(kinds.firstIndex(of: notice.kind) ?? 0), notice.priority, notice.severity ?? 255,
    ]
    func put(_ number: some FixedWidthInteger) { withUnsafeBytes(of: number.littleEndian) { bytes += $0 } }
    func put(_ text: String) {
      put(UInt32(text.utf8.count))
      bytes += text.utf8
    }
    put(notice.time)
    for text in [notice.policy, notice.rule, notice.hostname, notice.text, notice.json] { put(text) }
    put(UInt32(notice.labels.count))
    for label in notice.labels {
      put(label.name)
      put(label.value)
    }
    return bytes
  }

  /// `nil` for bytes that are no notice of this version.
  static func decode(_ bytes: [UInt8]) -> Notice? {
    var position = 4
    func number<Number: FixedWidthInteger>(_ type: Number.Type) -> Number? {
      let size = MemoryLayout<Number>.size
      guard bytes.count - position >= size else { return nil }
      defer { position += size }
      return bytes[position..<position + size].reversed().reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
    }
    func text() -> String? {
      guard let length = number(UInt32.self).map({ Int($0) }), bytes.count - position >= length else { return nil }
      defer { position += length }
      return String(decoding: bytes[position..<position + length], as: UTF8.self)
    }
    guard bytes.count >= 4, bytes[0] == 1, Int(bytes[1]) < kinds.count, let time = number(Int64.self),
      let policy = text(), let rule = text(), let hostname = text(), let line = text(), let json = text(),
      let count = number(UInt32.self)
    else { return nil }
    var notice = Notice(kind: kinds[Int(bytes[1])], time: time, priority: bytes[2], text: line, json: json)
    notice.severity = bytes[3] == 255 ? nil : bytes[3]
    notice.policy = policy
    notice.rule = rule
    notice.hostname = hostname
    for _ in 0..<count {
      guard let name = text(), let value = text() else { return nil }
      notice.labels.append(Notice.Label(name, value))
    }
    return position == bytes.count ? notice : nil
  }
}
