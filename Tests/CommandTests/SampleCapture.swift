import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema
import TestSupport

/// A small capture with everything that commands have to show: containers, losses, and a name that a terminal would obey.
struct SampleCapture {
  /// The exit time of the first event: 2023-11-14 22:13:20 UTC, and a millisecond.
  static let start: Int64 = 1_700_000_000_001_000_000
  static let eventCount = 100
  static let evilName = "/tmp/\u{1B}[2Jevil\nname"

  let path = temporaryPath()

  /// - Parameter isFinished: whether the file gets its tail.
  init(isFinished: Bool = true, lost: UInt64 = 12) throws {
    var header = CaptureHeader.test()
    header.command = "sh -c 'work'"
    var writer = try CaptureWriter(path: path, header: header, schema: .builtIn)
    try writer.append(SampleCapture.batch())
    if lost > 0 {
      try writer.append(
        LossRecord(
          cause: .ringFull, cpu: 1, count: lost, from: SampleCapture.start, to: SampleCapture.start + 1_000_000))
    }
    if isFinished { _ = try writer.finish() }
  }

  func remove() { removeFile(path) }

  /// Alternating opens and reads, a microsecond apart; every tenth open fails.
  private static func batch() throws -> EventBatch {
    var interner = StringInterner()
    var source = Dimensions()
    let container = source.containers.appendRow()
    source.containers[Int(container), .id] = Int64(interner.intern(String(repeating: "ab", count: 32)))
    source.containers[Int(container), .label] = Int64(interner.intern("web"))
    source.containers[Int(container), .image] = Int64(interner.intern("docker.io/library/nginx:1.27"))
    source.containers[Int(container), .engine] = Int64(interner.intern("docker"))
    let image = source.images.appendRow()
    source.images[Int(image), .exe] = Int64(interner.intern("nginx"))
    source.images[Int(image), .path] = Int64(interner.intern("/usr/sbin/nginx"))
    let thread = Int(source.threads.appendRow())
    source.threads[thread, .tid] = 4711
    source.threads[thread, .pid] = 4711
    source.threads[thread, .startTime] = start - 1_000_000_000
    source.threads[thread, .processStartTime] = start - 1_000_000_000
    source.threads[thread, .comm] = Int64(interner.intern("nginx"))
    source.threads[thread, .image] = Int64(image)
    source.threads[thread, .container] = Int64(container)
    let lineage = source.lineages.appendRow()
    source.lineages[Int(lineage), .thread] = Int64(thread)
    let objects = ["/etc/nginx/nginx.conf", evilName].enumerated().map { index, name -> UInt32 in
      let object = source.objects.appendRow()
      source.objects[Int(object), .identity] = Int64(index) + 1
      source.objects[Int(object), .objectKind] = ObjectKind.file.rawValue
      source.objects[Int(object), .label] = Int64(interner.intern(name))
      return object
    }
    source.strings = interner.table
    var builder = EventBatchBuilder(schema: .builtIn)
    for index in 0..<eventCount {
      let name = index % 2 == 0 ? "openat" : "read"
      guard let type = Schema.builtIn.type(named: name) else { throw MissingType(name: name) }
      let result: Int64 = index % 20 == 0 ? -2 : index % 2 == 0 ? 3 : 512
      builder.appendEvent(
        exitTime: start + Int64(index) * 1000, latency: 300, type: type.id, cpu: 0, flags: [], lineage: lineage,
        object: objects[index % 4 == 3 ? 1 : 0], result: result)
      for parameter in type.parameters where parameter.source.isStored {
        switch parameter.type.storage {
        case .integer: builder.appendInteger(parameter.name == "size" ? 512 : 3)
        case .string: Array("/etc/nginx/nginx.conf".utf8).withUnsafeBytes { builder.appendText($0) }
        case .bytes: Array("user nginx".utf8).withUnsafeBytes { builder.appendBytes($0) }
        }
      }
    }
    return builder.finish(source)
  }

  struct MissingType: Error {
    let name: String
  }
}
