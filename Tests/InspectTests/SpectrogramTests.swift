import EventBatch
import EventSchema
import Query
import TestSupport
import Testing

@testable import Inspect

@Suite struct SpectrogramTests {
  @Test func rowsHoldEveryLatencyOnce() {
    var previous: Int64 = 0
    for row in 0..<Spectrogram.rows {
      let latencies = Spectrogram.latencies(of: row)
      #expect(latencies.lowerBound == previous || row == 0)
      previous = latencies.upperBound
      for latency in [latencies.lowerBound, latencies.upperBound - 1] where !latencies.isEmpty {
        #expect(Spectrogram.row(of: latency) == row, "\(latency)")
      }
    }
    #expect(previous == .max)
    #expect(Spectrogram.latencies(of: 60).lowerBound == 1_000_000, "a millisecond begins a row")
  }

  @Test func callsCountByTimeAndLatency() async throws {
    var machine = MachineMaker()
    let one = machine.process(10, "sh")
    for (time, latency): (Int64, Int64) in [(1000, 5), (1099, 5), (1100, 5), (1999, 2_000_000), (2000, 1)] {
      machine.event("read", at: time, of: one, result: 1, latency: latency)
    }
    machine.event("read", at: 1500, of: one, result: 1)
    machine.event("write", at: 1500, of: one, latency: 70, flags: .unfinished)
    let source = BatchSource([machine.finish()], schema: .builtIn)
    let spectrogram = try await SpectrogramRun(schema: .builtIn, span: 1000...1999, columns: 10).answer(over: source)
    #expect(spectrogram.step == 100 && spectrogram.columns == 10)
    let used = spectrogram.counts.indices.filter { spectrogram.counts[$0] > 0 }.map { index in
      let row = Spectrogram.latencies(of: index / 10)
      return "\(row.lowerBound) \(index % 10): \(spectrogram.counts[index])"
    }
    #expect(used == ["4 0: 2", "4 1: 1", "1995263 9: 1"] || used == ["5 0: 2", "5 1: 1", "1995263 9: 1"], "\(used)")
    let writes = try await SpectrogramRun(
      schema: .builtIn, filter: "evt.type = write", span: 1000...1999, columns: 10
    ).answer(over: source)
    #expect(writes.usedRows == nil)
  }
}
