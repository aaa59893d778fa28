/// Makes the bytes of `.scap` files, block by block: for tests of the reader, which must not lean on the writer.
public struct ScapFileBuilder: Sendable {
  /// The file so far.
  public private(set) var bytes: [UInt8] = []
  /// Whether events say how many parameters they have, as all do since the second version of the format.
  public var hasCounts = true

  /// A file that begins with a section and a machine.
  public init(hostname: String = "host", processors: UInt32 = 2, bootTime: UInt64 = 0) {
    section()
    var machine = ScapFileBuilder.bytes(of: processors) + ScapFileBuilder.bytes(of: UInt64(0))
    machine += ScapFileBuilder.bytes(of: UInt64(0))
    machine += Array(hostname.utf8) + [UInt8](repeating: 0, count: 128 - hostname.utf8.count)
    machine += ScapFileBuilder.bytes(of: bootTime)
    machine += [UInt8](repeating: 0, count: 24)
    block(0x201, machine)
  }

  /// A number as it stands in files.
  public static func bytes(of value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  /// A text behind its length.
  public static func text(_ text: String) -> [UInt8] { bytes(of: UInt16(text.utf8.count)) + Array(text.utf8) }

  /// A text as a parameter: with a NUL.
  public static func parameter(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }

  /// Appends the head of a section.
  public mutating func section(options: [UInt8] = []) {
    block(
      0x0A0D_0D0A,
      ScapFileBuilder.bytes(of: UInt32(0x1A2B_3C4D)) + ScapFileBuilder.bytes(of: UInt16(1))
        + ScapFileBuilder.bytes(of: UInt16(2)) + ScapFileBuilder.bytes(of: UInt64.max) + options)
  }

  /// Appends a block.
  public mutating func block(_ number: UInt32, _ body: [UInt8]) {
    let padding = (4 - body.count % 4) % 4
    let length = ScapFileBuilder.bytes(of: UInt32(12 + body.count + padding))
    bytes += ScapFileBuilder.bytes(of: number) + length + body + [UInt8](repeating: 0, count: padding) + length
  }

  /// Appends a list of one process, in the ninth version.
  public mutating func process(
    tid: UInt64, pid: UInt64, parent: UInt64, comm: String, exe: String = "/bin/sh", arguments: [String] = [],
    directory: String = "/", flags: UInt32 = 0, uid: UInt32 = 0, cgroups: String = ""
  ) {
    let numbers = ScapFileBuilder.bytes(of:) as (UInt64) -> [UInt8]
    var entry = numbers(tid) + numbers(pid) + numbers(parent) + numbers(pid) + numbers(pid)
    for text in [comm, exe, exe] { entry += ScapFileBuilder.text(text) }
    entry += ScapFileBuilder.text(arguments.map { $0 + "\0" }.joined())
    entry += ScapFileBuilder.text(directory)
    entry += numbers(1024) + ScapFileBuilder.bytes(of: flags) + ScapFileBuilder.bytes(of: uid)
    entry += ScapFileBuilder.bytes(of: uid) + [UInt8](repeating: 0, count: 28)
    entry += ScapFileBuilder.text("HOME=/root\0") + numbers(tid) + numbers(pid)
    entry += ScapFileBuilder.text(cgroups) + ScapFileBuilder.text("/")
    block(0x215, ScapFileBuilder.bytes(of: UInt32(entry.count + 4)) + entry)
  }

  /// Appends the descriptors of a thread: opened files.
  public mutating func files(tid: UInt64, _ files: [(number: UInt64, path: String)]) {
    var body = ScapFileBuilder.bytes(of: tid)
    for file in files {
      let entry =
        ScapFileBuilder.bytes(of: file.number) + ScapFileBuilder.bytes(of: UInt64(7)) + [16]
        + ScapFileBuilder.bytes(of: UInt32(1)) + ScapFileBuilder.text(file.path) + ScapFileBuilder.bytes(of: UInt32(9))
      body += ScapFileBuilder.bytes(of: UInt32(entry.count + 4)) + entry
    }
    block(0x218, body)
  }

  /// Appends an event.
  /// - Parameters:
  ///   - behind: bytes between the event and the end of its block.
  ///   - isHidden: readers take in what it says and do not show it.
  public mutating func event(
    _ code: UInt16, time: UInt64, tid: UInt64, cpu: UInt16 = 0, _ parameters: [[UInt8]], behind: [UInt8] = [],
    isHidden: Bool = false
  ) {
    let isLarge = parameters.contains { $0.count > Int(UInt16.max) }
    var sizes: [UInt8] = []
    for parameter in parameters {
      sizes +=
        isLarge
        ? ScapFileBuilder.bytes(of: UInt32(parameter.count)) : ScapFileBuilder.bytes(of: UInt16(parameter.count))
    }
    let values = parameters.flatMap { $0 }
    let length = (hasCounts ? 26 : 22) + sizes.count + values.count
    var body = ScapFileBuilder.bytes(of: cpu) + (isHidden ? ScapFileBuilder.bytes(of: UInt32(1)) : [])
    body += ScapFileBuilder.bytes(of: time) + ScapFileBuilder.bytes(of: tid)
    body += ScapFileBuilder.bytes(of: UInt32(length)) + ScapFileBuilder.bytes(of: code)
    if hasCounts { body += ScapFileBuilder.bytes(of: UInt32(parameters.count)) }
    // The kind with flags has the next number; in the first version it is another.
    let kind: UInt32 = isLarge ? 0x221 : hasCounts ? 0x216 : 0x204
    block(isHidden ? (hasCounts ? kind + 1 : 0x208) : kind, body + sizes + values + behind)
  }
}
