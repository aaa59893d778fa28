import EventBatch
import EventSchema
import ScapFormat
import TestSupport
import Testing

@Suite("Reading scap files")
struct ScapImportTests {
  @Test("Beginning and return of a call are one event with the number of the return")
  func merging() throws {
    var file = shell()
    file.event(6, time: 100, tid: 10, [i64(5), u32(64)])
    file.event(7, time: 150, tid: 10, [i64(3), Array("abc".utf8)])
    let batch = try #require(try batches(file).batches.first)
    #expect(words(batch) == ["2 read sh /etc/hosts 3 50"])
    let columns = try #require(batch.arguments(of: EventTypeID(rawValue: batch.types[0]))).columns
    let names = try #require(batch.schema.type(named: "read")).parameters.filter(\.source.isStored).map(\.name)
    #expect(names == ["data", "fd", "size"])
    #expect(Array(columns[0].bytes(at: 0)) == Array("abc".utf8))
    #expect(columns[1].values[0] == 5)
    #expect(columns[2].values[0] == 64)
  }

  @Test("Events of the newest files carry everything in their return")
  func exitOnly() throws {
    var file = shell()
    file.event(7, time: 150, tid: 10, [i64(3), Array("abc".utf8), i64(5), u32(64)])
    let batch = try #require(try batches(file).batches.first)
    #expect(words(batch) == ["1 read sh /etc/hosts 3 -"])
  }

  @Test("Files of the first version do not say how many parameters there are", arguments: [1, 2, 4])
  func guessedCounts(count: Int) throws {
    var file = shell()
    file.hasCounts = false
    let parameters = [i64(3), Array("abc".utf8), i64(5), u32(64)]
    file.event(7, time: 150, tid: 10, Array(parameters.prefix(count)))
    let batch = try #require(try batches(file).batches.first)
    #expect(batch.results == [3])
    let columns = try #require(batch.arguments(of: EventTypeID(rawValue: batch.types[0]))).columns
    #expect(columns.map { $0.isMissing(0) } == [count < 2, count < 3, count < 4])
  }

