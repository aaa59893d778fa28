import EventBatch
import EventSchema
import Query
import TestSupport
import Testing

@testable import Inspect

struct ExtractTests {
  /// The content of files after some calls, with what is not known as dots.
  private func contents(
    _ filter: String?, limit: Int = .max, _ make: (inout MachineMaker) -> Void
  ) async throws -> [String] {
    var machine = MachineMaker()
    make(&machine)
    let source = BatchSource([machine.finish()], schema: .builtIn)
    var bytes: [Int: [UInt8]] = [:]
    let run = try ExtractRun(schema: source.schema, filter: filter, limit: limit)
    let outcome = try await run.files(over: source) { change in
      switch change {
      case .resized(let file, let size): bytes[file] = Array((bytes[file] ?? []).prefix(Int(size)))
      case .bytes(let some):
        var content = bytes[some.file] ?? []
        let end = Int(some.position) + some.bytes.count
        if content.count < end { content += [UInt8](repeating: UInt8(ascii: "."), count: end - content.count) }
        content.replaceSubrange(Int(some.position)..<end, with: some.bytes)
        bytes[some.file] = content
      case .copied(let source, let range, let target, let position):
        let part = (bytes[source] ?? [])[Int(range.lowerBound)..<Int(range.upperBound)]
        var content = bytes[target] ?? []
        let end = Int(position) + part.count
        if content.count < end { content += [UInt8](repeating: UInt8(ascii: "."), count: end - content.count) }
        content.replaceSubrange(Int(position)..<end, with: part)
        bytes[target] = content
      }
    }
    let told = outcome.files.enumerated().filter { $0.element.isTouched }.map { index, file in
      "\(file.name.text): \(String(decoding: bytes[index] ?? [], as: UTF8.self)) (\(file.shortfall ?? "all"))"
    }
    return told + (outcome.isCut ? ["and others"] : [])
  }

  private func data(_ text: String, _ descriptor: Int64, position: Int64? = nil) -> [String: MachineMaker.Argument] {
    var arguments: [String: MachineMaker.Argument] = ["fd": .integer(descriptor), "data": .bytes(Array(text.utf8))]
    arguments["pos"] = position.map { .integer($0) }
    return arguments
  }

  @Test("reads from the front to the end give the whole file")
  func reads() async throws {
    let found = try await contents(nil) { machine in
      let cat = machine.process(10, "cat")
      let file = machine.file("/a")
      machine.event("openat", at: 1, of: cat, object: file, result: 3, ["flags": 0])
      machine.event("read", at: 2, of: cat, object: file, result: 3, data("abc", 3))
      machine.event("read", at: 3, of: cat, object: file, result: 2, data("de", 3))
      machine.event("read", at: 4, of: cat, object: file, result: 0, ["fd": 3])
    }
    #expect(found == ["/a: abcde (all)"])
  }

  @Test("files beyond the limit are left out, which is said", arguments: 1...4)
  func limit(limit: Int) async throws {
    let names = ["/a", "/b", "/c"]
    let found = try await contents(nil, limit: limit) { machine in
      let cat = machine.process(10, "cat")
      for (index, name) in names.enumerated() {
        let file = machine.file(name)
        let time = Int64(index) * 10
        machine.event("openat", at: time + 1, of: cat, object: file, result: 3, ["flags": 0])
        machine.event("read", at: time + 2, of: cat, object: file, result: 1, data("x", 3))
        machine.event("read", at: time + 3, of: cat, object: file, result: 0, ["fd": 3])
      }
    }
    #expect(found == names.prefix(limit).map { "\($0): x (all)" } + (limit < names.count ? ["and others"] : []))
  }

  @Test("a position is shared across dup and fork, and moved by lseek; what nobody saw is a hole")
  func positions() async throws {
    let found = try await contents(nil) { machine in
      let shell = machine.process(10, "sh")
      let child = machine.process(11, "sh", parent: shell, started: 5)
      let file = machine.file("/a")
      machine.event("creat", at: 1, of: shell, object: file, result: 3)
      machine.event("dup2", at: 2, of: shell, object: file, result: 1, ["oldfd": 3, "newfd": 1])
      machine.event("close", at: 3, of: shell, object: file, result: 0, ["fd": 3])
      machine.event("write", at: 4, of: shell, object: file, result: 3, data("one", 1))
      machine.event("fork", at: 5, of: child, result: 0, flags: .childReturn)
      machine.event("write", at: 6, of: child, object: file, result: 3, data("two", 1))
      machine.event("write", at: 7, of: shell, object: file, result: 6, data("thr", 1))
      machine.event("lseek", at: 8, of: child, object: file, result: 1, ["fd": 1, "offset": 1])
      machine.event("write", at: 9, of: shell, object: file, result: 1, data("N", 1))
      machine.event("pwrite", at: 10, of: shell, object: file, result: 1, data("!", 1, position: 14))
    }
    #expect(found == ["/a: oNetwothr.....! (3 bytes in a hole)"])
  }

