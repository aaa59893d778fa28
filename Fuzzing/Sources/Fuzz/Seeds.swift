import CaptureFile
import CaptureFormat
import Compression
import EventBatch
import EventSchema
import TestSupport

#if canImport(Glibc)
import Glibc
#endif

/// Writes what fuzzing starts with: a folder for each target. The same program gives the same files.
func writeSeeds(to directory: String) throws {
  for target in FuzzTarget.allCases { try makeDirectory("\(directory)/\(target.rawValue)") }
  for (name, codec, chunks, events, seed) in [
    ("plain", Codec.none, 2, 24, UInt64(1)), ("lz4", .lz4, 2, 150, 2), ("zstd", .zstd, 1, 150, 3),
    ("empty", .none, 0, 0, 4),
  ] {
    let bytes = try capture(codec, chunks: chunks, events: events, seed: seed)
    try write(bytes, "\(directory)/capture/\(name)")
    // Torn: opened by its frames.
    if name == "plain" { try write(Array(bytes.dropLast(100)), "\(directory)/capture/torn") }
    guard let parts = FileParts(bytes) else { fail("a capture does not fall into frames") }
    var written: Set<String> = []
    for frame in parts.frames {
      guard let target = target(of: frame.type) else { continue }
      let path = "\(directory)/\(target.rawValue)/\(name)"
      if target == .frames {
        try write(frame.payload, "\(directory)/frames/\(name)-\(frame.type)")
      } else if target == .header || written.insert(path).inserted {
        try write(frame.payload, path)
      }
    }
  }
  try write(try withoutResults("\(directory)/chunk/plain"), "\(directory)/chunk/no-results")
  try write(scapSeed(hasCounts: true), "\(directory)/scap/counted")
  try write(scapSeed(hasCounts: false), "\(directory)/scap/uncounted")
  for (index, rules) in rulesSeeds.enumerated() { try write(Array(rules.utf8), "\(directory)/rules/\(index)") }
  for (index, text) in secretSeeds.enumerated() { try write(Array(text.utf8), "\(directory)/redaction/\(index)") }
  for (index, filter) in filterSeeds.enumerated() {
    try write(Array(filter.utf8), "\(directory)/filter/\(index)")
  }
}

/// A process that opens, reads, connects, makes another and ends, in both versions of events.
private func scapSeed(hasCounts: Bool) -> [UInt8] {
  func i64(_ value: Int64) -> [UInt8] { ScapFileBuilder.bytes(of: value) }
  func u32(_ value: UInt32) -> [UInt8] { ScapFileBuilder.bytes(of: value) }
  let text = ScapFileBuilder.parameter
  var file = ScapFileBuilder()
  file.hasCounts = hasCounts
  file.process(tid: 10, pid: 10, parent: 1, comm: "sh", arguments: ["-c", "x"], directory: "/home")
  file.files(tid: 10, [(5, "/etc/hosts")])
  file.event(6, time: 1, tid: 10, [i64(5), u32(9)])
  file.event(7, time: 2, tid: 10, [i64(3), [1, 2, 3]])
  file.event(307, time: 3, tid: 10, [i64(6), i64(-100), text("a/../b"), u32(1), u32(0), u32(9), i64(7)])
  file.event(19, time: 4, tid: 10, [i64(7), u32(2), u32(1), u32(0)])
  file.event(23, time: 5, tid: 10, [i64(0), [2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], i64(7)])
  file.event(
    223, time: 6, tid: 10,
    [
      i64(20), text("sh"), text("-c"), i64(10), i64(10), i64(1), [0], i64(9), i64(0), i64(0), u32(0), u32(0), u32(0),
      text("sh"), text("a=/docker/0"), u32(0), u32(0), u32(0), i64(10), i64(10),
    ])
  file.event(365, time: 7, tid: 20, [i64(8), i64(7), i64(8), u32(0)])
  file.event(0, time: 8, tid: 20, [[2, 0], [60, 0]])
  file.event(186, time: 9, tid: 20, [i64(0)])
  file.event(324, time: .max, tid: 1, [text("{\"container\":{\"id\":\"ab\",\"name\":\"w\"}}")])
  file.event(900, time: 10, tid: 10, [[1], [2, 3]])
  return file.bytes
}

