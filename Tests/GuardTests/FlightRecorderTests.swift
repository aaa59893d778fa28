import CaptureFile
import CaptureFormat
import EventBatch
import TestSupport
import Testing

@testable import Guard

/// The past in memory: within its budget, and with the state that belongs to its oldest chunk.
@Suite struct FlightRecorderTests {
  /// Makes chunks and states at given times.
  private struct Maker: ~Copyable {
    var machine = MachineMaker()
    var encoder = ChunkEncoder(BlockCompression(.lz4))

    mutating func chunk(from: Int64, to: Int64) throws -> FlightRecorder.Entry {
      let process = machine.process(1, "sh")
      for time in [from, to] { machine.event("close", at: time, of: process, ["fd": 1]) }
      return .chunk(ChunkCodec.sealed(try encoder.encode(machine.finish())))
    }

    mutating func state(_ time: Int64, part: UInt32 = 0, isLast: Bool = true) throws -> FlightRecorder.Entry {
      let state = MachineState(
        time: time, reason: .periodic, part: part, isLast: isLast, rows: EventBatch(schema: .builtIn))
      return .state(StatePrefix(state), ChunkCodec.sealed(try encoder.encode(state.rows)))
    }
  }

  /// What an entry is: `c10-19` for a chunk, `s10` for a state.
  private func names(_ entries: [FlightRecorder.Entry]) -> [String] {
    entries.map { entry in
      switch entry {
      case .chunk(let chunk): "c\(chunk.head.leastExit)-\(chunk.head.greatestExit)"
      case .state(let prefix, _): "s\(prefix.time)" + (prefix.part > 0 ? ".\(prefix.part)" : "")
      case .gone: "gone"
      }
    }
  }

  private func limits(memory: UInt64 = 1 << 30, time: Int64 = 1 << 40) -> FlightRecorderLimits {
    var limits = FlightRecorderLimits()
    limits.memory = memory
    limits.time = time
    return limits
  }

  @Test("What is older than the time goes; the newest state in front of the oldest chunk stays")
  func time() throws {
    var maker = Maker()
    var recorder = FlightRecorder(limits(time: 30))
    recorder.append(try maker.state(0))
    recorder.append(try maker.chunk(from: 1, to: 9))
    recorder.append(try maker.state(10, part: 0, isLast: false))
    recorder.append(try maker.state(10, part: 1))
    recorder.append(try maker.chunk(from: 11, to: 19))
    recorder.append(try maker.chunk(from: 20, to: 29))
    #expect(names(recorder.entries(from: 0)) == ["s0", "c1-9", "s10", "s10.1", "c11-19", "c20-29"])
    recorder.append(try maker.chunk(from: 30, to: 55))
    #expect(names(recorder.entries(from: 0)) == ["s10", "s10.1", "c20-29", "c30-55"])
    #expect(recorder.start == 20)
    recorder.append(try maker.chunk(from: 56, to: 80))
    #expect(names(recorder.entries(from: 0)) == ["s10", "s10.1", "c30-55", "c56-80"])
    #expect(recorder.chunks == 2)
    #expect(recorder.events == 4)
  }

  @Test("A capture begins with the newest whole state that is not later, and has all that happened since")
  func beginning() throws {
    var maker = Maker()
    var recorder = FlightRecorder(limits())
    for start in stride(from: Int64(0), to: 50, by: 10) {
      if start == 0 || start == 20 { recorder.append(try maker.state(start)) }
      if start == 40 { recorder.append(try maker.state(start, isLast: false)) }
      recorder.append(try maker.chunk(from: start + 1, to: start + 9))
    }
    #expect(names(recorder.entries(from: 45)) == ["s20", "c21-29", "c31-39", "s40", "c41-49"])
    #expect(names(recorder.entries(from: 15)).first == "s0")
    #expect(names(recorder.entries(from: 20)).first == "s20")
    #expect(names(recorder.entries(from: -5)) == names(recorder.entries(from: 0)))
  }

  @Test("Bytes stay within the budget, and are counted as what is there", arguments: UInt64(0)..<8)
  func budget(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var maker = Maker()
    var recorder = FlightRecorder(limits(memory: 100_000))
    var time: Int64 = 0
    for _ in 0..<3000 {
      if random.oneIn(7) {
        recorder.append(try maker.state(time))
      } else {
        recorder.append(try maker.chunk(from: time, to: time + 5))
      }
      time += 10
      let entries = recorder.entries(from: Int64.min)
      #expect(recorder.bytes <= 100_000)
      #expect(recorder.chunks == entries.count { if case .chunk = $0 { true } else { false } })
    }
    #expect(recorder.bytes > 50_000)
  }
}