  @Test("a file that is truncated begins anew, and one that is appended to goes on at its end")
  func truncation() async throws {
    let found = try await contents("evt.type = write") { machine in
      let shell = machine.process(10, "sh")
      let file = machine.file("/a")
      let other = machine.file("/b")
      machine.event("creat", at: 1, of: shell, object: file, result: 3)
      machine.event("write", at: 2, of: shell, object: file, result: 5, data("first", 3))
      machine.event("creat", at: 3, of: shell, object: file, result: 4)
      machine.event("write", at: 4, of: shell, object: file, result: 3, data("new", 4))
      machine.event("ftruncate", at: 5, of: shell, object: file, result: 0, ["fd": 4, "length": 2])
      // Nobody saw how this one was opened.
      machine.event("write", at: 6, of: shell, object: other, result: 4, data("lost", 9))
    }
    #expect(found == ["/a: ne (all)", "/b:  (the end was not seen, 4 bytes at an unknown place)"])
  }

  @Test("what is appended stands behind the end that somebody asked for")
  func appending() async throws {
    let found = try await contents(nil) { machine in
      let shell = machine.process(10, "sh")
      let file = machine.file("/log")
      for (time, line) in [(Int64(10), "one "), (20, "two ")] {
        machine.event("openat", at: time, of: shell, object: file, result: 3, ["flags": 0x441])
        machine.event(
          "lseek", at: time + 1, of: shell, object: file, result: time == 10 ? 0 : 4,
          ["fd": 3, "offset": 0, "whence": 2])
        machine.event("write", at: time + 2, of: shell, object: file, result: 4, data(line, 3))
        machine.event("close", at: time + 3, of: shell, object: file, result: 0, ["fd": 3])
      }
    }
    #expect(found == ["/log: one two  (all)"])
  }

  @Test("what the kernel copies is known as far as the source is")
  func copies() async throws {
    let found = try await contents(nil) { machine in
      let shell = machine.process(10, "sh")
      let (source, target) = (machine.file("/a"), machine.file("/b"))
      machine.event("creat", at: 1, of: shell, object: source, result: 3)
      machine.event("write", at: 2, of: shell, object: source, result: 6, data("abcdef", 3))
      machine.event("write", at: 3, of: shell, object: source, result: 6, data("gh", 3))
      machine.event("creat", at: 4, of: shell, object: target, result: 4)
      // From a place that the call names, then from one that nobody saw written.
      machine.event(
        "copy_file_range", at: 5, of: shell, object: source, result: 4, ["fdin": 3, "fdout": 4, "offin": 1, "len": 4])
      machine.event("lseek", at: 6, of: shell, object: source, result: 6, ["fd": 3, "offset": 6, "whence": 0])
      machine.event("sendfile", at: 7, of: shell, object: target, result: 5, ["in_fd": 3, "out_fd": 4, "size": 5])
      machine.event("creat", at: 8, of: shell, object: machine.file("/empty"), result: 5)
    }
    #expect(found == ["/a: abcdefgh (4 bytes in a hole)", "/b: bcdegh (3 bytes in a hole)"])
  }

  @Test("ranges join as a set of bytes does", arguments: 0..<20 as Range<UInt64>)
  func covered(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var ranges = CoveredBytes()
    var naive: Set<Int64> = []
    for _ in 0..<60 {
      if random.oneIn(5) {
        let start = Int64(random.below(80))
        let end = start + Int64(random.below(12))
        ranges.remove(start..<end)
        naive.subtract(start..<end)
      } else if random.oneIn(6) {
        let size = Int64(random.below(80))
        ranges.truncate(to: size)
        naive = naive.filter { $0 < size }
      } else {
        let start = Int64(random.below(80))
        let end = start + Int64(random.below(12))
        ranges.insert(start..<end)
        naive.formUnion(start..<end)
      }
      #expect(Set(ranges.ranges.flatMap { Array($0) }) == naive)
      #expect(zip(ranges.ranges, ranges.ranges.dropFirst()).allSatisfy { $0.upperBound < $1.lowerBound })
      let holes = Set(ranges.holes(size: 70).flatMap { Array($0) })
      #expect(holes == Set(0..<70).subtracting(naive))
    }
  }
}