  @Test("A file is known from its opening on, whatever opened it")
  func opening() throws {
    var file = shell()
    file.event(2, time: 10, tid: 10, [])
    file.event(3, time: 20, tid: 10, [i64(7), text("notes/../a.txt"), u32(0x1003), u32(0o644)])
    file.event(8, time: 30, tid: 10, [i64(7), u32(3)])
    file.event(9, time: 40, tid: 10, [i64(3), Array("abc".utf8)])
    file.event(4, time: 50, tid: 10, [i64(7)])
    file.event(5, time: 60, tid: 10, [i64(0)])
    file.event(8, time: 70, tid: 10, [i64(7), u32(3)])
    file.event(9, time: 80, tid: 10, [i64(-9), []])
    let batch = try #require(try batches(file).batches.first)
    #expect(
      words(batch) == [
        "2 open sh /home/me/a.txt 7 10", "4 write sh /home/me/a.txt 3 10", "6 close sh /home/me/a.txt 0 10",
        "8 write sh - -9 10",
      ])
  }

  @Test("An open that failed has an object from its arguments")
  func failedOpen() throws {
    var file = shell()
    file.event(3, time: 20, tid: 10, [i64(-2), text("/gone"), u32(1), u32(0)])
    let batch = try #require(try batches(file).batches.first)
    #expect(words(batch) == ["1 open sh /gone -2 -"])
    let flags = ObjectFlags(rawValue: batch.dimensions.objects[0, .flags])
    #expect(flags.contains(.fromArguments))
  }

  @Test("A call without a return is written down when that shows")
  func unfinished() throws {
    var file = shell()
    file.event(6, time: 100, tid: 10, [i64(5), u32(64)])
    file.event(8, time: 200, tid: 10, [i64(5), u32(1)])
    file.event(9, time: 210, tid: 10, [i64(1), [65]])
    file.event(6, time: 300, tid: 10, [i64(5), u32(64)])
    let batch = try #require(try batches(file).batches.first)
    #expect(
      words(batch) == ["2 read sh /etc/hosts - 100", "3 write sh /etc/hosts 1 10", "5 read sh /etc/hosts - 0"])
    #expect(batch.isUnfinished(0) && !batch.isUnfinished(1) && batch.isUnfinished(2))
  }

  @Test("A new process has what its maker had, and an execution changes it")
  func processes() throws {
    var file = shell()
    let clone = [
      i64(20), text("/bin/sh"), text("-c"), i64(10), i64(10), i64(1), [0], i64(1024), i64(0), i64(0), u32(1), u32(1),
      u32(0), text("sh"), [], u32(0), u32(0), u32(0), i64(10), i64(10),
    ]
    file.event(223, time: 20, tid: 10, clone)
    file.event(7, time: 30, tid: 20, [i64(0), [], i64(5), u32(64)])
    let execve = [
      i64(0), text("ls"), text("-l"), i64(20), i64(20), i64(10), [0], i64(1024), i64(0), i64(0), u32(1), u32(1), u32(0),
      text("ls"), [], text("A=1"), u32(34816), i64(20), u32(1000), u32(0),
    ]
    file.event(292, time: 40, tid: 20, [text("/usr/bin/ls")])
    file.event(293, time: 50, tid: 20, execve)
    file.event(186, time: 60, tid: 20, [i64(0)])
    let batch = try #require(try batches(file).batches.first)
    #expect(
      words(batch) == [
        "1 clone sh - 20 -", "2 read sh /etc/hosts 0 -", "4 execve ls - 0 10", "5 procexit ls - - -",
      ])
    let lineage = Int(batch.lineages[2])
    let dimensions = batch.dimensions
    let thread = Int(dimensions.lineages[lineage, .thread])
    #expect(dimensions.threads[thread, .parentPid] == 10)
    #expect(dimensions.threads[thread, .loginUid] == 1000)
    let parent = Int(dimensions.lineages[lineage, .parent])
    #expect(dimensions.threads[Int(dimensions.lineages[parent, .thread]), .pid] == 10)
    let path = dimensions.images[Int(dimensions.threads[thread, .image]), .path]
    #expect(dimensions.strings.text(Int(path)) == "/usr/bin/ls")
  }

  @Test(
    "Older versions of an event are of today's type",
    arguments: [(UInt16(249), "accept4"), (125, "dup"), (1, "getpid")])
  func renamed(code: UInt16, name: String) throws {
    var file = shell()
    let parameters: [[UInt8]] = code == 1 ? [[16, 0], [39, 0]] : [i64(6)]
    file.event(code, time: 10, tid: 10, parameters)
    let batch = try #require(try batches(file).batches.first)
    #expect(words(batch)[0].hasPrefix("1 \(name) sh"))
  }

  @Test("An event of a type that nobody knows is kept as it is")
  func unknownType() throws {
    var file = shell()
    file.event(900, time: 10, tid: 10, [[1, 2, 3], [], [4]])
    let batch = try #require(try batches(file).batches.first)
    #expect(words(batch) == ["1 unknown_event sh - - -"])
    let columns = try #require(batch.arguments(of: ScapSchema.unknownType)).columns
    #expect(columns[0].values == [900])
    #expect(Array(columns[1].bytes(at: 0)) == u32(3) + u32(0) + u32(1))
    #expect(Array(columns[2].bytes(at: 0)) == [1, 2, 3, 4])
  }

  @Test("Times that stand for none, and those of what recorders note, do not upset the order")
  func times() throws {
    var file = shell()
    file.event(324, time: 900, tid: 1, [text("{\"container\":{\"id\":\"abc\",\"name\":\"web\"}}")])
    file.event(7, time: 100, tid: 10, [i64(0), []])
    file.event(324, time: .max, tid: 1, [text("{}")])
    file.event(7, time: 90, tid: 10, [i64(0), []])
    let batch = try #require(try batches(file).batches.first)
    #expect(batch.exitTimes == [100, 100, 100, 100])
    #expect(batch.numbers[3] == 4)
  }

  @Test("Bytes behind an event and behind the head of a section are options")
  func options() throws {
    var file = ScapFileBuilder()
    file.section(options: [1, 2, 3, 4, 5, 6, 7, 8])
    file.process(tid: 10, pid: 10, parent: 1, comm: "sh")
    file.event(7, time: 100, tid: 10, [i64(0), []], behind: [UInt8](repeating: 0xAA, count: 40))
    let read = try batches(file)
    #expect(read.damage == nil)
    #expect(read.batches.first.map(words) == ["1 read sh - 0 -"])
  }

  @Test("A section behind another begins with its own processes; numbers go on")
  func sections() throws {
    var file = shell()
    file.event(7, time: 100, tid: 10, [i64(0), [], i64(5)])
    file.section()
    file.event(7, time: 200, tid: 10, [i64(0), [], i64(5)])
    let batch = try #require(try batches(file).batches.first)
    #expect(words(batch) == ["1 read sh /etc/hosts 0 -", "2 read - - 0 -"])
  }

  @Test("What is no scap file is refused", arguments: [[], [1, 2, 3], [UInt8](repeating: 0, count: 100)])
  func refusing(bytes: [UInt8]) {
    #expect { try batches(bytes) } throws: { ($0 as? ScapError)?.kind == .refused }
  }

  @Test("A file that was cut off anywhere gives what is in front of the cut, and says where it is")
  func truncation() throws {
    var file = shell()
    for number in 0..<8 { file.event(7, time: UInt64(100 + number), tid: 10, [i64(3), Array("abc".utf8), i64(5)]) }
    let whole = file.bytes
    for length in stride(from: whole.count - 1, to: 28, by: -7) {
      let read = try batches(Array(whole.prefix(length)))
      let isAtBlock = read.damage == nil
      if !isAtBlock { #expect(read.damage?.kind == .damaged && read.damage.map { Int($0.offset) <= length } == true) }
      #expect(read.batches.reduce(0) { $0 + $1.count } <= 8)
    }
  }

  @Test("No change of a byte does harm")
  func damage() throws {
    var file = shell()
    file.event(6, time: 90, tid: 10, [i64(5), u32(64)])
    file.event(7, time: 100, tid: 10, [i64(3), Array("abc".utf8)])
    file.event(23, time: 110, tid: 10, [i64(0), [2, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], i64(5)])
    var generator = SeededGenerator(seed: 6)
    for _ in 0..<3000 {
      var bytes = file.bytes
      for _ in 0...generator.below(3) { bytes[28 + generator.below(bytes.count - 28)] = UInt8(generator.below(256)) }
      // What cannot be read is refused by the reader's own error, and by no other.
      do { _ = try batches(bytes) } catch is ScapError {}
    }
  }
}
