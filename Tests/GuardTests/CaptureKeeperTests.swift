import CaptureFile
import CaptureFormat
import Foundation
import TestSupport
import Testing

@testable import Guard

/// Captures that end while somebody asks about them.
@Suite struct CaptureKeeperTests {
  private func keeper(_ folder: String, _ pipeline: ChunkPipeline) -> CaptureKeeper {
    let header = CaptureHeader(
      fileID: CaptureHeader.randomID(), sessionID: CaptureHeader.randomID(), hostname: "h", kernelRelease: "k",
      architecture: "x86_64", writer: "test", started: 0, bootTime: 0, cpuCount: 1, snapLength: 80, latencyMode: .exact)
    return CaptureKeeper(
      pipeline, CaptureStore(CaptureDirectory(path: folder), GuardOrders()),
      GuardOutlets(tell: { _, _ in }, warn: { Issue.record("\($0)") }), header)
  }

  private func start(_ keeper: inout CaptureKeeper) throws -> CaptureRecord {
    try keeper.start(
      CaptureRequest(), container: nil, filter: nil, ship: nil, channels: [], now: CaptureKeeper.now())
  }

  /// Waits for what became of orders to stop.
  private struct Stops {
    private let stream = AsyncStream.makeStream(of: Result<CaptureRecord, GuardOrderError>.self)
    func ask(_ keeper: inout CaptureKeeper, _ id: String) {
      keeper.stop(id) { [continuation = stream.continuation] in continuation.yield($0) }
    }
    func next() async -> Result<CaptureRecord, GuardOrderError>? {
      for await result in stream.stream { return result }
      return nil
    }
  }

  @Test("Whoever stops a capture hears of it when it has its tail, also while it is ending by itself")
  func stoppingWhileEnding() async throws {
    try await withTemporaryDirectory { folder in
      var machine = MachineMaker()
      let host = machine.process(1, "init")
      for round in 0..<20 {
        let pipeline = ChunkPipeline(FlightRecorderLimits(), keepsPast: false)
        var keeper = keeper(folder, pipeline)
        let record = try start(&keeper)
        machine.event("close", at: Int64(round + 1), of: host, ["fd": 1])
        pipeline.append(machine.finish())
        let stops = Stops()
        // Once before its time is over, once while its tail is being written.
        stops.ask(&keeper, record.id)
        let due = keeper.due(at: 0)
        #expect(due == [record.id])
        keeper.finish(due)
        stops.ask(&keeper, record.id)
        for _ in 0..<2 {
          let stopped = try #require(await stops.next()).get()
          #expect(stopped.state == .done)
          #expect(stopped.events == 1)
          #expect(stopped.bytes > 0)
          let reader = try CaptureReader(path: stopped.path)
          #expect(reader.isComplete)
        }
        // Later the answer is what it became.
        stops.ask(&keeper, record.id)
        #expect(try #require(await stops.next()).get().state == .done)
      }
    }
  }

  @Test("A capture that nobody knows cannot be stopped")
  func unknown() async throws {
    try await withTemporaryDirectory { folder in
      var keeper = keeper(folder, ChunkPipeline(FlightRecorderLimits(), keepsPast: false))
      let stops = Stops()
      stops.ask(&keeper, "nonesuch")
      guard case .failure(let error) = try #require(await stops.next()) else {
        Issue.record("it was stopped")
        return
      }
      #expect(error.kind == .unknown)
    }
  }
}
