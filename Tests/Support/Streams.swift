import EventBatch
import EventSchema

/// Streams of events that look like those of real machines, for measurements.
public enum Streams {
  /// One process that reads and writes one byte at a time, as `dd bs=1` does.
  public static func dd(events: Int, seed: UInt64 = 1, schema: Schema = .builtIn) -> EventBatch {
    var random = SeededGenerator(seed: seed)
    var interner = StringInterner()
    var source = Dimensions()
    let lineage = process(7, 4711, "dd", "/usr/bin/dd", &source, &interner)
    let input = file("/dev/zero", &source, &interner)
    let output = file("/dev/null", &source, &interner)
    source.strings = interner.table
    var builder = EventBatchBuilder(schema: schema)
    guard let read = schema.type(named: "read"), let write = schema.type(named: "write") else {
      preconditionFailure("the schema has no read and write")
    }
    var time: Int64 = 1_700_000_000_000_000_000
    for index in 0..<events {
      let isRead = index % 2 == 0
      time += 450 + Int64(random.below(300)) + (random.oneIn(500) ? Int64(random.below(40_000)) : 0)
      let latency = 300 + Int64(random.below(isRead ? 250 : 180)) + (random.oneIn(500) ? Int64(random.below(9000)) : 0)
      builder.appendEvent(
        exitTime: time, latency: latency, type: isRead ? read.id : write.id, cpu: index < events / 3 ? 1 : 0, flags: [],
        lineage: lineage, object: isRead ? input : output, result: 1)
      for parameter in (isRead ? read : write).parameters where parameter.source.isStored {
        switch parameter.name {
        case "data": [UInt8(truncatingIfNeeded: index / 2)].withUnsafeBytes { builder.appendBytes($0) }
        case "size": builder.appendInteger(1)
        default: builder.appendInteger(isRead ? 0 : 1)
        }
      }
    }
    return builder.finish(source)
  }

  /// Forty processes that open, stat, read, write, poll and close, payloads of some dozen bytes.
  public static func mixed(events: Int, seed: UInt64 = 1, payloads: Bool = true, schema: Schema = .builtIn)
    -> EventBatch
  {
    var random = SeededGenerator(seed: seed)
    var interner = StringInterner()
    var source = Dimensions()
    var lineages: [UInt32] = []
    for index in 0..<40 {
      lineages.append(
        process(index, 1000 + index * 37, "worker\(index % 9)", "/opt/app\(index % 9)/bin/worker", &source, &interner))
    }
    var objects: [UInt32] = []
    for index in 0..<600 {
      objects.append(file("/var/lib/app\(index % 9)/segment-\(index)/data.\(index % 13)", &source, &interner))
    }
    source.strings = interner.table
    var builder = EventBatchBuilder(schema: schema)
    let pattern = ["openat", "newfstatat", "read", "read", "lseek", "write", "futex", "epoll_wait", "close", "mmap"]
      .compactMap { schema.type(named: $0) }
    var time: Int64 = 1_700_000_000_000_000_000
    var positions = lineages.map { _ in 0 }
    let line = Array("GET /api/v1/items?page=1 HTTP/1.1 200 OK content-length: 512 keep-alive".utf8)
    for _ in 0..<events {
      let who = min(random.below(40), random.below(40))
      let type = pattern[positions[who] % pattern.count]
      positions[who] += random.oneIn(8) ? 2 : 1
      time += Int64(random.below(3000))
      let fails = random.oneIn(20)
      let size = [64, 512, 4096, 8192, 1 + random.below(2000)][random.below(5)]
      let result: Int64 =
        fails ? -11 : type.name == "read" || type.name == "write" ? Int64(size) : type.name == "openat" ? 7 : 0
      builder.appendEvent(
        exitTime: time, latency: 400 + Int64(random.below(1 << (4 + random.below(12)))), type: type.id,
        cpu: UInt16(who % 4), flags: [], lineage: lineages[who],
        object: objects[(who * 15 + positions[who] / 9) % objects.count], result: result)
      for parameter in type.parameters where parameter.source.isStored {
        switch parameter.type.storage {
        case .string:
          Array("/var/lib/app\(who % 9)/segment-\((who * 15 + positions[who] / 9) % 600)/data".utf8)
            .withUnsafeBytes { builder.appendText($0) }
        case .bytes:
          if fails || !payloads {
            builder.appendMissing()
          } else {
            let start = random.below(20)
            Array(line[start..<min(line.count, start + min(size, 80))]).withUnsafeBytes { builder.appendBytes($0) }
          }
        case .integer:
          switch parameter.name {
          case "size": builder.appendInteger(Int64(size))
          case "fd": builder.appendInteger(Int64(3 + (positions[who] / 9) % 12))
          case "addr": builder.appendInteger(0x7F00_0000_0000 + Int64(random.below(1 << 20)) << 12)
          case "length": builder.appendInteger(Int64(4096 * (1 + random.below(16))))
          default: builder.appendInteger(Int64(random.below(3)))
          }
        }
      }
    }
    return builder.finish(source)
  }

  private static func process(
    _ index: Int, _ pid: Int, _ comm: String, _ path: String, _ source: inout Dimensions,
    _ interner: inout StringInterner
  ) -> UInt32 {
    let image = Int(source.images.appendRow())
    source.images[image, .exe] = Int64(interner.intern(comm))
    source.images[image, .path] = Int64(interner.intern(path))
    let thread = Int(source.threads.appendRow())
    for column in ThreadColumn.allCases where column.kind == .integer {
      source.threads[thread, column] = Int64(index % 3)
    }
    source.threads[thread, .tid] = Int64(pid)
    source.threads[thread, .pid] = Int64(pid)
    source.threads[thread, .startTime] = 1_699_999_000_000_000_000 + Int64(index) * 7_654_321
    source.threads[thread, .processStartTime] = 1_699_999_000_000_000_000 + Int64(index) * 7_654_321
    source.threads[thread, .comm] = Int64(interner.intern(comm))
    source.threads[thread, .image] = Int64(image)
    source.threads[thread, .workingDirectory] = Int64(interner.intern("/"))
    source.threads[thread, .cgroup] = Int64(interner.intern("/system.slice/app\(index % 9).service"))
    let lineage = source.lineages.appendRow()
    source.lineages[Int(lineage), .thread] = Int64(thread)
    if lineage > 0 { source.lineages[Int(lineage), .parent] = Int64(lineage) / 2 }
    return lineage
  }

  private static func file(_ path: String, _ source: inout Dimensions, _ interner: inout StringInterner) -> UInt32 {
    let object = source.objects.appendRow()
    source.objects[Int(object), .identity] = Int64(object) + 1000
    source.objects[Int(object), .objectKind] = ObjectKind.file.rawValue
    source.objects[Int(object), .label] = Int64(interner.intern(path))
    source.objects[Int(object), .inode] = Int64(object) * 77 + 5
    source.objects[Int(object), .device] = 2049
    source.objects[Int(object), .openFlags] = 1
    return object
  }
}
