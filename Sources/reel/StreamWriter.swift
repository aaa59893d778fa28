import Inspect
import Presentation
import Query

/// Writes pieces of streams.
struct StreamWriter {
  private let output = StandardOutput()
  private let shape: StreamCommand.Shape
  private let zone: ClockZone
  private let terminal = Terminal.standardOutput
  /// The stream and direction of the last piece: what goes on needs no heading.
  private var last: (stream: Int, direction: StreamDirection)?
  /// Text that waits for the rest of its line, since a character may be split between pieces.
  private var pending: [UInt8] = []
  /// How far each stream is in each direction: what a hexadecimal dump counts.
  private var places: [Place: Int64] = [:]
  private var missing: Int64 = 0

  private struct Place: Hashable {
    var stream: Int
    var direction: StreamDirection
  }

  private static let mostPending = 1 << 20

  /// - Throws: when raw bytes would go to a terminal, which obeys some of them.
  init(shape: StreamCommand.Shape, zone: ClockZone) throws(Failure) {
    self.shape = shape
    self.zone = zone
    if shape == .raw, terminal.isTerminal {
      throw .refused("raw bytes are not for a terminal", remedy: "send them to a file, or use --as text")
    }
  }

  mutating func write(_ piece: StreamPiece, of stream: RecordedStream) throws {
    missing &+= piece.missing
    switch shape {
    case .raw: try output.write(piece.bytes)
    case .jsonl: try output.write(json(piece, stream))
    case .text:
      try head(piece, stream)
      pending += piece.bytes
      if piece.missing > 0 || pending.count > StreamWriter.mostPending { try flushText() }
      try gap(piece)
    case .hex:
      try head(piece, stream)
      try dump(piece)
      try gap(piece)
    }
  }

  /// A dialogue of messages instead of pieces.
  mutating func write(_ dialogue: HTTPDialogue, of stream: RecordedStream) throws {
    for turn in dialogue.turns {
      let piece = StreamPiece(
        stream: -1, direction: turn.direction, time: turn.time, number: 0,
        length: Int64(turn.head.count + turn.body.count) + turn.missing, bytes: (turn.head + turn.body)[...])
      // Each message has a heading of its own.
      if last?.stream == -1 { last = (-1, piece.direction == .input ? .output : .input) }
      try write(piece, of: stream)
      if let note = turn.note {
        if shape == .text { try flushText() }
        let line = "[\(note)]\n"
        if shape == .raw { StandardError.write("reel: \(note)\n") } else { try output.write(dim(line)) }
      }
    }
    try flushText()
    last = nil
  }

  /// Ends the output, and says what the capture does not hold.
  mutating func finish(_ streams: [RecordedStream]) throws {
    try flushText()
    if streams.isEmpty, shape == .text || shape == .hex { try output.write("nothing was moved by such calls\n") }
    try output.flush()
    if missing > 0 {
      StandardError.write(
        "reel: \(Units.bytes(missing)) of what was moved are not in the capture; record with a larger --snaplen\n")
    }
  }

  // MARK: For people

  private mutating func head(_ piece: StreamPiece, _ stream: RecordedStream) throws {
    if let last, last == (piece.stream, piece.direction) { return }
    try flushText()
    if last?.stream != piece.stream {
      let container = stream.container == .missing ? "" : " in \(VisibleText.of(stream.container.text))"
      let name = stream.name == .missing || stream.name.text.isEmpty ? stream.kind : stream.name
      let descriptor = stream.descriptor.map { " descriptor \($0)" } ?? ""
      let title =
        "── \(VisibleText.of(stream.processName.text)) \(stream.process.pid)\(container),\(descriptor): "
        + VisibleText.of(name.text)
      try output.write(Style.bold.apply(to: title, colour: terminal.allowsColour) + "\n")
    }
    let way = piece.direction == .input ? "◀ in " : "▶ out"
    try output.write(dim("\(way)  \(ClockText.timeOfDay(piece.time, zone: zone, digits: 6))\n"))
    last = (piece.stream, piece.direction)
  }

  private func dim(_ line: String) -> String { Style.dim.apply(to: line, colour: terminal.allowsColour) }

  private mutating func flushText() throws {
    if pending.isEmpty { return }
    try output.write(VisibleText.lines(StreamWriter.withoutCarriageReturns(pending)))
    if pending.last != UInt8(ascii: "\n") { try output.write("\n") }
    pending.removeAll(keepingCapacity: true)
  }

  /// Ends of lines as files have them: those of network protocols would stand at the end of each line as `\r`.
  private static func withoutCarriageReturns(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.contains(0x0D) else { return bytes }
    var text: [UInt8] = []
    text.reserveCapacity(bytes.count)
    for (index, byte) in bytes.enumerated() {
      if byte == 0x0D, index + 1 < bytes.count, bytes[index + 1] == 0x0A { continue }
      text.append(byte)
    }
    return text
  }

  private func gap(_ piece: StreamPiece) throws {
    if piece.missing > 0 { try output.write(dim("[\(Units.bytes(piece.missing)) not in the capture]\n")) }
  }

  private mutating func dump(_ piece: StreamPiece) throws {
    let place = Place(stream: piece.stream, direction: piece.direction)
    var offset = places[place, default: 0]
    places[place] = offset &+ piece.length
    var rest = piece.bytes
    while !rest.isEmpty {
      let row = rest.prefix(16)
      rest = rest.dropFirst(row.count)
      var line = StreamWriter.hexadecimal(UInt64(bitPattern: offset), digits: 8) + " "
      for index in 0..<16 {
        if index == 8 { line += " " }
        let byte = index < row.count ? UInt64(row[row.startIndex + index]) : nil
        line += byte.map { " " + StreamWriter.hexadecimal($0, digits: 2) } ?? "   "
      }
      let text = row.map { $0 >= 0x20 && $0 < 0x7F ? $0 : UInt8(ascii: ".") }
      try output.write(line + "  |" + String(decoding: text, as: UTF8.self) + "|\n")
      offset &+= 16
    }
  }

  private static func hexadecimal(_ value: UInt64, digits: Int) -> String {
    let text = String(value, radix: 16)
    return String(repeating: "0", count: max(digits - text.count, 0)) + text
  }

  // MARK: For programs

  private func json(_ piece: StreamPiece, _ stream: RecordedStream) -> [UInt8] {
    var object = JSONObject()
    object.add("num", piece.number)
    object.add("time", piece.time)
    object.add("pid", stream.process.pid)
    object.add("process", stream.processName)
    object.add("container", stream.container)
    object.add("fd", number: stream.descriptor)
    object.add("name", stream.name)
    object.add("type", stream.kind)
    object.add("direction", piece.direction.rawValue)
    object.add("length", piece.length)
    object.add("missing", piece.missing)
    object.add("text", String(validating: piece.bytes, as: UTF8.self))
    object.add("base64", Base64.encoded(piece.bytes))
    return object.line
  }
}
