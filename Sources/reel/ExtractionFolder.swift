import Inspect
import Presentation
import Query
import Seals

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A file that was written out.
struct ExtractedResult {
  /// Below the folder.
  var path: String
  /// What it is the content of.
  var source: String
  /// `file`, `in`, `out` or `body`.
  var kind: String
  var size: Int64
  /// How many of the bytes the capture holds.
  var recorded: Int64
  /// Ranges that are zeros, as far as they are known.
  var holes: [Range<Int64>]
  /// What is missing, in words; `nil` when it is complete.
  var shortfall: String?
  var digest: String
}

/// The folder that files are written to. Names come from a capture, which anybody may have made: nothing is ever written
/// outside, and links are not followed.
struct ExtractionFolder: ~Copyable {
  private let path: String
  private let descriptor: Int32
  /// Files that are open, by their place in the folder; a few at a time.
  private var open: [String: Int32] = [:]
  private var names: [Int: String] = [:]
  private var streamNames: [Int: String] = [:]
  private var streamSizes: [String: Int64] = [:]
  private var taken: Set<String> = []
  /// Files that this run made.
  private var made: Set<String> = []
  private static let mostOpen = 64

  init(_ path: String, force: Bool) throws(Failure) {
    self.init(path, descriptor: try ExtractionFolder.make(path, force: force))
  }