/// Short ones of every construct.
private let filterSeeds = [
  "evt.type in (open, openat) and not fd.name startswith /usr",
  "proc.name = \"a b\" or (evt.latency >= 10 and fd.port != 80)",
  "fd.net = 10.0.0.0/8 or fd.ip in (\"::1\", 1.2.3.4) or fd.directory pmatch (/a, /b)",
  "tolower(proc.name) contains x and evt.arg[0] exists and evt.arg.res icontains b",
  "proc.name glob 'a*[!b-d]?' or evt.buffer bcontains 48656c6c6f or evt.args regex 'a(b|c)+'",
  "not (not evt.dir = <) and proc.aname[2] in (a, b, c) and val(proc.pid) = val(proc.ppid)",
]

/// A chunk whose directory does not have a column that all events must have.
private func withoutResults(_ path: String) throws -> [UInt8] {
  guard var parts = ChunkParts(try readFile(path), fileID: FuzzTarget.fileID.bytes),
    var directory = DirectoryParts(parts.blocks[0].content)
  else { fail("\(path) is no chunk") }
  directory.entries.removeAll { $0.space == 0 && $0.first == 8 }
  parts.blocks[0].content = directory.bytes
  return parts.sealed
}

private func target(of type: UInt16) -> FuzzTarget? {
  switch FrameType(rawValue: type) {
  case .chunk: .chunk
  case .state: .state
  case .summaryPage: .page
  case .summary: .summary
  case .schema: .schema
  case .header: .header
  case .container, .attachment, .annotation, .rollup, .seal, .custody: .frames
  default: nil
  }
}

private func capture(_ codec: Codec, chunks: Int, events: Int, seed: UInt64) throws -> [UInt8] {
  let path = temporaryPath()
  defer { removeFile(path) }
  var generator = BatchGenerator(seed: seed, schema: FuzzTarget.eventSchema)
  var writer = try CaptureWriter(
    path: path, header: .test(), schema: FuzzTarget.eventSchema, options: WriterOptions(codec: codec))
  if chunks > 0 {
    try writer.append([ContainerInfo(id: "0123456789ab", time: 5, texts: ["name": "web", "image": "nginx"])])
    try writer.append(
      AttachedFile(time: 6, name: "rules.yaml", mediaType: "application/yaml", bytes: [0x2D, 0x20, 0x61]))
    try writer.append(Annotation(time: 7, from: 1, to: 9, severity: 3, kind: "alert", rule: "r", text: "t", json: "{}"))
  }
  for index in 0..<chunks {
    try writer.append(generator.next(events: events))
    try writer.append(LossRecord(cause: .nested, cpu: nil, count: 5, from: 1, to: 2))
    try writer.append(
      MachineState(
        time: 10 + Int64(index), reason: .start, part: 0, isLast: true, rows: generator.next(events: events / 4)))
  }
  _ = try writer.finish()
  return try readFile(path)
}

private func makeDirectory(_ path: String) throws {
  guard mkdir(path, 0o755) == 0 || errno == EEXIST else { fail("\(path) cannot be made") }
}

private func write(_ bytes: [UInt8], _ path: String) throws {
  guard let file = fopen(path, "w") else { fail("\(path) cannot be written") }
  defer { fclose(file) }
  guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { fail("\(path) cannot be written") }
}

/// Rules with every kind of step, and texts that they fit.
private let rulesSeeds = [
  "use: [secrets, card-number]\nrules:\n  - name: a\n    match: 'staff/([0-9]{6})'\n    in: [payload]\n# staff/123456\n",
  "rules:\n  - name: b.c\n    match: ['\\bab[^\\s@]{2,}?x', '(c+)\\0', '[\\w.-]{3,8}@']\n    ignore_case: true\n# abcdx@\n",
  "rules: [{name: d, match: 'key=(.*?)end\\x41', check: luhn, in: [paths, text, arguments, environment]}]\n",
]

/// Texts for the rules that come with the program; none of them is a secret of anybody.
private let secretSeeds = [
  "GET / HTTP/1.1\r\nAuthorization: Basic YTpi\r\nCookie: a=b; c=d\r\nX-Api-Key: abcdef\r\n\r\n",
  "-----BEGIN RSA PRIVATE KEY-----\nMIIabc+/=\n-----END RSA PRIVATE KEY-----\n",
  "DB_PASSWORD=abc\u{0}A_TOKEN=x\u{0}PATH=/bin\u{0}client\u{0}--password\u{0}abc\u{0}--token=x",
  "https://user:pass@host/?api_key=abc {\"token\": \"x\", \"password\" : 'y'} db_password = z",
  "4111 1111 1111 1111 5500-0000-0000-0004 AKIAABCDEFGHIJKLMNOP ghp_abcdefghijklmnopqrstuvwxyz0123456789",
  "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl xoxb-1-2-abc sk_live_abcdefghijklmnop",
]