  private init(_ path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  private static func make(_ path: String, force: Bool) throws(Failure) -> Int32 {
    if mkdir(path, 0o700) != 0 {
      guard errno == EEXIST else { throw failure("the folder cannot be made", path) }
      if !force { throw .refused("the folder exists", place: path, remedy: "name another, or use --force") }
    }
    let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if descriptor < 0 { throw failure("the folder cannot be opened", path) }
    return descriptor
  }

  deinit {
    for file in open.values { close(file) }
    close(descriptor)
  }

  private static func failure(_ what: String, _ path: String) -> Failure {
    Failure(
      status: ExitStatus.failed, ErrorLine("\(what): \(String(cString: strerror(errno)))", place: path))
  }

  // MARK: Files

  mutating func apply(_ change: ExtractedChange) throws(Failure) {
    switch change {
    case .bytes(let bytes): try write(bytes.bytes, at: bytes.position, to: temporaryName(bytes.file))
    case .resized(let file, let size):
      let name = temporaryName(file)
      if ftruncate(try handle(name), off_t(size)) != 0 { throw ExtractionFolder.failure("a file cannot be cut", name) }
    case .copied(let source, let range, let target, let position):
      try copy(temporaryName(source), range, to: temporaryName(target), at: position)
    }
  }

  /// Where the content of a file is kept until all is known about it.
  private func temporaryName(_ file: Int) -> String { ".file-\(file)" }

  /// Gives files their names, sizes and digests.
  mutating func finishFiles(_ files: [ExtractedFile]) throws(Failure) -> [ExtractedResult] {
    var results: [ExtractedResult] = []
    for (index, file) in files.enumerated() {
      let name = temporaryName(index)
      guard file.isTouched else {
        if let handle = open.removeValue(forKey: name) { close(handle) }
        unlinkat(self.descriptor, name, 0)
        continue
      }
      let descriptor = try handle(name)
      if ftruncate(descriptor, off_t(file.size)) != 0 { throw ExtractionFolder.failure("a file cannot be cut", name) }
      let digest = try digest(descriptor, name)
      let container = file.container == .text("host") || file.container == .missing ? "host" : file.container.text
      let target = try place(["files", container] + file.name.text.split(separator: "/").map(String.init))
      if renameat(self.descriptor, name, self.descriptor, target) != 0 {
        throw ExtractionFolder.failure("a file cannot be named", target)
      }
      results.append(
        ExtractedResult(
          path: target, source: file.name.text, kind: "file", size: file.size, recorded: file.recorded,
          holes: file.holes, shortfall: file.shortfall, digest: digest))
      close(descriptor)
      open[name] = nil
    }
    return results
  }

  // MARK: Streams

  mutating func append(_ piece: StreamPiece, of stream: RecordedStream) throws(Failure) {
    let name = try streamName(piece.stream, stream) + "." + piece.direction.rawValue
    let size = streamSizes[name, default: 0]
    try write(piece.bytes, at: size, to: name)
    streamSizes[name] = size + Int64(piece.bytes.count)
  }

  private mutating func streamName(_ index: Int, _ stream: RecordedStream) throws(Failure) -> String {
    if let known = streamNames[index] { return known }
    let name = [
      stream.processName.text, String(stream.process.pid), stream.descriptor.map { "fd\($0)" } ?? "fd",
      stream.name == .missing ? stream.kind.text : stream.name.text,
    ].joined(separator: "-")
    let placed = try place(["streams", name.replacing("/", with: "_")])
    streamNames[index] = placed
    return placed
  }

  mutating func finishStreams(_ streams: [RecordedStream]) throws(Failure) -> [ExtractedResult] {
    var results: [ExtractedResult] = []
    for (index, stream) in streams.enumerated() {
      guard let base = streamNames[index] else { continue }
      for direction in StreamDirection.allCases where stream[direction].calls > 0 {
        let totals = stream[direction]
        let name = "\(base).\(direction.rawValue)"
        let missing = totals.bytes - totals.recorded
        results.append(
          ExtractedResult(
            path: name, source: title(stream), kind: direction.rawValue, size: totals.bytes, recorded: totals.recorded,
            holes: [], shortfall: missing > 0 ? "\(missing) bytes are left out" : nil,
            digest: try digest(try handle(name), name)))
      }
    }
    return results
  }

  private func title(_ stream: RecordedStream) -> String {
    let descriptor = stream.descriptor.map { " fd \($0)" } ?? ""
    return "\(stream.processName.text) \(stream.process.pid)\(descriptor) \(stream.name.text)"
  }

  /// Writes the bodies of messages.
  mutating func writeBodies(
    of dialogue: HTTPDialogue, _ stream: RecordedStream, _ index: Int
  ) throws(Failure) -> [ExtractedResult] {
    var results: [ExtractedResult] = []
    for (number, turn) in dialogue.turns.enumerated() where turn.isMessage && !turn.body.isEmpty {
      let name = try place([
        "streams", "\(try streamName(index, stream).split(separator: "/").last ?? "").\(number + 1).body",
      ])
      try write(turn.body, at: 0, to: name)
      let shortfall = turn.missing > 0 ? "\(turn.missing) bytes are left out" : turn.note
      results.append(
        ExtractedResult(
          path: name, source: "\(turn.direction.rawValue) of \(title(stream))", kind: "body",
          size: Int64(turn.body.count), recorded: Int64(turn.body.count), holes: [], shortfall: shortfall,
          digest: try digest(try handle(name), name)))
    }
    return results
  }

  // MARK: Writing

  /// A name that is free below the folder, with the folders that it needs.
  private mutating func place(_ parts: [String]) throws(Failure) -> String {
    let parts = parts.map(ExtractionFolder.component)
    var folder = ""
    for part in parts.dropLast() {
      folder += folder.isEmpty ? part : "/" + part
      // What stands there already may be a file of that name, from before a folder took its place.
      while taken.contains(folder) { folder += "_" }
      if mkdirat(descriptor, folder, 0o700) != 0, errno != EEXIST {
        throw ExtractionFolder.failure("a folder cannot be made", "\(path)/\(folder)")
      }
    }
    let base = folder.isEmpty ? parts.last ?? "_" : "\(folder)/\(parts.last ?? "_")"
    var name = base
    var count = 1
    while taken.contains(name) || isFolder(name) {
      count += 1
      name = "\(base)~\(count)"
    }
    taken.insert(name)
    return name
  }

  private func isFolder(_ name: String) -> Bool {
    var status = stat()
    return fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// A part of a path that leads nowhere else and is no longer than a name may be.
  private static func component(_ part: String) -> String {
    if part == "." || part == ".." || part.isEmpty { return "_" }
    let safe = VisibleText.of(part).replacing("/", with: "_")
    guard safe.utf8.count > 200 else { return safe }
    return String(decoding: Array(safe.utf8.prefix(180)), as: UTF8.self) + "~" + String(safe.utf8.count)
  }

  /// Copies bytes from one file to another, or within one.
  private mutating func copy(
    _ source: String, _ range: Range<Int64>, to target: String, at position: Int64
  ) throws(Failure) {
    var part = [UInt8](repeating: 0, count: 1 << 20)
    var done: Int64 = 0
    while done < Int64(range.count) {
      let wanted = min(part.count, Int(Int64(range.count) - done))
      let count = pread(try handle(source), &part, wanted, off_t(range.lowerBound + done))
      if count < 0, errno == EINTR { continue }
      if count < 0 { throw ExtractionFolder.failure("a file cannot be read", "\(path)/\(source)") }
      // Zeros that the file does not have yet.
      if count == 0 { return }
      try write(part[..<count], at: position + done, to: target)
      done += Int64(count)
    }
  }

  private mutating func write(_ bytes: some Collection<UInt8>, at position: Int64, to name: String) throws(Failure) {
    let file = try handle(name)
    let bytes = Array(bytes)
    var done = 0
    while done < bytes.count {
      let result = bytes.withUnsafeBytes { bytes in
        pwrite(file, bytes.baseAddress.map { $0 + done }, bytes.count - done, off_t(position) + off_t(done))
      }
      if result < 0, errno == EINTR { continue }
      if result <= 0 { throw ExtractionFolder.failure("a file cannot be written", "\(path)/\(name)") }
      done += result
    }
  }

  private mutating func handle(_ name: String) throws(Failure) -> Int32 {
    if let known = open[name] { return known }
    if open.count >= ExtractionFolder.mostOpen, let (other, file) = open.first {
      close(file)
      open[other] = nil
    }
    // Only a file that this run made is opened again; a link is never followed.
    let isNew = !made.contains(name)
    let file = openat(
      descriptor, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | (isNew ? O_TRUNC : 0), 0o600)
    if file < 0 { throw ExtractionFolder.failure("a file cannot be made", "\(path)/\(name)") }
    made.insert(name)
    open[name] = file
    return file
  }

  private func digest(_ file: Int32, _ name: String) throws(Failure) -> String {
    var digest = ContentDigest()
    var buffer = [UInt8](repeating: 0, count: 256 << 10)
    var position = 0
    while true {
      let count = buffer.withUnsafeMutableBytes { pread(file, $0.baseAddress, $0.count, off_t(position)) }
      if count < 0, errno == EINTR { continue }
      if count < 0 { throw ExtractionFolder.failure("a file cannot be read", "\(path)/\(name)") }
      if count == 0 { return digest.text }
      buffer.withUnsafeBytes { digest.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      position += count
    }
  }
}
